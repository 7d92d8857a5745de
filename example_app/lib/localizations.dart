import 'package:flutter/foundation.dart';
import 'package:flutter/material.dart';
import 'package:flutter_localizations/flutter_localizations.dart';

import 'logic/texts.dart';

/// The texts in the language of [context].
Texts textsOf(BuildContext context) =>
    Localizations.of<Texts>(context, Texts) ?? const EnglishTexts();

/// The delegates of the app's languages, for
/// `MaterialApp.localizationsDelegates`.
const List<LocalizationsDelegate<Object?>> appLocalizations = [
  _TextsDelegate(),
  ...GlobalMaterialLocalizations.delegates,
];

/// The app's languages.
const List<Locale> appLocales = [Locale('en'), Locale('zh')];

final class _TextsDelegate extends LocalizationsDelegate<Texts> {
  const _TextsDelegate();

  @override
  bool isSupported(Locale locale) => true;

  @override
  Future<Texts> load(Locale locale) =>
      SynchronousFuture(Texts.forLanguage(locale.languageCode));

  @override
  bool shouldReload(_TextsDelegate old) => false;
}
