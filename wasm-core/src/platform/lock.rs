//! Web Locks: one holder of a name among all tabs of this origin.
//!
//! web-sys has `LockManager` behind an unstable flag only, so it is reached by name.

use core::cell::RefCell;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::page;

/// The browser gives this page no Web Locks; they need a secure context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no Web Locks")]
pub struct Missing;

/// Holds the lock until it is dropped or the page goes away, even by a crash.
#[derive(Debug)]
pub struct Guard {
    release: Function,
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Resolving a promise cannot fail, and an exception here would have nobody to go to.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// Waits, in the order of the requests, until this page alone holds the lock `name`.
///
/// # Errors
///
/// [`Missing`] where there are no Web Locks.
///
/// # Cancel safety
///
/// A dropped future lets the lock go as soon as it is granted.
pub async fn acquire(name: &str) -> Result<Guard, Missing> {
    let locks = Reflect::get(&page::navigator(), &"locks".into()).map_err(|_| Missing)?;
    let request: Function = Reflect::get(&locks, &"request".into())
        .ok()
        .and_then(|f| f.dyn_into().ok())
        .ok_or(Missing)?;
    let (granted, wait) = oneshot::channel();
    let callback = Closure::once_into_js(move |_lock: JsValue| hold(granted));
    request.call2(&locks, &name.into(), &callback).map_err(|_| Missing)?;
    wait.await.map_err(|_| Missing)
}

/// The promise that the lock manager waits for; the guard resolves it.
fn hold(granted: oneshot::Sender<Guard>) -> Promise {
    let release = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&release);
    let held = Promise::new(&mut move |resolve, _reject| {
        *slot.borrow_mut() = Some(resolve);
    });
    if let Some(release) = release.take() {
        // Nobody waits any more: the guard comes back, is dropped, and that resolves the promise.
        drop(granted.send(Guard { release }));
    }
    held
}
