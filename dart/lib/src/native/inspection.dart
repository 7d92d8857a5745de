import '../close_info.dart';
import '../connection/request.dart';
import '../exceptions/connect_exception.dart';
import '../inspector/http_profile.dart';
import '../inspector/inspected_connection.dart';
import '../inspector/inspector.dart';

/// Shows a native connection to the inspector, and its upgrade to DevTools'
/// network view.
final class Inspection {
  Inspection._(this._request, this._source, Inspector inspector)
    : _inspected = inspector.addConnection(_request, _source) {
    // An attempt that waits has not begun.
    if (_request.delay == Duration.zero) _profile = _beginProfile();
  }

  /// Begins to show [source], which is about to connect. Null in a release
  /// build.
  static Inspection? begin(ConnectionRequest request, InspectedSource source) =>
      switch (Inspector.current) {
        null => null,
        final inspector => Inspection._(request, source, inspector),
      };

  final ConnectionRequest _request;
  final InspectedSource _source;
  final InspectedConnection _inspected;
  UpgradeProfile? _profile;

  UpgradeProfile? _beginProfile() {
    if (!UpgradeProfile.isEnabled) return null;
    final start = _source.recording.steps.firstOrNull?.start;
    return UpgradeProfile.begin(
      url: _request.url,
      headers: _byName(_request.headers),
      time: start == null
          ? DateTime.now()
          : DateTime.fromMicrosecondsSinceEpoch(start),
      showsSecrets: WebSocketInspector.showsSecrets,
    );
  }

  /// The connection is open.
  void opened({
    required String? protocol,
    required String extensions,
    required Iterable<({String name, String value})> headers,
  }) {
    final byName = _byName(headers);
    _inspected.opened(
      protocol: protocol,
      extensions: extensions,
      headers: byName,
    );
    _profileWithPhases()?.succeeded(
      headers: byName,
      protocol: protocol,
      remoteAddress: _remoteAddress,
    );
  }

  UpgradeProfile? _profileWithPhases() {
    final profile = _profile ??= _beginProfile();
    if (profile == null) return null;
    final ended = [
      for (final step in _source.recording.steps)
        if (step.end case final end?) (step: step, end: end),
    ];
    // DevTools takes each phase to begin where the one before it ended.
    ended.sort((a, b) => a.end.compareTo(b.end));
    for (final (:step, :end) in ended) {
      profile.phaseEnded(
        [step.kind, step.target, step.error ?? step.detail].join(' ').trim(),
        DateTime.fromMicrosecondsSinceEpoch(end),
      );
    }
    return profile;
  }

  /// The address of the last TCP connection that was opened.
  String? get _remoteAddress => _source.recording.steps.reversed
      .where(
        (step) => step.kind == 'tcp' && step.end != null && step.error == null,
      )
      .firstOrNull
      ?.target;

  /// This side closes the connection.
  void closing() => _inspected.closing();

  /// The connection could not be opened.
  void failed(ConnectException error) {
    _profileWithPhases()?.failed(error);
    _inspected.failed(error);
  }

  /// The connection has ended.
  void closed(CloseInfo info) => _inspected.closed(info);

  static Map<String, List<String>> _byName(
    Iterable<({String name, String value})> fields,
  ) {
    final byName = <String, List<String>>{};
    for (final (:name, :value) in fields) {
      (byName[name] ??= []).add(value);
    }
    return byName;
  }
}
