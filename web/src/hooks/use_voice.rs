//! A voice message: begun, and then sent or given up.

use std::{cell::RefCell, rc::Rc, time::Duration};

use web_sys::File;
use yew::prelude::*;

use crate::browser::{self, Recorder, Timer};

/// Longest voice message in milliseconds: a quarter of an hour, after which it is sent.
/// Lower: somebody is cut off. Higher: a forgotten microphone listens for longer.
const LONGEST: u32 = 15 * 60_000;

/// What becomes of the microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// It is off.
    Off,
    /// The browser asks for it.
    Asking,
    /// It has listened for so many seconds.
    On(u32),
    /// There is none, or it was refused.
    Refused,
}

/// See [`use_voice`].
pub(crate) struct UseVoice {
    /// See [`Voice`].
    pub(crate) voice: Voice,
    /// Begins.
    pub(crate) begin: Callback<()>,
    /// Ends: true sends what was said.
    pub(crate) end: Callback<bool>,
}

/// Voice messages, each given to `onvoice` with its length in milliseconds.
#[hook]
pub(crate) fn use_voice(onvoice: Callback<(File, u32)>) -> UseVoice {
    let voice = use_state_eq(|| Voice::Off);
    let recorder = use_mut_ref(|| None::<Recorder>);
    let begin = {
        let (setter, recorder) = (voice.setter(), Rc::clone(&recorder));
        use_callback((), move |(), ()| {
            let (setter, recorder) = (setter.clone(), Rc::clone(&recorder));
            setter.set(Voice::Asking);
            browser::spawn(async move {
                let begun = Recorder::begin().await;
                setter.set(if begun.is_some() { Voice::On(0) } else { Voice::Refused });
                recorder.replace(begun);
            });
        })
    };
    let end = {
        let (setter, recorder) = (voice.setter(), Rc::clone(&recorder));
        Callback::from(move |sends: bool| {
            setter.set(Voice::Off);
            let Some(ended) = recorder.take().filter(|_| sends) else { return };
            let (lasted, onvoice) = (ended.lasts(), onvoice.clone());
            browser::spawn(async move {
                if let Some(file) = ended.end().await {
                    onvoice.emit((file, lasted));
                }
            });
        })
    };
    use_seconds(*voice, &recorder, voice.setter(), end.clone());
    // Who leaves the chat has not sent it.
    let left = recorder;
    use_effect_with((), move |()| move || drop(left.take()));
    UseVoice { voice: *voice, begin, end }
}

/// Counts the seconds while it is on, and ends what lasts too long.
#[hook]
fn use_seconds(
    voice: Voice,
    recorder: &Rc<RefCell<Option<Recorder>>>,
    setter: UseStateSetter<Voice>,
    end: Callback<bool>,
) {
    let recorder = Rc::clone(recorder);
    use_effect_with(voice, move |voice| {
        let timer = matches!(voice, Voice::On(_)).then(|| {
            Timer::after(Duration::from_secs(1), move || {
                let lasts = recorder.borrow().as_ref().map_or(0, Recorder::lasts);
                if lasts >= LONGEST {
                    end.emit(true);
                } else {
                    setter.set(Voice::On((lasts / 1_000).max(1)));
                }
            })
        });
        move || drop(timer)
    });
}
