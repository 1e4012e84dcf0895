//! What is typed: kept as a draft, sent, and given back when it could not be stored.

use std::{cell::RefCell, rc::Rc, time::Duration};

use volly_core::{
    api::{ApiError, ContactId, ContactView, EditText, MessageId, SendText, SetDraft, TellTyping},
    limits::MAX_TEXT_BYTES,
};
use yew::prelude::*;

use super::{use_engine, use_timelines_dispatch, use_window_event};
use crate::{
    browser::{self, Timer},
    core::Engine,
    state::{task::Task, timeline::Echo, timelines::Change},
};

/// Time from one keeping of a draft to the next.
/// Lower: more commits. Higher: more is lost with a crash, or with a page that leaves while another
/// commit is under way: what is told to the engine then is not stored any more.
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

/// The draft of a conversation on its way to the engine.
#[derive(Clone)]
struct Draft {
    engine: Engine,
    contact: ContactId,
    waiting: Rc<RefCell<Waiting>>,
}

/// What is not kept yet.
#[derive(Default)]
struct Waiting {
    text: Option<Rc<str>>,
    /// Runs while there is a pause.
    pause: Option<Timer>,
}

impl Draft {
    /// Keeps a text: at once when nothing was kept for a pause, else at the end of the pause.
    fn keep(&self, text: Rc<str>) {
        let pauses = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.text = Some(text);
            waiting.pause.is_some()
        };
        if !pauses {
            self.go_on();
        }
    }

    /// Keeps what waits, and pauses after it.
    fn go_on(&self) {
        let again = self.clone();
        let pause = self.flush().then(|| Timer::after(DRAFT_PAUSE, move || again.go_on()));
        self.waiting.borrow_mut().pause = pause;
    }

    /// Tells the engine what waits. Whether there was anything.
    fn flush(&self) -> bool {
        // Let go before the engine is told: a view may answer at once.
        let text = { self.waiting.borrow_mut().text.take() };
        let waited = text.is_some();
        if let Some(text) = text {
            self.engine.tell(SetDraft { contact: self.contact, text: text.to_string() });
        }
        waited
    }
}

/// The composer of one conversation. Give its component the contact's id as key. `ondone` is told
/// when what the text was for is over.
#[hook]
pub(crate) fn use_composer(
    contact: &Rc<ContactView>,
    task: &Task,
    ondone: Callback<()>,
) -> UseComposer {
    let id = contact.id;
    let text = use_state_eq(|| Rc::<str>::from(contact.draft.as_str()));
    let latest = use_mut_ref(|| Rc::clone(&text));
    let refused = use_state_eq(|| None::<ApiError>);
    let keep = use_draft(id);

    let show = use_callback((text.setter(), latest.clone()), |new: Rc<str>, (text, latest)| {
        *latest.borrow_mut() = Rc::clone(&new);
        text.set(new);
    });
    let set = use_callback((show.clone(), keep.clone()), |new: Rc<str>, (show, keep)| {
        show.emit(Rc::clone(&new));
        keep.emit(Keep::Soon(new));
    });
    use_text_of_edit(task, show.clone(), &latest);
    // What takes the place of a text is no draft.
    let typed = if task.edited().is_some() { show } else { set.clone() };
    let clear_error = refused.setter();
    let tell = use_typing(id);
    let oninput =
        use_callback((typed, clear_error, tell), |new: String, (typed, clear_error, tell)| {
            clear_error.set(None);
            tell.emit(!new.trim().is_empty());
            typed.emit(new.into());
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
    let edit = use_edit(id, ondone.clone(), refused.setter());
    let onsend = use_callback(
        (set, keep.clone(), (send, edit), latest, task.clone(), ondone),
        |(), (set, keep, (send, edit), latest, task, ondone)| {
            let typed = Rc::clone(&latest.borrow());
            let trimmed = typed.trim();
            if trimmed.is_empty() || trimmed.len() > MAX_TEXT_BYTES {
                return;
            }
            if let Some(message) = task.edited() {
                return edit.emit((message.id, trimmed.into()));
            }
            send.emit((trimmed.into(), task.answered()));
            set.emit("".into());
            keep.emit(Keep::Now);
            ondone.emit(());
        },
    );
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

/// Tells the contact who types; the engine says it as often as it has to be said.
#[hook]
fn use_typing(contact: ContactId) -> Callback<bool> {
    let engine = use_engine();
    use_callback((engine, contact), |is_typing: bool, (engine, contact)| {
        engine.tell(TellTyping { contact: *contact, is_typing });
    })
}

/// While a text is edited it stands in the composer; what stood there comes back.
#[hook]
fn use_text_of_edit(task: &Task, show: Callback<Rc<str>>, latest: &Rc<RefCell<Rc<str>>>) {
    let latest = Rc::clone(latest);
    use_effect_with(task.edited().cloned(), move |edited| {
        let aside = edited.as_ref().map(|message| {
            let aside = Rc::clone(&latest.borrow());
            show.emit(message.text.as_str().into());
            aside
        });
        move || aside.into_iter().for_each(|aside| show.emit(aside))
    });
}

/// Hands the other text of a message to the engine, and says when it is stored or refused.
#[hook]
fn use_edit(
    contact: ContactId,
    ondone: Callback<()>,
    refused: UseStateSetter<Option<ApiError>>,
) -> Callback<(MessageId, String)> {
    let engine = use_engine();
    use_callback(
        (engine, contact, ondone, refused),
        |(message, text): (MessageId, String), (engine, contact, ondone, refused)| {
            let stored = engine.core().call(EditText { contact: *contact, message, text });
            let (ondone, refused) = (ondone.clone(), refused.clone());
            browser::spawn(async move {
                match stored.await {
                    Ok(()) => ondone.emit(()),
                    Err(error) => refused.set(Some(error)),
                }
            });
        },
    )
}

/// Hands a text to the engine, shows it meanwhile, and hands it back when the engine refuses it.
#[hook]
fn use_send(
    contact: ContactId,
    give_back: Callback<(Rc<str>, ApiError)>,
) -> Callback<(Rc<str>, Option<MessageId>)> {
    let (engine, dispatch) = (use_engine(), use_timelines_dispatch());
    let token = use_mut_ref(|| 0_u64);
    Callback::from(move |(text, answers): (Rc<str>, Option<MessageId>)| {
        let at = browser::now();
        // Tokens grow over every composer of this page, since time does.
        let this = (*token.borrow()).max(at * 1_000) + 1;
        *token.borrow_mut() = this;
        let call = SendText { contact, text: text.to_string(), answers, token: browser::random() };
        let stored = engine.core().call(call);
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
    /// Within a pause.
    Soon(Rc<str>),
    /// At once, what waits.
    Now,
}

/// Keeps drafts: while one types, when the focus or the page goes, and when the chat is left.
#[hook]
fn use_draft(contact: ContactId) -> Callback<Keep> {
    let engine = use_engine();
    let draft = use_memo((), |()| Draft { engine, contact, waiting: Rc::default() });
    let on_hide = Rc::clone(&draft);
    use_window_event("pagehide", move |_| {
        on_hide.flush();
    });
    let on_leave = Rc::clone(&draft);
    use_effect_with((), move |()| {
        move || {
            on_leave.flush();
        }
    });
    use_callback((), move |keep: Keep, ()| match keep {
        Keep::Now => {
            draft.flush();
        }
        Keep::Soon(text) => draft.keep(text),
    })
}
