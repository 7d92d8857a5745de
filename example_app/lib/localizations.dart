import 'package:flutter/material.dart';

import 'logic/texts.dart';

/// The texts in the language of [context].
Texts textsOf(BuildContext context) =>
    Localizations.of<Texts>(context, Texts) ?? const EnglishTexts();

/// What `MaterialApp.localizationsDelegates` needs for the app's languages.
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

/// The few words of Material's that this app shows. All of them, in all
/// languages, are in the package flutter_localizations.
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
