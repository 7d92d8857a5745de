//! Log records of this library for Dart. Records of its dependencies are left out: tungstenite logs each frame, which
//! would be posted with the duplex locked. The `api` sets the level for each port.

use std::time::{SystemTime, UNIX_EPOCH};

use allo_isolate::{IntoDart, Isolate};
use log::{LevelFilter, Log, Metadata, Record};
use parking_lot::Mutex;

static LOGGER: Logger = Logger {
    listeners: Mutex::new(Vec::new()),
};

/// Posts each record to the native ports that requested its level, as a list: level, microseconds since 1970, target
/// and message.
#[derive(Debug)]
struct Logger {
    listeners: Mutex<Vec<Listener>>,
}

#[derive(Clone, Copy, Debug)]
struct Listener {
    port: i64,
    level: LevelFilter,
}

/// Posts records of this level and above (1 error to 5 trace) to the port. 0 posts none.
pub(crate) fn set_level(port: i64, level: u8) {
    // It fails after the first time, or if another crate in this library has set a logger.
    let _ = log::set_logger(&LOGGER);
    let level = LevelFilter::iter()
        .nth(level.into())
        .unwrap_or(LevelFilter::Trace);
    let mut listeners = LOGGER.listeners.lock();
    listeners.retain(|listener| listener.port != port);
    if level != LevelFilter::Off {
        listeners.push(Listener { port, level });
    }
    set_max_level(&listeners);
}

/// Records below it are not even formatted.
fn set_max_level(listeners: &[Listener]) {
    let highest = listeners.iter().map(|listener| listener.level).max();
    log::set_max_level(highest.unwrap_or(LevelFilter::Off));
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let crate_name = metadata.target().split("::").next();
        metadata.level() <= log::max_level()
            && matches!(crate_name, Some("rust_web_socket" | "rust_web_socket_core"))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let ports: Vec<_> = self
            .listeners
            .lock()
            .iter()
            .filter(|listener| record.level() <= listener.level)
            .map(|listener| listener.port)
            .collect();
        if ports.is_empty() {
            return;
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        let microseconds = time.map_or(0, |time| {
            i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
        });
        let message = record.args().to_string();
        for port in ports {
            let list = vec![
                (record.level() as i32).into_dart(),
                microseconds.into_dart(),
                record.target().into_dart(),
                message.as_str().into_dart(),
            ];
            if !Isolate::new(port).post(list) {
                // Its isolate has ended.
                let mut listeners = self.listeners.lock();
                listeners.retain(|listener| listener.port != port);
                set_max_level(&listeners);
            }
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use log::Level;

    use super::*;

    #[test]
    fn records_of_other_crates_are_not_posted() {
        log::set_max_level(LevelFilter::Trace);
        for (target, expected) in [
            ("rust_web_socket::logger", true),
            ("rust_web_socket_core::connection::driver", true),
            ("rust_web_socket_coreless", false),
            ("tungstenite::protocol::frame", false),
            ("rustls::client", false),
        ] {
            let metadata = Metadata::builder()
                .target(target)
                .level(Level::Trace)
                .build();
            assert_eq!(LOGGER.enabled(&metadata), expected, "{target}");
        }
    }
}
