//! Files that somebody chose, made ready to be sent: what is in a picture besides the picture stays here.
//!
//! A picture is drawn anew, so that the place and time at which it was taken, and whatever else a camera
//! writes into it, are gone. Of a video the first moments give a preview; its bytes go as they are.

use std::time::Duration;

use js_sys::{Function, Promise};
use volly_core::{api::FileDescription, limits::MAX_PREVIEW_BYTES};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, File, HtmlMediaElement, HtmlVideoElement, ImageBitmap, ImageEncodeOptions,
    OffscreenCanvas, OffscreenCanvasRenderingContext2d,
};

use super::{Listener, Timer, bytes_of, document, files::ObjectUrl, window};

/// The longer side of a picture that is sent, in pixels.
/// Lower: small writing is lost. Higher: a photo is no longer a small file.
const LONGEST: f64 = 2_048.0;

/// The longer side of a preview, the first one that fits into its bytes.
const PREVIEWS: [f64; 5] = [320.0, 240.0, 160.0, 96.0, 48.0];

/// How much of a picture is kept, 0 to 1.
const QUALITY: f64 = 0.82;
const PREVIEW_QUALITY: f64 = 0.5;

/// How long a browser may take to look into a file.
/// Lower: a long video on a slow device goes without a preview. Higher: one waits for a damaged one.
const PATIENCE: Duration = Duration::from_secs(8);

/// A file as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// Its bytes.
    pub(crate) blob: Blob,
    /// What is said of it.
    pub(crate) description: FileDescription,
}

/// Makes a file ready. What the browser cannot look into goes as it is.
pub(crate) async fn prepare(file: File) -> Prepared {
    let (name, media_type, blob) = (file.name(), file.type_(), Blob::from(file));
    let (width, height, duration, preview) = (0, 0, 0, Vec::new());
    let description = FileDescription { name, media_type, width, height, duration, preview };
    let plain = Prepared { blob, description };
    let seen = match plain.description.media_type.as_str() {
        "image/jpeg" | "image/png" | "image/webp" | "image/heic" | "image/heif" | "image/avif" => {
            picture(&plain).await
        }
        // Drawn anew it would stand still.
        "image/gif" => picture(&plain).await.map(|seen| {
            let FileDescription { name, media_type, .. } = plain.description.clone();
            let description = FileDescription { name, media_type, ..seen.description };
            Prepared { blob: plain.blob.clone(), description }
        }),
        kind if kind.starts_with("video/") || kind.starts_with("audio/") => timed(&plain).await,
        _ => None,
    };
    seen.unwrap_or(plain)
}

async fn picture(plain: &Prepared) -> Option<Prepared> {
    let bitmap = window().create_image_bitmap_with_blob(&plain.blob).ok()?;
    let bitmap: ImageBitmap = JsFuture::from(bitmap).await.ok()?.unchecked_into();
    let size = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let draw = |context: &OffscreenCanvasRenderingContext2d, (width, height)| {
        context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height)
    };
    // What may be seen through stays so; anything else is smaller as a JPEG.
    let said = &plain.description;
    let kind = if said.media_type == "image/png" { "image/png" } else { "image/jpeg" };
    let blob = drawn(size, LONGEST, (kind, QUALITY), draw).await?;
    let preview = preview(size, draw).await;
    bitmap.close();
    let (width, height) = fitted(size, LONGEST);
    let description = FileDescription {
        name: with_ending(&said.name, kind),
        media_type: kind.into(),
        width: whole(width),
        height: whole(height),
        duration: 0,
        preview,
    };
    Some(Prepared { blob, description })
}

/// Sound or video: how long, and for a video how large and what it looks like.
async fn timed(plain: &Prepared) -> Option<Prepared> {
    let is_video = plain.description.media_type.starts_with("video/");
    let element = document().create_element(if is_video { "video" } else { "audio" }).ok()?;
    let element: HtmlMediaElement = element.dyn_into().ok()?;
    let url = ObjectUrl::new(&plain.blob)?;
    element.set_muted(true);
    element.set_preload("auto");
    let ready = first_of(&element, if is_video { "loadeddata" } else { "loadedmetadata" });
    element.set_src(&url.get());
    if !ready.await {
        return None;
    }
    let duration = element.duration();
    let duration = if duration.is_finite() { duration } else { 0.0 };
    let mut seen = plain.clone();
    seen.description.duration = milliseconds(duration);
    if let Some(video) = element.dyn_ref::<HtmlVideoElement>() {
        let moved = first_of(&element, "seeked");
        element.set_current_time((duration / 3.0).min(1.0));
        if moved.await {
            let size = (f64::from(video.video_width()), f64::from(video.video_height()));
            let draw = |context: &OffscreenCanvasRenderingContext2d, (width, height)| {
                context.draw_image_with_html_video_element_and_dw_and_dh(
                    video, 0.0, 0.0, width, height,
                )
            };
            let said = &mut seen.description;
            (said.width, said.height) = (whole(size.0), whole(size.1));
            said.preview = preview(size, draw).await;
        }
    }
    element.set_src("");
    Some(seen)
}

/// Waits for the first event of this name, or an error; `false` when it does not come in time.
fn first_of(element: &HtmlMediaElement, name: &'static str) -> impl Future<Output = bool> + use<> {
    let mut waiting = None;
    let promise = Promise::new(&mut |resolve, _| {
        let say = |came: bool| {
            let resolve: Function = resolve.clone();
            move || drop(resolve.call1(&JsValue::UNDEFINED, &came.into()))
        };
        let (come, fail) = (say(true), say(false));
        waiting = Some((
            Listener::new(element, name, move |_| come()),
            Listener::new(element, "error", move |_| fail()),
            Timer::after(PATIENCE, say(false)),
        ));
    });
    async move {
        let came = JsFuture::from(promise).await.is_ok_and(|came| came.is_truthy());
        drop(waiting);
        came
    }
}

/// Draws something of this size, no longer than `longest`, as a file of this kind and quality.
async fn drawn(
    size: (f64, f64),
    longest: f64,
    (kind, quality): (&str, f64),
    draw: impl Fn(&OffscreenCanvasRenderingContext2d, (f64, f64)) -> Result<(), JsValue>,
) -> Option<Blob> {
    let fitted = fitted(size, longest);
    let canvas = OffscreenCanvas::new(whole(fitted.0).into(), whole(fitted.1).into()).ok()?;
    let context = canvas.get_context("2d").ok().flatten()?;
    draw(context.unchecked_ref(), fitted).ok()?;
    let options = ImageEncodeOptions::new();
    options.set_type(kind);
    options.set_quality(quality);
    let blob = canvas.convert_to_blob_with_options(&options).ok()?;
    JsFuture::from(blob).await.ok()?.dyn_into().ok()
}

async fn preview(
    size: (f64, f64),
    draw: impl Fn(&OffscreenCanvasRenderingContext2d, (f64, f64)) -> Result<(), JsValue>,
) -> Vec<u8> {
    for longest in PREVIEWS {
        let Some(blob) = drawn(size, longest, ("image/jpeg", PREVIEW_QUALITY), &draw).await else {
            break;
        };
        if blob.size() <= MAX_PREVIEW_BYTES as f64 {
            return bytes_of(&blob, 0.0, blob.size()).await.unwrap_or_default();
        }
    }
    Vec::new()
}

/// A size with the same shape whose longer side is no longer than this.
fn fitted((width, height): (f64, f64), longest: f64) -> (f64, f64) {
    let scale = (longest / width.max(height).max(1.0)).min(1.0);
    ((width * scale).round().max(1.0), (height * scale).round().max(1.0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it ends at the bounds"
)]
fn whole(length: f64) -> u16 {
    length as u16
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it ends at the bounds"
)]
fn milliseconds(seconds: f64) -> u32 {
    (seconds * 1_000.0) as u32
}

/// The name of a picture that is of another kind now.
fn with_ending(name: &str, kind: &str) -> String {
    let ending = if kind == "image/png" { "png" } else { "jpg" };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.{ending}")
}
