//! Files that are made here and handed to the browser's downloads, and how times stand in them.

use std::time::Duration;

use js_sys::{Array, Date, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};
use yew::AttrValue;

use super::{Timer, document};

/// Bytes of a file, which the browser holds: none of them stays in this program.
pub(crate) struct Parts(Array);

impl Default for Parts {
    fn default() -> Self {
        Self(Array::new())
    }
}

impl Parts {
    /// Adds the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = Array::of1(&Uint8Array::from(bytes));
        if let Ok(part) = Blob::new_with_u8_array_sequence(&bytes) {
            self.0.push(&part);
        }
    }

    /// The file.
    pub(crate) fn whole(&self, kind: &str) -> Blob {
        let options = BlobPropertyBag::new();
        options.set_type(kind);
        Blob::new_with_blob_sequence_and_options(&self.0, &options)
            .expect("parts that the browser made make a whole")
    }
}

/// The address of bytes that the browser holds, as long as this is there.
#[derive(Debug)]
pub(crate) struct ObjectUrl(AttrValue);

impl ObjectUrl {
    /// Of a file; `None` where the browser refuses.
    pub(crate) fn new(file: &Blob) -> Option<Self> {
        Url::create_object_url_with_blob(file).ok().map(|url| Self(url.into()))
    }

    /// The address.
    pub(crate) fn get(&self) -> AttrValue {
        self.0.clone()
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}

/// A stretch of a file; `None` when it cannot be read, for it has changed or is gone.
pub(crate) async fn bytes_of(file: &Blob, from: f64, to: f64) -> Option<Vec<u8>> {
    let part = file.slice_with_f64_and_f64(from, to).ok()?;
    let buffer = JsFuture::from(part.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// How long the browser has to begin with a download. Lower: a slow one may find nothing. Higher: the
/// file is kept longer.
const DOWNLOAD_PAUSE: Duration = Duration::from_secs(60);

/// Hands a file to the browser's downloads.
pub(crate) fn download(file: &Blob, name: &str) {
    let Ok(address) = Url::create_object_url_with_blob(file) else { return };
    let anchor = document().create_element("a").ok().and_then(|it| it.dyn_into().ok());
    if let Some(anchor) = anchor {
        let anchor: HtmlAnchorElement = anchor;
        anchor.set_href(&address);
        anchor.set_download(name);
        anchor.click();
    }
    let timer = Timer::after(DOWNLOAD_PAUSE, move || {
        let _ = Url::revoke_object_url(&address);
    });
    // It runs once, whatever becomes of the page that asked.
    std::mem::forget(timer);
}

/// A time in milliseconds since the Unix epoch as RFC 3339, UTC.
pub(crate) fn rfc3339(ms: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "exact to the year 287,000")]
    let date = Date::new(&(ms as f64).into());
    if date.get_time().is_nan() { String::new() } else { date.to_iso_string().into() }
}

/// The local day, as `2026-11-30`.
pub(crate) fn day_now() -> String {
    let now = Date::new_0();
    format!("{:04}-{:02}-{:02}", now.get_full_year(), now.get_month() + 1, now.get_date())
}
