class Key {}

abstract interface class BuildContext {}

abstract class Widget {
  const Widget({Key? key});
}

abstract class StatefulWidget extends Widget {
  const StatefulWidget({super.key});

  State createState();
}

abstract class State<T extends StatefulWidget> {
  void initState() {}

  void dispose() {}

  Widget build(BuildContext context);
}

class Text extends Widget {
  const Text(String data, {super.key});
}

class AsyncSnapshot<T> {
  external T? get data;
}

class StreamBuilder<T> extends Widget {
  const StreamBuilder({
    required Stream<T>? stream,
    required Widget Function(BuildContext context, AsyncSnapshot<T> snapshot)
    builder,
    super.key,
  });
}

class AppLifecycleListener {
  AppLifecycleListener({
    void Function()? onPause,
    void Function()? onRestart,
    void Function()? onResume,
  });

  void dispose() {}
}
