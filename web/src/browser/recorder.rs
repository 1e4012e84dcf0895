//! The microphone, for as long as somebody speaks.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    BlobEvent, File, FilePropertyBag, MediaRecorder, MediaRecorderOptions, MediaStream,
    MediaStreamConstraints, MediaStreamTrack,
};

use super::{Listener, now, window};
use crate::format::VOICE_NAME;

/// Bits of sound in a second.
/// Lower: voices sound thin. Higher: a minute is no longer a small file.
const BITS: u32 = 24_000;

/// The kinds that browsers record, the best first.
const KINDS: [(&str, &str); 2] = [("audio/webm;codecs=opus", "webm"), ("audio/mp4", "m4a")];

/// A recording that goes on. Dropping it gives it up, and lets go of the microphone.
pub(crate) struct Recorder {
    recorder: MediaRecorder,
    stream: MediaStream,
    parts: Rc<RefCell<Array>>,
    _listener: Listener,
    kind: &'static str,
    ending: &'static str,
    begun_at: u64,
}

impl Recorder {
    /// Asks for the microphone and begins; `None` when there is none, or it is refused.
    pub(crate) async fn begin() -> Option<Self> {
        let supported = |(kind, _): &(&str, &str)| MediaRecorder::is_type_supported(kind);
        let (kind, ending) = KINDS.into_iter().find(supported)?;
        let wanted = MediaStreamConstraints::new();
        wanted.set_audio(&JsValue::TRUE);
        let devices = window().navigator().media_devices().ok()?;
        let stream = devices.get_user_media_with_constraints(&wanted).ok()?;
        let stream: MediaStream = JsFuture::from(stream).await.ok()?.unchecked_into();
        let options = MediaRecorderOptions::new();
        options.set_mime_type(kind);
        options.set_audio_bits_per_second(BITS);
        let made =
            MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options);
        let Ok(recorder) = made else {
            release(&stream);
            return None;
        };
        let parts = Rc::new(RefCell::new(Array::new()));
        let taken = Rc::clone(&parts);
        let listener = Listener::new(&recorder, "dataavailable", move |event| {
            let data = event.dyn_ref::<BlobEvent>().and_then(BlobEvent::data);
            if let Some(data) = data {
                taken.borrow().push(&data);
            }
        });
        let begun_at = now();
        let this = Self { recorder, stream, parts, _listener: listener, kind, ending, begun_at };
        this.recorder.start().ok()?;
        Some(this)
    }

    /// Milliseconds since it began.
    pub(crate) fn lasts(&self) -> u32 {
        u32::try_from(now().saturating_sub(self.begun_at)).unwrap_or(u32::MAX)
    }

    /// Ends it, and gives what was said.
    pub(crate) async fn end(self) -> Option<File> {
        let mut listener = None;
        let ended = Promise::new(&mut |resolve, _| {
            listener = Some(Listener::new(&self.recorder, "stop", move |_| {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }));
        });
        self.recorder.stop().ok()?;
        JsFuture::from(ended).await.ok()?;
        drop(listener);
        let options = FilePropertyBag::new();
        options.set_type(self.kind);
        let name = format!("{VOICE_NAME}.{}", self.ending);
        let parts = self.parts.borrow().clone();
        File::new_with_blob_sequence_and_options(&parts, &name, &options).ok()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        release(&self.stream);
    }
}

/// The light of the microphone goes out.
fn release(stream: &MediaStream) {
    for track in stream.get_tracks() {
        track.unchecked_ref::<MediaStreamTrack>().stop();
    }
}
