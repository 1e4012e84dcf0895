//! One conversation: loading its pages, marking it read, laying it out.

use std::{cell::Cell, rc::Rc};

use volly_core::api::{ContactView, GetTimeline, MarkRead, MessageId, Stretch};
use yew::prelude::*;

use super::{use_engine, use_roster, use_timelines, use_timelines_dispatch, use_window_event};
use crate::{
    browser, dates,
    state::{
        roster::Phase,
        rows::{Block, blocks},
        timeline::Timeline,
        timelines::Change,
    },
};

/// See [`use_timeline`].
pub(crate) struct UseTimeline {
    /// What is on the screen.
    pub(crate) blocks: Rc<Vec<Rc<Block>>>,
    /// The newest page is there.
    pub(crate) loaded: bool,
    /// There is something above the first row.
    pub(crate) has_older: bool,
    /// Asks for what is above; nothing happens while that is on its way.
    pub(crate) load_older: Callback<()>,
    /// There is something below the last row.
    pub(crate) has_newer: bool,
    /// Asks for what is below.
    pub(crate) load_newer: Callback<()>,
    /// Lets the older half go; it can be asked for again.
    pub(crate) drop_older: Callback<()>,
    /// Sees to it that a message is on the screen.
    pub(crate) bring: Callback<MessageId>,
    /// Goes back to the end, when one has gone to a message far from it.
    pub(crate) bring_newest: Callback<()>,
    /// What is on the screen has been seen: says whether the newest is.
    pub(crate) seen: Callback<bool>,
}

/// What was asked of the engine. A stretch that was answered is not asked for again before the ends have
/// moved: who scrolls between an answer and its drawing asks by the ends from before.
#[derive(Default, PartialEq)]
struct Asked {
    underway: Cell<bool>,
    answered: Cell<Option<Stretch>>,
}

/// The conversation with a contact.
#[hook]
pub(crate) fn use_timeline(contact: &Rc<ContactView>) -> UseTimeline {
    let id = contact.id;
    let (engine, roster) = (use_engine(), use_roster());
    let (timelines, dispatch) = (use_timelines(), use_timelines_dispatch());
    let timeline = timelines.get(id).cloned();

    let leave = dispatch.clone();
    use_effect_with(id, move |id| {
        let id = *id;
        leave.dispatch(Change::Opened(id));
        move || leave.dispatch(Change::Left(id))
    });

    let drop_older = use_callback((dispatch.clone(), id), |(), (dispatch, id)| {
        dispatch.dispatch(Change::Long(*id))
    });

    let asked = use_memo(id, |_| Asked::default());
    let load = use_callback(
        (engine.clone(), dispatch, id, Rc::clone(&asked)),
        |stretch: Stretch, (engine, dispatch, id, asked)| {
            let is_jump = matches!(stretch, Stretch::Around(_) | Stretch::Newest);
            let is_known = asked.underway.get() || asked.answered.get() == Some(stretch);
            if is_known && !is_jump {
                return;
            }
            asked.underway.set(true);
            let (core, dispatch, id) = (engine.core(), dispatch.clone(), *id);
            let asked = Rc::clone(asked);
            browser::spawn(async move {
                let reply = core.call(GetTimeline { contact: id, stretch }).await;
                asked.underway.set(false);
                if let Ok(page) = reply {
                    asked.answered.set(Some(stretch));
                    dispatch.dispatch(Change::Page(id, stretch, page));
                }
            });
        },
    );

    let loaded = timeline.as_ref().is_some_and(|timeline| timeline.loaded);
    let wanted = timeline.is_some() && !loaded && roster.phase == Phase::Ready;
    use_effect_with((wanted, id, load.clone()), |(wanted, _, load)| {
        if *wanted {
            load.emit(Stretch::Newest);
        }
    });

    // The line of the new stands where it stood when the chat was opened.
    let new_after = use_memo(id, |_| (contact.unread > 0).then_some(contact.read_up_to));
    let layout = use_memo((timeline.clone(), new_after), |(timeline, new_after)| {
        timeline.as_deref().map_or_else(Vec::new, |line| blocks(line, **new_after, dates::day))
    });
    let end = |newest: bool| {
        let mut ids = timeline.as_ref()?.messages.keys().copied();
        if newest { ids.next_back() } else { ids.next() }
    };
    let (oldest, newest) = (end(false), end(true));
    use_effect_with((oldest, newest), move |_| asked.answered.set(None));
    let load_older = use_callback((load.clone(), oldest), |(), (load, oldest)| {
        oldest.iter().for_each(|id| load.emit(Stretch::Before(*id)));
    });
    let load_newer = use_callback((load.clone(), newest), |(), (load, newest)| {
        newest.iter().for_each(|id| load.emit(Stretch::After(*id)));
    });
    let bring =
        use_callback((load.clone(), timeline.clone()), |id: MessageId, (load, timeline)| {
            let is_here = timeline.as_ref().is_some_and(|line| line.messages.contains_key(&id));
            if !is_here {
                load.emit(Stretch::Around(id));
            }
        });
    let has_newer = timeline.as_ref().is_some_and(|timeline| timeline.has_newer);
    let bring_newest = use_callback((load, has_newer), |(), (load, has_newer)| {
        if *has_newer {
            load.emit(Stretch::Newest);
        }
    });
    UseTimeline {
        blocks: layout,
        loaded,
        has_older: timeline.as_ref().is_some_and(|timeline| timeline.has_older),
        load_older,
        has_newer,
        load_newer,
        drop_older,
        bring,
        bring_newest,
        seen: use_read_mark(contact, timeline),
    }
}

/// Marks everything read while the newest message is on a screen that is watched.
#[hook]
fn use_read_mark(contact: &Rc<ContactView>, timeline: Option<Rc<Timeline>>) -> Callback<bool> {
    let engine = use_engine();
    let at_newest = use_state_eq(|| false);
    let watched = use_state_eq(browser::is_watched);
    let (on_focus, on_blur) = (watched.setter(), watched.setter());
    use_window_event("focus", move |_| on_focus.set(browser::is_watched()));
    use_window_event("blur", move |_| on_blur.set(browser::is_watched()));
    let at_end = timeline.filter(|line| line.loaded && !line.has_newer);
    let newest = at_end.and_then(|line| line.newest_theirs());
    let unread = newest > contact.read_up_to || contact.unread > 0 || contact.arrangement.unread;
    let mark = (*at_newest && *watched && unread).then_some(newest).flatten();
    use_effect_with((contact.id, mark), move |(contact, mark)| {
        if let Some(up_to) = *mark {
            engine.tell(MarkRead { contact: *contact, up_to });
        }
    });
    let setter = at_newest.setter();
    use_callback(setter, |at: bool, setter| setter.set(at))
}
