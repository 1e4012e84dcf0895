//! How much this origin may still store.

use js_sys::Promise;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageEstimate;

use super::page;

/// Bytes that may still be stored, about; `None` when the browser does not say.
pub async fn room() -> Option<u64> {
    let estimate: Promise = page::navigator().storage().estimate().ok()?;
    let estimate: StorageEstimate = JsFuture::from(estimate).await.ok()?.unchecked_into();
    let room = estimate.get_quota()? - estimate.get_usage()?;
    // As-casts of numbers outside of the range end at its bounds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    let room = room as u64;
    Some(room)
}
