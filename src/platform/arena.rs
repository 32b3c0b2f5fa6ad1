//! An optional allocator that saves about 35 µs per run of the program. Even the shortest run makes
//! musl's own allocator ask the kernel for memory eight times. This one uses the program's .bss
//! section.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Enough for a run with a docglow.yml of 10 kB. Untouched pages use no memory.
const ARENA_BYTES: usize = 512 << 10;

/// The alignment of the arena. A request with a larger alignment goes to the system's allocator.
const ALIGNMENT: usize = 16;

#[repr(align(16))]
struct Arena(UnsafeCell<[u8; ARENA_BYTES]>);

// SAFETY: no two allocations share a byte of the arena, even in different threads.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new([0; ARENA_BYTES]));

/// The offset of the first free byte.
static USED_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Allocates from the arena, one allocation after the other, and never frees in it. A request that
/// does not fit goes to the system's allocator.
pub struct BumpAllocator;

// SAFETY: an allocation in the arena has the requested size and alignment, and shares no byte with
// another one. The system's allocator guarantees the same for all others.
unsafe impl GlobalAlloc for BumpAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = |used: usize| used.next_multiple_of(layout.align());
        let end = |used| Some(start(used).saturating_add(layout.size()));
        let fits = |end: &usize| layout.align() <= ALIGNMENT && *end <= ARENA_BYTES;
        match USED_BYTES.fetch_update(Relaxed, Relaxed, |used| end(used).filter(fits)) {
            // SAFETY: the allocation ends within the arena.
            Ok(used) => unsafe { ARENA.0.get().cast::<u8>().add(start(used)) },
            Err(_) => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let offset = pointer.addr().wrapping_sub(ARENA.0.get().addr());
        if offset >= ARENA_BYTES {
            unsafe { System.dealloc(pointer, layout) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_are_apart_and_keep_their_content_when_they_grow() {
        const ALLOCATOR: BumpAllocator = BumpAllocator;
        let layout = |bytes| Layout::from_size_align(bytes, 8).unwrap();
        // SAFETY: each allocation is used within its size, and freed or resized once.
        unsafe {
            let first = ALLOCATOR.alloc(layout(24));
            let second = ALLOCATOR.alloc(layout(40));
            first.write_bytes(1, 24);
            second.write_bytes(2, 40);
            let grown = ALLOCATOR.realloc(first, layout(24), 400);
            assert!((0..24).all(|i| grown.add(i).read() == 1));
            assert!((0..40).all(|i| second.add(i).read() == 2));
            let large = ALLOCATOR.alloc(layout(ARENA_BYTES));
            large.write_bytes(3, ARENA_BYTES);
            assert!((0..24).all(|i| grown.add(i).read() == 1));
            ALLOCATOR.dealloc(large, layout(ARENA_BYTES));
            ALLOCATOR.dealloc(grown, layout(400));
            ALLOCATOR.dealloc(second, layout(40));
        }
    }
}
