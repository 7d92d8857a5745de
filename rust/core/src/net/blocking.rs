//! Calls of the operating system that may hang: name lookups, and reading the system's proxy settings.

use std::io;

use tokio::{sync::Semaphore, task::spawn_blocking};

/// The maximum number of calls at a time. A call can't be ended from outside, and a runtime has a limited number of
/// threads for such calls (64 in the bridge). The rest is for others, such as reading the certificates.
const MAX_CALLS: usize = 32;

static CALLS: Semaphore = Semaphore::const_new(MAX_CALLS);

/// Runs `call` on a thread that may block. If the future is dropped, by a timeout or a release, the call runs on and
/// counts until it returns, and its result is dropped. With [`MAX_CALLS`] running, the next one waits.
pub(crate) async fn run<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let permit = CALLS.acquire().await.map_err(io::Error::other)?;
    spawn_blocking(move || {
        let _counts = permit;
        call()
    })
    .await
    .map_err(io::Error::other)
}
