//! Tasks of the page's one thread.

use core::{cell::Cell, future::Future};

std::thread_local! {
    static RUNNING: Cell<usize> = const { Cell::new(0) };
}

/// Counts a task for as long as it lives.
struct Counted;

impl Counted {
    fn start() -> Self {
        RUNNING.with(|running| running.set(running.get() + 1));
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        RUNNING.with(|running| running.set(running.get() - 1));
    }
}

/// Starts a task. It runs until it ends or the page goes away; who starts it bounds how many.
#[expect(clippy::disallowed_methods, reason = "this is where tasks are started")]
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let counted = Counted::start();
    wasm_bindgen_futures::spawn_local(async move {
        task.await;
        drop(counted);
    });
}

/// How many tasks run now.
#[must_use]
pub fn running() -> usize {
    RUNNING.with(Cell::get)
}
