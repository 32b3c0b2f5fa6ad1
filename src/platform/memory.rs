//! Memory for a process that lives for less than a millisecond.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};

use super::system::process;

/// More than a call needs, a docglow.yml of 10 kB included. Of room that is not touched, nothing is ever made.
const ROOM_BYTES: usize = 512 << 10;

/// The room begins at a multiple of this.
const ALIGNMENT: usize = 16;

#[repr(align(16))]
struct Room(UnsafeCell<[u8; ROOM_BYTES]>);

// SAFETY: each byte of it belongs to one piece at most at a time, whichever thread asks.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new([0; ROOM_BYTES]));

/// How much of the room is dealt out.
static USED_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Whether a request may fail.
static MAY_FAIL: AtomicBool = AtomicBool::new(false);

/// An allocator that deals out the room that the program brings along, from one end to the other, and takes back the last piece
/// alone. What does not fit is the system's affair, whose own allocator would ask the kernel eight times in the shortest call.
///
/// Where the system has none left, the process ends, with status 0.
pub struct Memory;

/// Makes room for so many further bytes, and tells whether there was any: a lack of memory does not end the process here.
pub fn try_reserve(buffer: &mut Vec<u8>, bytes: usize) -> bool {
    MAY_FAIL.store(true, Relaxed);
    let reserved = buffer.try_reserve(bytes).is_ok();
    MAY_FAIL.store(false, Relaxed);
    reserved
}

/// A piece of the room, or null where it does not fit.
fn deal_out(layout: Layout) -> *mut u8 {
    let begin = |used: usize| used.next_multiple_of(layout.align());
    let end =
        |used| Some(begin(used).saturating_add(layout.size())).filter(|end| *end <= ROOM_BYTES);
    match USED_BYTES.fetch_update(Acquire, Acquire, end) {
        // SAFETY: the piece ends within the room.
        Ok(used) if layout.align() <= ALIGNMENT => unsafe {
            ROOM.0.get().cast::<u8>().add(begin(used))
        },
        _ => std::ptr::null_mut(),
    }
}

/// Where in the room a piece begins; `None` for one of the system's.
fn begin_in_room(place: *mut u8) -> Option<usize> {
    Some(place.addr().wrapping_sub(ROOM.0.get().addr())).filter(|begin| *begin < ROOM_BYTES)
}

/// Makes a piece another size where it stands, if it fits and is the last one.
fn resize(begin: usize, from: usize, to: usize) -> bool {
    begin + to <= ROOM_BYTES
        && USED_BYTES.compare_exchange(begin + from, begin + to, AcqRel, Relaxed).is_ok()
}

/// Something of the system's, or the end of the process.
fn or_end(place: *mut u8) -> *mut u8 {
    if place.is_null() && !MAY_FAIL.load(Relaxed) { process::end() } else { place }
}

// SAFETY: what is dealt out of the room belongs to nobody else, is as long and as aligned as was asked, and stays until it is given
// back; all else is the system's.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let place = deal_out(layout);
        if place.is_null() { or_end(unsafe { System.alloc(layout) }) } else { place }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        match begin_in_room(place) {
            Some(begin) => _ = resize(begin, layout.size(), 0),
            None => unsafe { System.dealloc(place, layout) },
        }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        match begin_in_room(place) {
            Some(begin) if resize(begin, layout.size(), bytes) => return place,
            Some(_) => {}
            None => return or_end(unsafe { System.realloc(place, layout, bytes) }),
        }
        let wider = unsafe { self.alloc(Layout::from_size_align_unchecked(bytes, layout.align())) };
        if !wider.is_null() {
            unsafe { wider.copy_from_nonoverlapping(place, layout.size().min(bytes)) };
        }
        wider
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_alone_is_taken_back_and_grows_where_it_stands() {
        let layout = |bytes| Layout::from_size_align(bytes, 8).unwrap();
        // SAFETY: each piece is written to within its size, and given back or made another size once, with its layout.
        unsafe {
            let first = Memory.alloc(layout(24));
            let second = Memory.alloc(layout(40));
            first.write_bytes(1, 24);
            second.write_bytes(2, 40);
            let grown = Memory.realloc(second, layout(40), 400);
            assert_eq!(grown, second);
            assert!((0..40).all(|i| grown.add(i).read() == 2));
            let moved = Memory.realloc(first, layout(24), 48);
            assert_ne!(moved, first);
            assert!((0..24).all(|i| moved.add(i).read() == 1));
            Memory.dealloc(grown, layout(400));
            Memory.dealloc(moved, layout(48));
            assert_eq!(Memory.alloc_zeroed(layout(48)), moved);
            assert!((0..48).all(|i| moved.add(i).read() == 0));
            let large = Memory.alloc(layout(ROOM_BYTES));
            assert_eq!(begin_in_room(large), None);
            Memory.dealloc(large, layout(ROOM_BYTES));
        }
    }
}
