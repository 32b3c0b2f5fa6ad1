//! Memory for a process that lives for less than a millisecond.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use super::system::process;

/// More than a call needs. Of room that is not touched, nothing is ever made.
const ROOM_BYTES: usize = 128 << 10;

/// The room begins at a multiple of this.
const ALIGNMENT: usize = 16;

#[repr(align(16))]
struct Room(UnsafeCell<[u8; ROOM_BYTES]>);

// SAFETY: each byte of it is dealt out once at most, whichever thread asks.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new([0; ROOM_BYTES]));

/// How much of the room is dealt out.
static USED_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Whether a request may fail.
static MAY_FAIL: AtomicBool = AtomicBool::new(false);

/// An allocator that deals out the room that the program brings along, from one end to the other, and takes nothing back. What
/// does not fit is the system's affair, whose own allocator would ask the kernel eight times in the shortest call.
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
    let end = |used| Some(begin(used).saturating_add(layout.size())).filter(|end| *end <= ROOM_BYTES);
    match USED_BYTES.fetch_update(Relaxed, Relaxed, end) {
        // SAFETY: the piece ends within the room.
        Ok(used) if layout.align() <= ALIGNMENT => unsafe { ROOM.0.get().cast::<u8>().add(begin(used)) },
        _ => std::ptr::null_mut(),
    }
}

fn is_of_room(place: *mut u8) -> bool {
    (place.addr().wrapping_sub(ROOM.0.get().addr())) < ROOM_BYTES
}

/// Something of the system's, or the end of the process.
fn or_end(place: *mut u8) -> *mut u8 {
    if place.is_null() && !MAY_FAIL.load(Relaxed) { process::end() } else { place }
}

// SAFETY: what is dealt out of the room belongs to nobody else, is as long and as aligned as was asked, and stays; all else is
// the system's.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let place = deal_out(layout);
        if place.is_null() { or_end(unsafe { System.alloc(layout) }) } else { place }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if !is_of_room(place) {
            unsafe { System.dealloc(place, layout) }
        }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        if !is_of_room(place) {
            return or_end(unsafe { System.realloc(place, layout, bytes) });
        }
        let wider = unsafe { self.alloc(Layout::from_size_align_unchecked(bytes, layout.align())) };
        if !wider.is_null() {
            unsafe { wider.copy_from_nonoverlapping(place, layout.size().min(bytes)) };
        }
        wider
    }
}
