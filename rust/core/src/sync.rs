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

    pub(crate) use loom::sync::atomic::Ordering;
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

    pub(crate) type AtomicBool = Atomic<atomic::AtomicBool>;
    pub(crate) type AtomicUsize = Atomic<atomic::AtomicUsize>;

    /// One of loom's atomics.
    ///
    /// Loom compares an operation only with the atomic's latest one. A thread's own load hides earlier loads of other
    /// threads, so that orders are missed. Here each operation follows a read-modify-write of `orders`, which loom
    /// compares with that of every thread. It is relaxed, so it orders nothing else.
    #[derive(Debug, Default)]
    pub(crate) struct Atomic<A> {
        orders: atomic::AtomicUsize,
        value: A,
    }

    impl<A> Deref for Atomic<A> {
        type Target = A;

        fn deref(&self) -> &A {
            self.orders.fetch_add(1, Ordering::Relaxed);
            &self.value
        }
    }

    impl Atomic<atomic::AtomicBool> {
        pub(crate) fn new(value: bool) -> Self {
            Self {
                orders: atomic::AtomicUsize::new(0),
                value: atomic::AtomicBool::new(value),
            }
        }
    }

    impl Atomic<atomic::AtomicUsize> {
        pub(crate) fn new(value: usize) -> Self {
            Self {
                orders: atomic::AtomicUsize::new(0),
                value: atomic::AtomicUsize::new(value),
            }
        }

        pub(crate) fn try_update(
            &self,
            set_order: Ordering,
            fetch_order: Ordering,
            update: impl FnMut(usize) -> Option<usize>,
        ) -> Result<usize, usize> {
            self.fetch_update(set_order, fetch_order, update)
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
