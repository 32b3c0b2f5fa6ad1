//! Ends the process with status 0 if memory runs out: std would abort it with status 134.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::system::process;

/// Whether an allocation may fail for now.
static MAY_FAIL: AtomicBool = AtomicBool::new(false);

/// An allocator that ends the process if `A` has no memory left.
pub struct NeverAbort<A>(pub A);

/// Reserves this many more bytes, and returns whether that succeeded. Here, a lack of memory does
/// not end the process.
pub fn try_reserve(buffer: &mut Vec<u8>, bytes: usize) -> bool {
    MAY_FAIL.store(true, Relaxed);
    let is_reserved = buffer.try_reserve(bytes).is_ok();
    MAY_FAIL.store(false, Relaxed);
    is_reserved
}

fn or_end(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() && !MAY_FAIL.load(Relaxed) { process::end() } else { pointer }
}

// SAFETY: every call is passed on to `A`.
unsafe impl<A: GlobalAlloc> GlobalAlloc for NeverAbort<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        or_end(unsafe { self.0.alloc(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { self.0.dealloc(pointer, layout) }
    }
}
