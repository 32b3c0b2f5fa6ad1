//! Threads of the sender.

use std::io;
use std::sync::Arc;
use std::thread;

/// Runs `work` in a new thread. If no thread can be started, runs it now.
pub fn start(stack_bytes: usize, work: impl Fn() + Send + Sync + 'static) {
    let work = Arc::new(work);
    let same = work.clone();
    if start_thread(stack_bytes, Box::new(move || same())).is_err() {
        work();
    }
}

/// Starts a thread. All closures have one type, because the standard library generates several
/// kilobytes of code for each type.
///
/// # Errors
/// If no thread can be started.
pub fn start_thread(stack_bytes: usize, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    thread::Builder::new().stack_size(stack_bytes).spawn(work).map(drop)
}
