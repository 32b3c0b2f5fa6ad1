//! Threads of the sender's, and how they report.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// Where threads leave their news. The standard library's channel is three of its kind, 13 kB.
pub struct Mailbox<News> {
    news: Mutex<VecDeque<News>>,
    arrived: Condvar,
}

impl<News> Default for Mailbox<News> {
    fn default() -> Self {
        Mailbox { news: Mutex::default(), arrived: Condvar::new() }
    }
}

impl<News> Mailbox<News> {
    fn news(&self) -> MutexGuard<'_, VecDeque<News>> {
        self.news.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Leaves news.
    pub fn put(&self, news: News) {
        self.news().push_back(news);
        self.arrived.notify_one();
    }

    /// The oldest news; `None` where there are none by then.
    pub fn take(&self, until: Option<Instant>) -> Option<News> {
        let mut news = self.news();
        while news.is_empty() {
            let rest = until.map(|until| until.saturating_duration_since(Instant::now()));
            if rest == Some(Duration::ZERO) {
                break;
            }
            let woken = self.arrived.wait_timeout(news, rest.unwrap_or(Duration::MAX));
            news = woken.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        news.pop_front()
    }
}

/// Does this work beside the caller's own, or, where there is no thread to be had, before it.
pub fn start(stack_bytes: usize, work: impl Fn() + Send + Sync + 'static) {
    let work = Arc::new(work);
    let same = work.clone();
    if start_thread(stack_bytes, Box::new(move || same())).is_err() {
        work();
    }
}

/// Starts a thread, all of them by the same code: what the standard library makes of each closure is several kilobytes.
///
/// # Errors
/// Where there is none to be had.
pub fn start_thread(stack_bytes: usize, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    thread::Builder::new().stack_size(stack_bytes).spawn(work).map(drop)
}
