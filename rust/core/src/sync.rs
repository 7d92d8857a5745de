//! The lock, the atomics and the waker that a connection's threads share. The models of `cargo xtask loom` replace them
//! with loom's, which run every order of their operations.

#[cfg(not(all(test, rust_web_socket_loom)))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    pub(crate) use futures::task::AtomicWaker;
    pub(crate) use parking_lot::Mutex;
}

/// Loom's types with the methods of the real ones.
#[cfg(all(test, rust_web_socket_loom))]
mod model {
    use std::{ops::Deref, task::Waker};

    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
    use loom::sync::{MutexGuard, atomic};

    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect("no thread has panicked")
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct AtomicUsize(atomic::AtomicUsize);

    impl AtomicUsize {
        pub(crate) fn new(value: usize) -> Self {
            Self(atomic::AtomicUsize::new(value))
        }

        pub(crate) fn try_update(
            &self,
            set_order: Ordering,
            fetch_order: Ordering,
            update: impl FnMut(usize) -> Option<usize>,
        ) -> Result<usize, usize> {
            self.0.fetch_update(set_order, fetch_order, update)
        }
    }

    impl Deref for AtomicUsize {
        type Target = atomic::AtomicUsize;

        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }

    #[derive(Debug)]
    pub(crate) struct AtomicWaker(loom::future::AtomicWaker);

    impl Default for AtomicWaker {
        fn default() -> Self {
            Self(loom::future::AtomicWaker::new())
        }
    }

    impl AtomicWaker {
        pub(crate) fn register(&self, waker: &Waker) {
            self.0.register_by_ref(waker);
        }

        pub(crate) fn wake(&self) {
            self.0.wake();
        }
    }
}

#[cfg(all(test, rust_web_socket_loom))]
pub(crate) use model::{AtomicBool, AtomicUsize, AtomicWaker, Mutex, Ordering};
#[cfg(not(all(test, rust_web_socket_loom)))]
pub(crate) use real::{AtomicBool, AtomicUsize, AtomicWaker, Mutex, Ordering};
