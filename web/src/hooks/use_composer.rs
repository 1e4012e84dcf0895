//! What is typed: kept as a draft, sent, and given back when it could not be stored.

use std::{cell::RefCell, rc::Rc, time::Duration};

use volly_core::{
    api::{ApiError, ContactId, ContactView, SendText, SetDraft},
    limits::MAX_TEXT_BYTES,
};
use yew::prelude::*;

use super::{use_engine, use_timelines_dispatch, use_window_event};
use crate::{
    browser::{self, Timer},
    state::{timeline::Echo, timelines::Change},
};

/// Pause in typing after which a draft is kept.
/// Lower: more commits. Higher: more is lost with a crash.
const DRAFT_PAUSE: Duration = Duration::from_millis(400);

/// Time that a text has to be stored before an echo stands in for it.
/// Lower: most texts are drawn twice, and the first time delays their own commit. Higher: a slow
/// store leaves the screen empty.
const ECHO_AFTER: Duration = Duration::from_millis(32);

/// See [`use_composer`].
pub(crate) struct UseComposer {
    /// What is typed.
    pub(crate) text: Rc<str>,
    /// It can be sent.
    pub(crate) can_send: bool,
    /// It is longer than a message may be, or the last one was refused.
    pub(crate) error: Option<ApiError>,
    /// Takes what is typed.
    pub(crate) oninput: Callback<String>,
    /// Sends it.
    pub(crate) onsend: Callback<()>,
    /// Keeps the draft now.
    pub(crate) onblur: Callback<()>,
}

/// The text that waits to be kept as a draft.
#[derive(Default)]
struct Unsaved {
    text: Option<Rc<str>>,
    _timer: Option<Timer>,
}

/// The composer of one conversation. Give its component the contact's id as key.
#[hook]
pub(crate) fn use_composer(contact: &Rc<ContactView>) -> UseComposer {
    let id = contact.id;
    let text = use_state_eq(|| Rc::<str>::from(contact.draft.as_str()));
    let latest = use_mut_ref(|| Rc::clone(&text));
    let refused = use_state_eq(|| None::<ApiError>);
    let keep = use_draft(id);

    let set = use_callback(
        (text.setter(), keep.clone(), latest.clone()),
        |new: Rc<str>, (text, keep, latest)| {
            *latest.borrow_mut() = Rc::clone(&new);
            text.set(Rc::clone(&new));
            keep.emit(Keep::Soon(new));
        },
    );
    let clear_error = refused.setter();
    let oninput = use_callback((set.clone(), clear_error), |new: String, (set, clear_error)| {
        clear_error.set(None);
        set.emit(new.into());
    });
    let give_back = Callback::from({
        let (set, refused, latest) = (set.clone(), refused.setter(), latest.clone());
        move |(unsent, error): (Rc<str>, ApiError)| {
            let typed = Rc::clone(&latest.borrow());
            let both = if typed.is_empty() { unsent } else { format!("{unsent}\n{typed}").into() };
            refused.set(Some(error));
            set.emit(both);
        }
    });
    let send = use_send(id, give_back);
    let onsend =
        use_callback((set, keep.clone(), send, latest), |(), (set, keep, send, latest)| {
            let typed = Rc::clone(&latest.borrow());
            let trimmed = typed.trim();
            if !trimmed.is_empty() && trimmed.len() <= MAX_TEXT_BYTES {
                send.emit(trimmed.into());
                set.emit("".into());
                keep.emit(Keep::Now);
            }
        });
    let fits = text.trim().len() <= MAX_TEXT_BYTES;
    let too_long = ApiError::TooLong { max: u32::try_from(MAX_TEXT_BYTES).unwrap_or(u32::MAX) };
    UseComposer {
        can_send: !text.trim().is_empty() && fits,
        error: if fits { *refused } else { Some(too_long) },
        text: Rc::clone(&text),
        oninput,
        onsend,
        onblur: use_callback(keep, |(), keep| keep.emit(Keep::Now)),
    }
}

/// Hands a text to the engine, shows it meanwhile, and hands it back when the engine refuses it.
#[hook]
fn use_send(contact: ContactId, give_back: Callback<(Rc<str>, ApiError)>) -> Callback<Rc<str>> {
    let (engine, dispatch) = (use_engine(), use_timelines_dispatch());
    let token = use_mut_ref(|| 0_u64);
    Callback::from(move |text: Rc<str>| {
        let at = browser::now();
        // Tokens grow over every composer of this page, since time does.
        let this = (*token.borrow()).max(at * 1_000) + 1;
        *token.borrow_mut() = this;
        let stored = engine.core().call(SendText { contact, text: text.to_string() });
        let (show, echo) = (dispatch.clone(), Echo::new(this, &text, at));
        let echo = Timer::after(ECHO_AFTER, move || show.dispatch(Change::Sent(contact, echo)));
        let (dispatch, give_back) = (dispatch.clone(), give_back.clone());
        browser::spawn(async move {
            let stored = stored.await;
            drop(echo);
            match stored {
                Ok(id) => dispatch.dispatch(Change::Stored(contact, this, id)),
                Err(error) => {
                    dispatch.dispatch(Change::Refused(contact, this));
                    give_back.emit((text, error));
                }
            }
        });
    })
}

/// When a draft is kept.
enum Keep {
    /// After a pause in typing.
    Soon(Rc<str>),
    /// At once, what waits.
    Now,
}

/// Keeps drafts: after a pause, when the focus or the page goes, and when the chat is left.
#[hook]
fn use_draft(contact: ContactId) -> Callback<Keep> {
    let engine = use_engine();
    let unsaved = use_mut_ref(Unsaved::default);
    let flush: Rc<dyn Fn()> = Rc::new({
        let unsaved: Rc<RefCell<Unsaved>> = Rc::clone(&unsaved);
        move || {
            let waiting = { unsaved.borrow_mut().text.take() };
            if let Some(text) = waiting {
                engine.tell(SetDraft { contact, text: text.to_string() });
            }
        }
    });
    let on_hide = Rc::clone(&flush);
    use_window_event("pagehide", move |_| on_hide());
    let on_leave = Rc::clone(&flush);
    use_effect_with((), move |()| move || on_leave());
    let flush = use_memo((), |()| flush);
    use_callback((), move |keep: Keep, ()| match keep {
        Keep::Now => flush(),
        Keep::Soon(text) => {
            let flush = Rc::clone(&flush);
            let timer = Timer::after(DRAFT_PAUSE, move || flush());
            *unsaved.borrow_mut() = Unsaved { text: Some(text), _timer: Some(timer) };
        }
    })
}
