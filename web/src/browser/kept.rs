//! What this origin keeps besides the database: small values that are no secrets, and how much of all it may.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::{Place, reload, set_fragment, window};

/// Says that this browser had an identity at the last visit, and nothing else: the first paint of
/// the next visit is the list instead of the welcome (see `boot.js`).
const KNOWN_FLAG: &str = "volly-known";

/// A number that does not come twice, and is not 0.
pub(crate) fn random() -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 2^32")]
    let half = || (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
    (half() << 32) | half() | 1
}

/// Reads a small value of this origin.
pub(crate) fn recall(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Keeps a small value that is no secret.
pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = window().local_storage().ok().flatten() {
        let _ = storage.set_item(key, value);
    }
}

/// Bytes that this origin stores, and how many it may; `None` when the browser does not say.
pub(crate) async fn storage_used() -> Option<(f64, f64)> {
    let storage = Reflect::get(&window().navigator(), &"storage".into()).ok()?;
    let estimate: Function = Reflect::get(&storage, &"estimate".into()).ok()?.dyn_into().ok()?;
    let estimate = JsFuture::from(Promise::from(estimate.call0(&storage).ok()?)).await.ok()?;
    let number = |name: &str| Reflect::get(&estimate, &name.into()).ok()?.as_f64();
    Some((number("usage")?, number("quota")?))
}

/// Forgets the place and loads the page anew: everything was erased.
pub(crate) fn leave_and_reload() {
    remember_known(false);
    set_fragment("#/", Place::Same);
    reload();
}

/// This browser had an identity at the last visit.
pub(crate) fn was_known() -> bool {
    let storage = window().local_storage().ok().flatten();
    storage.is_some_and(|storage| storage.get_item(KNOWN_FLAG).ok().flatten().is_some())
}

/// Remembers for the next first paint whether there is an identity.
pub(crate) fn remember_known(known: bool) {
    let Some(storage) = window().local_storage().ok().flatten() else { return };
    let _ = if known { storage.set_item(KNOWN_FLAG, "1") } else { storage.remove_item(KNOWN_FLAG) };
}
