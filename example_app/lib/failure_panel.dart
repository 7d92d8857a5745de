import 'package:flutter/material.dart';

import 'localizations.dart';
import 'logic/failure.dart';

/// Explains a failure, shows the cause below, and has a button to try again.
class FailurePanel extends StatelessWidget {
  const FailurePanel({required this.failure, required this.onRetry, super.key});

  final Failure failure;

  /// Null if trying again makes no sense.
  final VoidCallback? onRetry;

  @override
  Widget build(BuildContext context) {
    final texts = textsOf(context);
    final theme = Theme.of(context);
    final colors = theme.colorScheme;
    final onRetry = this.onRetry;
    return Card(
      color: colors.errorContainer,
      child: Padding(
        padding: const EdgeInsets.all(16),
        child: DefaultTextStyle.merge(
          style: TextStyle(color: colors.onErrorContainer),
          child: Column(
            crossAxisAlignment: CrossAxisAlignment.start,
            children: [
              Text(
                texts.headline(failure.kind),
                style: theme.textTheme.titleMedium?.copyWith(
                  color: colors.onErrorContainer,
                ),
              ),
              const SizedBox(height: 4),
              Text(texts.explanation(failure.kind)),
              const SizedBox(height: 8),
              SelectableText(
                failure.detail,
                style: theme.textTheme.bodySmall?.copyWith(
                  color: colors.onErrorContainer,
                ),
              ),
              if (onRetry != null)
                Align(
                  alignment: AlignmentDirectional.centerEnd,
                  child: FilledButton.icon(
                    onPressed: onRetry,
                    icon: const Icon(Icons.refresh),
                    label: Text(texts.tryAgain),
                  ),
                ),
            ],
          ),
        ),
      ),
    );
  }
}

/// Replaces a widget that could not be built. There may be no theme and no
/// language in its context.
class BrokenPart extends StatelessWidget {
  const BrokenPart(this.detail, {super.key});

  final String detail;

  @override
  Widget build(BuildContext context) => Directionality(
    textDirection: TextDirection.ltr,
    child: ColoredBox(
      color: const Color(0xfff2f2f2),
      child: Padding(
        padding: const EdgeInsets.all(16),
        child: Text(
          '出错了 · Something went wrong\n\n$detail',
          style: const TextStyle(color: Color(0xff303030), fontSize: 14),
        ),
      ),
    ),
  );
}
