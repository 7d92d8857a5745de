//! Memory of large messages, kept for later ones: fresh memory from the operating system costs more than a copy of the
//! message.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::runtime;

/// Smaller memory is left to the allocator.
const MIN_SIZE: usize = 32 * 1024;
/// The most that is kept, in bytes.
const MAX_KEPT: usize = 32 * 1024 * 1024;
/// Bytes that are freed at a time, by a thread of ours: ten megabytes take a millisecond, and it may be the isolate that
/// gives memory back. Not less, since each time is a task for which connections wait.
const FREED_AT_ONCE: usize = 1024 * 1024;
/// Memory that was not needed for so long is freed.
const KEPT_FOR: Duration = Duration::from_secs(1);

static POOL: Mutex<BufferPool> = Mutex::new(BufferPool::new());

/// The capacity of memory for `size` bytes. There are four between two powers of two, so that what served one message
/// serves others too.
pub(crate) fn capacity_for(size: usize) -> usize {
    if size < MIN_SIZE {
        return size;
    }
    let step = 1 << (size.ilog2() - 2);
    size.checked_next_multiple_of(step).unwrap_or(size)
}

/// Spare memory with the capacity for `size` bytes, if there is some.
pub(crate) fn take(size: usize) -> Option<Vec<u8>> {
    if size < MIN_SIZE {
        return None;
    }
    POOL.lock().take(capacity_for(size))
}

/// Memory for `size` bytes, spare or new.
pub(crate) fn memory(size: usize) -> Vec<u8> {
    take(size).unwrap_or_else(|| Vec::with_capacity(capacity_for(size)))
}

/// Keeps memory for the next message that it fits.
pub(crate) fn give_back(memory: Vec<u8>) {
    let capacity = memory.capacity();
    if capacity < MIN_SIZE || capacity != capacity_for(capacity) {
        return;
    }
    let runtime = runtime::started();
    let mut pool = POOL.lock();
    pool.put(memory);
    let surplus = pool.take_surplus();
    let is_untidy = !pool.is_empty() && !pool.is_tidied && runtime.is_some();
    pool.is_tidied |= is_untidy;
    drop(pool);
    let Some(runtime) = runtime else {
        return;
    };
    if is_untidy {
        runtime.spawn(tidy());
    }
    if !surplus.is_empty() {
        runtime.spawn(async move { drop(surplus) });
    }
}

/// Frees what is not needed, until there is nothing left.
async fn tidy() {
    loop {
        tokio::time::sleep(KEPT_FOR).await;
        let mut pool = POOL.lock();
        let unneeded = pool.take_unneeded();
        pool.is_tidied = !pool.is_empty();
        let is_done = !pool.is_tidied;
        drop(pool);
        drop(unneeded);
        if is_done {
            return;
        }
    }
}

/// A message whose memory is given back in the end.
struct Message(Vec<u8>);

/// A message whose memory is given back when it has gone. Who holds the message knows of its size alone, so it is
/// moved out of memory that is much larger.
pub(crate) fn message(memory: Vec<u8>) -> Bytes {
    if memory.capacity() < MIN_SIZE {
        return memory.into();
    }
    if memory.len() < memory.capacity() / 2 {
        let message = Bytes::copy_from_slice(&memory);
        give_back(memory);
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
        give_back(std::mem::take(&mut self.0));
    }
}

/// What is kept, by capacity.
#[derive(Debug)]
struct BufferPool {
    classes: BTreeMap<usize, SizeClass>,
    /// Bytes of all of it.
    size: usize,
    /// What is to be freed.
    surplus: Vec<Vec<u8>>,
    /// Somebody frees what is not needed.
    is_tidied: bool,
}

#[derive(Debug, Default)]
struct SizeClass {
    /// The one that came last serves first: some of it may still be in the processor's cache.
    buffers: VecDeque<Vec<u8>>,
    /// So many were there all the time since the last look.
    unneeded: usize,
}

impl SizeClass {
    fn remove_oldest(&mut self) -> Option<Vec<u8>> {
        self.unneeded = self.unneeded.saturating_sub(1);
        self.buffers.pop_front()
    }
}

impl BufferPool {
    const fn new() -> Self {
        Self {
            classes: BTreeMap::new(),
            size: 0,
            surplus: Vec::new(),
            is_tidied: false,
        }
    }

    fn take(&mut self, capacity: usize) -> Option<Vec<u8>> {
        let class = self.classes.get_mut(&capacity)?;
        let mut memory = class.buffers.pop_back()?;
        class.unneeded = class.unneeded.min(class.buffers.len());
        self.size -= capacity;
        memory.clear();
        Some(memory)
    }

    /// Keeps `memory`. What is too much then is surplus: of what nobody has needed lately, else of the capacity that has
    /// most of it, so that what is needed now makes its way among what was needed before.
    fn put(&mut self, memory: Vec<u8>) {
        let capacity = memory.capacity();
        self.size += capacity;
        let class = self.classes.entry(capacity).or_default();
        class.buffers.push_back(memory);
        while self.size > MAX_KEPT {
            let classes = self.classes.iter_mut();
            let fullest = classes.max_by_key(|(capacity, class)| {
                (*capacity * class.unneeded, *capacity * class.buffers.len())
            });
            let Some(memory) = fullest.and_then(|(_, class)| class.remove_oldest()) else {
                return;
            };
            self.size -= memory.capacity();
            self.surplus.push(memory);
        }
    }

    /// The surplus, if that is enough to be freed.
    fn take_surplus(&mut self) -> Vec<Vec<u8>> {
        if size_of_all(&self.surplus) < FREED_AT_ONCE {
            return Vec::new();
        }
        std::mem::take(&mut self.surplus)
    }

    fn is_empty(&self) -> bool {
        self.size == 0 && self.surplus.is_empty()
    }

    /// Takes out what nobody has needed since the last call, and all surplus.
    fn take_unneeded(&mut self) -> Vec<Vec<u8>> {
        let mut unneeded = Vec::new();
        self.classes.retain(|_, class| {
            unneeded.extend(class.buffers.drain(..class.unneeded));
            class.unneeded = class.buffers.len();
            !class.buffers.is_empty()
        });
        self.size -= size_of_all(&unneeded);
        unneeded.append(&mut self.surplus);
        unneeded
    }
}

fn size_of_all(memory: &[Vec<u8>]) -> usize {
    memory.iter().map(Vec::capacity).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_have_room_and_waste_less_than_a_quarter() {
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
    fn what_was_given_back_serves_messages_of_that_capacity() {
        let mut pool = BufferPool::new();
        let mut memory = Vec::with_capacity(1 << 20);
        memory.push(1);
        let address = memory.as_ptr();
        pool.put(memory);
        assert!(pool.take(1 << 19).is_none());
        let memory = pool.take(1 << 20).expect("a spare");
        assert_eq!((memory.as_ptr(), memory.len()), (address, 0));
        assert!(pool.take(1 << 20).is_none());
        assert_eq!(pool.size, 0);
    }

    #[test]
    fn what_nobody_needed_between_two_looks_is_freed() {
        let mut pool = BufferPool::new();
        for _ in 0..3 {
            pool.put(Vec::with_capacity(MIN_SIZE));
        }
        assert!(pool.take_unneeded().is_empty(), "it was not there before");
        let first = pool.take(MIN_SIZE).expect("a spare");
        let second = pool.take(MIN_SIZE).expect("a spare");
        pool.put(first);
        pool.put(second);
        assert_eq!(pool.take_unneeded().len(), 1);
        assert_eq!(pool.take_unneeded().len(), 2);
        assert_eq!(pool.size, 0);
        assert!(pool.classes.is_empty());
    }

    #[test]
    fn what_is_needed_now_takes_the_place_of_what_was_needed_before() {
        let (before, now) = (MIN_SIZE, 8 * MIN_SIZE);
        let mut pool = BufferPool::new();
        for _ in 0..MAX_KEPT / before {
            pool.put(Vec::with_capacity(before));
        }
        assert!(pool.surplus.is_empty());
        pool.put(Vec::with_capacity(now));
        let is_old = |memory: &Vec<u8>| memory.capacity() == before;
        assert!(pool.surplus.iter().all(is_old));
        assert_eq!(size_of_all(&pool.surplus), now);
        assert_eq!(pool.size, MAX_KEPT);
        assert!(pool.take(now).is_some());
    }

    #[test]
    fn what_nobody_needs_gives_way_before_what_there_is_most_of() {
        let (unneeded, needed) = (MIN_SIZE, 8 * MIN_SIZE);
        let mut pool = BufferPool::new();
        pool.put(Vec::with_capacity(unneeded));
        assert!(pool.take_unneeded().is_empty());
        for _ in 0..MAX_KEPT / needed {
            pool.put(Vec::with_capacity(needed));
        }
        assert!(pool.take(unneeded).is_none());
        assert_eq!(pool.size, MAX_KEPT);
    }

    #[test]
    fn what_is_larger_than_all_that_may_be_kept_is_freed_alone() {
        let mut pool = BufferPool::new();
        pool.put(Vec::with_capacity(MIN_SIZE));
        pool.put(Vec::with_capacity(2 * MAX_KEPT));
        assert_eq!(size_of_all(&pool.take_surplus()), 2 * MAX_KEPT);
        assert!(pool.take(MIN_SIZE).is_some());
    }

    #[test]
    fn surplus_is_freed_when_there_is_enough_and_with_what_is_not_needed() {
        let mut pool = BufferPool::new();
        for _ in 0..MAX_KEPT / MIN_SIZE + 1 {
            pool.put(Vec::with_capacity(MIN_SIZE));
        }
        assert!(pool.take_surplus().is_empty());
        assert_eq!(size_of_all(&pool.take_unneeded()), MIN_SIZE);
        for _ in 0..FREED_AT_ONCE / MIN_SIZE {
            pool.put(Vec::with_capacity(MIN_SIZE));
        }
        assert_eq!(size_of_all(&pool.take_surplus()), FREED_AT_ONCE);
        assert!(pool.take_surplus().is_empty());
    }
}
