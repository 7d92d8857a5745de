//! A pool for the memory of large messages. Pages of new memory from the operating system cost more than a copy of the
//! message. The data path takes and returns memory; the core does not know the pool.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::runtime;

/// The minimum size of pooled memory, in bytes. The allocator handles smaller memory well.
const MIN_SIZE: usize = 32 * 1024;
/// The maximum size of the pool, in bytes.
const MAX_POOL_SIZE: usize = 32 * 1024 * 1024;
/// The minimum number of bytes that one task frees. Freeing 10 MB takes about 1 ms, which must not happen on the
/// isolate's thread. With smaller tasks connections would wait for more of them.
const MIN_FREED: usize = 1024 * 1024;
/// How long unused memory is kept.
const UNUSED_LIFETIME: Duration = Duration::from_secs(1);

static POOL: Mutex<BufferPool> = Mutex::new(BufferPool::new());

/// The capacity of memory for `size` bytes. There are four capacities between two powers of two, so that memory can be
/// reused for messages of similar sizes.
pub(crate) fn capacity_for(size: usize) -> usize {
    if size < MIN_SIZE {
        return size;
    }
    let step = 1 << (size.ilog2() - 2);
    size.checked_next_multiple_of(step).unwrap_or(size)
}

/// Takes memory with the capacity for `size` bytes from the pool, if there is any.
pub(crate) fn take(size: usize) -> Option<Vec<u8>> {
    if size < MIN_SIZE {
        return None;
    }
    POOL.lock().take(capacity_for(size))
}

/// Memory for `size` bytes, from the pool or new.
pub(crate) fn memory(size: usize) -> Vec<u8> {
    take(size).unwrap_or_else(|| Vec::with_capacity(capacity_for(size)))
}

/// Returns memory to the pool, if it has one of the pool's capacities.
pub(crate) fn put_back(memory: Vec<u8>) {
    let capacity = memory.capacity();
    if capacity < MIN_SIZE || capacity != capacity_for(capacity) {
        return;
    }
    let runtime = runtime::started();
    let mut pool = POOL.lock();
    pool.put(memory);
    let surplus = pool.take_surplus();
    let starts_task = !pool.is_empty() && !pool.is_task_running && runtime.is_some();
    pool.is_task_running |= starts_task;
    drop(pool);
    let Some(runtime) = runtime else {
        return;
    };
    if starts_task {
        runtime.spawn(free_unused());
    }
    if !surplus.is_empty() {
        runtime.spawn(async move { drop(surplus) });
    }
}

/// Frees unused memory until the pool is empty.
async fn free_unused() {
    loop {
        tokio::time::sleep(UNUSED_LIFETIME).await;
        let mut pool = POOL.lock();
        let unused = pool.take_unused();
        pool.is_task_running = !pool.is_empty();
        let is_done = !pool.is_task_running;
        drop(pool);
        drop(unused);
        if is_done {
            return;
        }
    }
}

/// The memory of a message. It is returned to the pool when it is dropped.
struct Message(Vec<u8>);

/// Converts memory to a message. It is returned to the pool when the message is dropped. If less than half of it is
/// used, the message is copied: its owner accounts for the message's size only.
pub(crate) fn message(memory: Vec<u8>) -> Bytes {
    if memory.capacity() < MIN_SIZE {
        return memory.into();
    }
    if memory.len() < memory.capacity() / 2 {
        let message = Bytes::copy_from_slice(&memory);
        put_back(memory);
        return message;
    }
    Bytes::from_owner(Message(memory))
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        put_back(std::mem::take(&mut self.0));
    }
}

/// The pool, by capacity.
#[derive(Debug)]
struct BufferPool {
    classes: BTreeMap<usize, SizeClass>,
    /// Bytes of all pooled memory.
    size: usize,
    /// Memory that has to be freed.
    surplus: Vec<Vec<u8>>,
    /// A task that frees unused memory is running.
    is_task_running: bool,
}

#[derive(Debug, Default)]
struct SizeClass {
    /// Used last in, first out: the latest may still be in the CPU's cache.
    buffers: VecDeque<Vec<u8>>,
    /// The minimum number of buffers since the last call of `take_unused`.
    unused: usize,
}

impl SizeClass {
    fn remove_oldest(&mut self) -> Option<Vec<u8>> {
        self.unused = self.unused.saturating_sub(1);
        self.buffers.pop_front()
    }
}

impl BufferPool {
    const fn new() -> Self {
        Self {
            classes: BTreeMap::new(),
            size: 0,
            surplus: Vec::new(),
            is_task_running: false,
        }
    }

    fn take(&mut self, capacity: usize) -> Option<Vec<u8>> {
        let class = self.classes.get_mut(&capacity)?;
        let mut memory = class.buffers.pop_back()?;
        class.unused = class.unused.min(class.buffers.len());
        self.size -= capacity;
        memory.clear();
        Some(memory)
    }

    /// Adds `memory`. While the pool is too large, its oldest memory becomes surplus: that of the capacity with the
    /// most unused memory, otherwise that of the capacity with the most memory.
    fn put(&mut self, memory: Vec<u8>) {
        let capacity = memory.capacity();
        self.size += capacity;
        let class = self.classes.entry(capacity).or_default();
        class.buffers.push_back(memory);
        while self.size > MAX_POOL_SIZE {
            let classes = self.classes.iter_mut();
            let fullest = classes.max_by_key(|(capacity, class)| {
                (*capacity * class.unused, *capacity * class.buffers.len())
            });
            let Some(memory) = fullest.and_then(|(_, class)| class.remove_oldest()) else {
                return;
            };
            self.size -= memory.capacity();
            self.surplus.push(memory);
        }
    }

    /// Takes the surplus if it is at least [`MIN_FREED`].
    fn take_surplus(&mut self) -> Vec<Vec<u8>> {
        if size_of_all(&self.surplus) < MIN_FREED {
            return Vec::new();
        }
        std::mem::take(&mut self.surplus)
    }

    fn is_empty(&self) -> bool {
        self.size == 0 && self.surplus.is_empty()
    }

    /// Takes the memory that was unused since the last call, and the surplus.
    fn take_unused(&mut self) -> Vec<Vec<u8>> {
        let mut unused = Vec::new();
        self.classes.retain(|_, class| {
            unused.extend(class.buffers.drain(..class.unused));
            class.unused = class.buffers.len();
            !class.buffers.is_empty()
        });
        self.size -= size_of_all(&unused);
        unused.append(&mut self.surplus);
        unused
    }
}

fn size_of_all(memory: &[Vec<u8>]) -> usize {
    memory.iter().map(Vec::capacity).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_has_room_and_wastes_less_than_a_quarter() {
        for size in [0, 1, MIN_SIZE - 1] {
            assert_eq!(capacity_for(size), size);
        }
        for size in (MIN_SIZE..1 << 20)
            .step_by(1001)
            .chain([1 << 20, (1 << 20) + 1])
        {
            let capacity = capacity_for(size);
            assert!(capacity >= size && capacity - size < size / 4 + 1, "{size}");
            assert_eq!(capacity_for(capacity), capacity, "{size}");
        }
        assert_eq!(capacity_for(1 << 20), 1 << 20);
        assert_eq!(capacity_for(usize::MAX), usize::MAX);
    }

    #[test]
    fn a_small_message_does_not_keep_large_memory() {
        let mut memory = Vec::with_capacity(1 << 20);
        memory.extend([1; 1000]);
        let address = memory.as_ptr();
        let message = message(memory);
        assert_eq!(&message[..], [1; 1000]);
        assert_ne!(message.as_ptr(), address);
    }

    #[test]
    fn returned_memory_is_reused_for_messages_of_its_capacity() {
        let mut pool = BufferPool::new();
        let mut memory = Vec::with_capacity(1 << 20);
        memory.push(1);
        let address = memory.as_ptr();
        pool.put(memory);
        assert!(pool.take(1 << 19).is_none());
        let memory = pool.take(1 << 20).expect("pooled memory");
        assert_eq!((memory.as_ptr(), memory.len()), (address, 0));
        assert!(pool.take(1 << 20).is_none());
        assert_eq!(pool.size, 0);
    }

    #[test]
    fn memory_unused_between_two_calls_is_freed() {
        let mut pool = BufferPool::new();
        for _ in 0..3 {
            pool.put(Vec::with_capacity(MIN_SIZE));
        }
        assert!(
            pool.take_unused().is_empty(),
            "it was not in the pool before"
        );
        let first = pool.take(MIN_SIZE).expect("pooled memory");
        let second = pool.take(MIN_SIZE).expect("pooled memory");
        pool.put(first);
        pool.put(second);
        assert_eq!(pool.take_unused().len(), 1);
        assert_eq!(pool.take_unused().len(), 2);
        assert_eq!(pool.size, 0);
        assert!(pool.classes.is_empty());
    }

    #[test]
    fn memory_in_use_replaces_memory_that_was_used_before() {
        let (before, now) = (MIN_SIZE, 8 * MIN_SIZE);
        let mut pool = BufferPool::new();
        for _ in 0..MAX_POOL_SIZE / before {
            pool.put(Vec::with_capacity(before));
        }
        assert!(pool.surplus.is_empty());
        pool.put(Vec::with_capacity(now));
        let is_old = |memory: &Vec<u8>| memory.capacity() == before;
        assert!(pool.surplus.iter().all(is_old));
        assert_eq!(size_of_all(&pool.surplus), now);
        assert_eq!(pool.size, MAX_POOL_SIZE);
        assert!(pool.take(now).is_some());
    }

    #[test]
    fn unused_memory_is_removed_before_the_most_frequent_capacity() {
        let (unused, needed) = (MIN_SIZE, 8 * MIN_SIZE);
        let mut pool = BufferPool::new();
        pool.put(Vec::with_capacity(unused));
        assert!(pool.take_unused().is_empty());
        for _ in 0..MAX_POOL_SIZE / needed {
            pool.put(Vec::with_capacity(needed));
        }
        assert!(pool.take(unused).is_none());
        assert_eq!(pool.size, MAX_POOL_SIZE);
    }

    #[test]
    fn memory_larger_than_the_pool_is_freed_alone() {
        let mut pool = BufferPool::new();
        pool.put(Vec::with_capacity(MIN_SIZE));
        pool.put(Vec::with_capacity(2 * MAX_POOL_SIZE));
        assert_eq!(size_of_all(&pool.take_surplus()), 2 * MAX_POOL_SIZE);
        assert!(pool.take(MIN_SIZE).is_some());
    }

    #[test]
    fn surplus_is_freed_when_it_is_large_enough_and_with_unused_memory() {
        let mut pool = BufferPool::new();
        for _ in 0..MAX_POOL_SIZE / MIN_SIZE + 1 {
            pool.put(Vec::with_capacity(MIN_SIZE));
        }
        assert!(pool.take_surplus().is_empty());
        assert_eq!(size_of_all(&pool.take_unused()), MIN_SIZE);
        for _ in 0..MIN_FREED / MIN_SIZE {
            pool.put(Vec::with_capacity(MIN_SIZE));
        }
        assert_eq!(size_of_all(&pool.take_surplus()), MIN_FREED);
        assert!(pool.take_surplus().is_empty());
    }
}
