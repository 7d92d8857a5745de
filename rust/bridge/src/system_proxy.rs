//! Reads the system's proxy settings for the core. The `api` passes it with a connect.

use std::io;

use rust_web_socket_core::{SystemProxy, SystemSettings};

/// The settings of this platform. They are read anew for each connect, since they change with the network.
pub(crate) fn system_proxy() -> SystemProxy {
    SystemProxy::new(read)
}

/// From the registry, for the current user.
#[cfg(windows)]
fn read() -> io::Result<SystemSettings> {
    const KEY: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    let key = windows_registry::CURRENT_USER
        .open(KEY)
        .map_err(io::Error::other)?;
    let number = |name: &str| key.get_u32(name).ok().map(|value| value.to_string());
    let values = [
        "ProxyEnable",
        "ProxyServer",
        "ProxyOverride",
        "AutoConfigURL",
    ];
    let values = values.into_iter().filter_map(|name| {
        let value = key.get_string(name).ok().or_else(|| number(name))?;
        Some((name.to_owned(), value))
    });
    Ok(SystemSettings::Windows(values.collect()))
}

#[cfg(target_vendor = "apple")]
fn read() -> io::Result<SystemSettings> {
    crate::apple::proxy_settings().map(SystemSettings::Apple)
}

#[cfg(target_os = "android")]
fn read() -> io::Result<SystemSettings> {
    let names = SystemSettings::JAVA_PROPERTIES;
    crate::java::properties(&names)
        .map(SystemSettings::Java)
        .map_err(io::Error::other)
}

#[cfg(not(any(windows, target_vendor = "apple", target_os = "android")))]
fn read() -> io::Result<SystemSettings> {
    Ok(SystemSettings::Environment)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_settings_of_this_system_can_be_read() {
        super::read().expect("settings");
    }
}
