//! Limits for the memory that code allocates.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Runs `work`. Panics if it held more than `limit` bytes at any time.
pub fn bounded<R>(limit: usize, work: impl FnOnce() -> R) -> R {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = work();
    let taken = ALLOCATOR.peak_usage() - before;
    assert!(
        taken <= limit,
        "{taken} bytes of memory, the limit is {limit}"
    );
    result
}
