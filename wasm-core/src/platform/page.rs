//! The page: its window, its small storage, and the moments at which it wakes.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventTarget, Navigator, Storage, VisibilityState, Window};

/// The window of this page.
///
/// # Panics
///
/// In a worker: the engine runs on a page, because `RTCPeerConnection` exists there alone.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the page is reached")]
pub fn window() -> Window {
    web_sys::window().expect("the engine runs on a page")
}

/// The browser.
#[must_use]
pub fn navigator() -> Navigator {
    window().navigator()
}

/// `localStorage`, unless the browser refuses it.
fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Reads a value that was set with [`remember`].
#[must_use]
pub fn recall(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok().flatten()
}

/// Keeps a small value outside the database. A refusal is no error: it is a second witness only.
pub fn remember(key: &str, value: &str) {
    let _ = local_storage().map(|storage| storage.set_item(key, value));
}

/// Removes a value.
pub fn forget(key: &str) {
    let _ = local_storage().map(|storage| storage.remove_item(key));
}

/// Asks the browser not to evict what this origin stores. Its answer changes nothing we do.
pub fn persist_storage() {
    let navigator = navigator();
    if Reflect::get(&navigator, &"storage".into()).is_ok_and(|storage| storage.is_object()) {
        let _ = navigator.storage().persist();
    }
}

/// The address of the script that belongs to this program, as the page preloads it.
#[must_use]
pub fn glue() -> Option<String> {
    let link = window().document()?.query_selector("link[rel=modulepreload]").ok()??;
    link.get_attribute("href")
}

/// A listener that is taken off when it is dropped.
#[derive(Debug)]
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    /// Calls `callback` at every `event` of `target`.
    #[must_use]
    pub fn new(
        target: EventTarget,
        event: &'static str,
        callback: impl FnMut(JsValue) + 'static,
    ) -> Self {
        let callback = Closure::new(callback);
        let function: &Function = callback.as_ref().unchecked_ref();
        // Adding a listener throws for no event name that we use.
        let _ = target.add_event_listener_with_callback(event, function);
        Self { target, event, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.event, function);
    }
}

/// Calls `wake` when there may be a network again or time may have been lost: `online`, `pageshow`,
/// and when the page becomes visible.
#[must_use]
pub fn on_wake(wake: impl Fn() + Clone + 'static) -> Vec<Listener> {
    let mut listeners: Vec<Listener> = ["online", "pageshow"]
        .into_iter()
        .map(|event| {
            let wake = wake.clone();
            Listener::new(window().into(), event, move |_| wake())
        })
        .collect();
    if let Some(document) = window().document() {
        let target = document.clone().into();
        listeners.push(Listener::new(target, "visibilitychange", move |_| {
            if document.visibility_state() == VisibilityState::Visible {
                wake();
            }
        }));
    }
    listeners
}
