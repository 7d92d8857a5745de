import 'package:flutter/material.dart';

import 'logic/texts.dart';

/// The texts in the language of [context].
Texts textsOf(BuildContext context) =>
    Localizations.of<Texts>(context, Texts) ?? const EnglishTexts();

/// The delegates of the app's languages, for
/// `MaterialApp.localizationsDelegates`.
const List<LocalizationsDelegate<Object>> appLocalizations = [
  _TextsDelegate(),
  _MaterialDelegate(),
];

/// The app's languages.
const List<Locale> appLocales = [Locale('en'), Locale('zh')];

final class _TextsDelegate extends LocalizationsDelegate<Texts> {
  const _TextsDelegate();

  @override
  bool isSupported(Locale locale) => true;

  @override
  Future<Texts> load(Locale locale) async =>
      Texts.forLanguage(locale.languageCode);

  @override
  bool shouldReload(_TextsDelegate old) => false;
}

/// The few Material texts that this app shows. The package
/// flutter_localizations has all of them, in all languages.
final class _MaterialDelegate
    extends LocalizationsDelegate<MaterialLocalizations> {
  const _MaterialDelegate();

  @override
  bool isSupported(Locale locale) => locale.languageCode == 'zh';

  @override
  Future<MaterialLocalizations> load(Locale locale) async =>
      const _ChineseMaterialLocalizations();

  @override
  bool shouldReload(_MaterialDelegate old) => false;
}

final class _ChineseMaterialLocalizations extends DefaultMaterialLocalizations {
  const _ChineseMaterialLocalizations();

  @override
  String get backButtonTooltip => '返回';
  @override
  String get cancelButtonLabel => '取消';
  @override
  String get copyButtonLabel => '复制';
  @override
  String get cutButtonLabel => '剪切';
  @override
  String get okButtonLabel => '确定';
  @override
  String get pasteButtonLabel => '粘贴';
  @override
  String get selectAllButtonLabel => '全选';
}
