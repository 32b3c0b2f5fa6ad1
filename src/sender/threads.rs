//! Threads of the sender.

use std::io;
use std::sync::Arc;
use std::thread;

/// Does this work beside the caller's own, or, if no thread can be had, before it.
pub fn start(stack_bytes: usize, work: impl Fn() + Send + Sync + 'static) {
    let work = Arc::new(work);
    let same = work.clone();
    if start_thread(stack_bytes, Box::new(move || same())).is_err() {
        work();
    }
}

/// Starts a thread. All closures go through one type, as the standard library makes several
/// kilobytes of code of each.
///
/// # Errors
/// If no thread can be had.
pub fn start_thread(stack_bytes: usize, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    thread::Builder::new().stack_size(stack_bytes).spawn(work).map(drop)
}
