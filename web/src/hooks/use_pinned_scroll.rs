//! A list that stays at its end while one is there, and where one is otherwise.
//!
//! What comes below is followed where sizes are watched, after the browser has laid the page out:
//! asking for a size while drawing would lay it out once more for each message.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use crate::browser::{self, SizeWatch};

/// Distance from the end, in CSS pixels, that still counts as the end.
const AT_END: i32 = 48;

/// Distance from the start, or from an end below which there is more, at which that is asked for.
const NEAR: i32 = 600;

/// Screens of content that are too many while one is at the end: every row takes part when the
/// browser lays out and paints the newest. Lower: older rows come and go more often.
const LONG_SCREENS: i32 = 3;

/// See [`use_pinned_scroll`].
pub(crate) struct UsePinnedScroll {
    /// The element that scrolls.
    pub(crate) area: NodeRef,
    /// Its content.
    pub(crate) content: NodeRef,
    /// The end is on the screen; not before there is anything.
    pub(crate) at_end: bool,
    /// For the area's scroll event.
    pub(crate) onscroll: Callback<Event>,
    /// Goes to the end.
    pub(crate) to_end: Callback<()>,
    /// Goes to the row that this selector finds, if it is there, and says whether it is.
    pub(crate) to_row: Rc<dyn Fn(&str) -> bool>,
}

/// What has to survive between renders and does not draw.
#[derive(Default)]
struct Position {
    pinned: Cell<bool>,
    placed: Cell<bool>,
    height: Cell<i32>,
    watch: RefCell<Option<SizeWatch>>,
}

/// Asks for more content, or for less.
#[derive(Clone, PartialEq)]
pub(crate) struct Ends {
    /// The start comes near.
    pub(crate) near_start: Callback<()>,
    /// The start is far away, and one is at the end.
    pub(crate) far_from_start: Callback<()>,
    /// The end comes near; `None` when it is the end of all there is.
    pub(crate) near_end: Option<Callback<()>>,
}

/// Pins the area to its end. `first` names its first row and `count` tells how many there are;
/// `start_at` finds the row to start from instead of the end.
#[hook]
pub(crate) fn use_pinned_scroll<K: PartialEq + Clone + 'static>(
    first: K,
    count: usize,
    start_at: &'static str,
    ends: Ends,
) -> UsePinnedScroll {
    let (area, content) = (use_node_ref(), use_node_ref());
    let at_end = use_state_eq(|| false);
    let position: Rc<Position> =
        use_memo((), |()| Position { pinned: Cell::new(true), ..Position::default() });

    let Ends { near_start, far_from_start, near_end } = ends;
    let is_last = near_end.is_none();
    use_watch(&area, &content, &position, far_from_start);

    let (node, here) = (area.clone(), Rc::clone(&position));
    let known_first = use_mut_ref(|| first.clone());
    let set_end = at_end.setter();
    let more = near_start.clone();
    use_effect_with((first, count), move |(first, count)| {
        let Some(area) = node.cast::<Element>().filter(|_| *count > 0) else { return };
        let prepended = known_first.replace(first.clone()) != *first;
        if !here.placed.replace(true) {
            let start = area.query_selector(start_at).ok().flatten();
            place(&area, start.as_ref());
            here.pinned.set(is_at_end(&area));
        } else if prepended && !here.pinned.get() {
            let grown = area.scroll_height() - here.height.get();
            area.set_scroll_top(area.scroll_top() + grown);
            if area.scroll_top() < NEAR {
                // Who is at the start already cannot scroll there.
                more.emit(());
            }
        }
        set_end.set(here.pinned.get());
    });

    let (node, here, set_end) = (area.clone(), Rc::clone(&position), at_end.setter());
    let onscroll = Callback::from(move |_: Event| {
        let Some(area) = node.cast::<Element>() else { return };
        let height = here.height.replace(area.scroll_height());
        if here.pinned.get() && height != area.scroll_height() {
            // Nobody scrolled: rows came or went, and the watch follows them before the next paint.
            return;
        }
        here.pinned.set(is_last && is_at_end(&area));
        set_end.set(here.pinned.get());
        if here.placed.get() && !here.pinned.get() && area.scroll_top() < NEAR {
            near_start.emit(());
        }
        if let Some(near_end) = near_end.as_ref().filter(|_| distance(&area) < NEAR) {
            near_end.emit(());
        }
    });
    let (node, here, set_end) = (area.clone(), Rc::clone(&position), at_end.setter());
    let to_row = Rc::new(move |selector: &str| {
        let Some(area) = node.cast::<Element>() else { return false };
        let Some(row) = area.query_selector(selector).ok().flatten() else { return false };
        here.placed.set(true);
        here.pinned.set(false);
        set_end.set(false);
        browser::to_middle(&row);
        here.height.set(area.scroll_height());
        true
    });
    let (node, here, set_end) = (area.clone(), position, at_end.setter());
    let to_end = Callback::from(move |()| {
        here.pinned.set(true);
        set_end.set(true);
        if let Some(area) = node.cast::<Element>() {
            area.set_scroll_top(area.scroll_height());
        }
    });
    UsePinnedScroll { area, content, at_end: *at_end, onscroll, to_end, to_row }
}

/// Keeps the end in view when the area or its content changes its size: before the next paint.
#[hook]
fn use_watch(
    area: &NodeRef,
    content: &NodeRef,
    position: &Rc<Position>,
    far_from_start: Callback<()>,
) {
    let (area, content, here) = (area.clone(), content.clone(), Rc::clone(position));
    use_effect_with(far_from_start, move |far_from_start| {
        let far_from_start = far_from_start.clone();
        let nodes: Vec<Element> = [&area, &content].iter().filter_map(|node| node.cast()).collect();
        let inner = Rc::clone(&here);
        let watch = SizeWatch::new(&nodes, move || {
            let Some(area) = area.cast::<Element>() else { return };
            inner.height.set(area.scroll_height());
            if inner.pinned.get() {
                area.set_scroll_top(area.scroll_height());
                if area.scroll_height() > LONG_SCREENS * area.client_height() {
                    far_from_start.emit(());
                }
            }
        });
        *here.watch.borrow_mut() = watch;
        move || drop(here.watch.take())
    });
}

/// Scrolls to the end, or only so far that `start` is near the top.
fn place(area: &Element, start: Option<&Element>) {
    area.set_scroll_top(area.scroll_height());
    if let Some(start) = start {
        let above = area.get_bounding_client_rect().top() - start.get_bounding_client_rect().top();
        #[expect(clippy::cast_possible_truncation, reason = "pixels")]
        let above = above as i32 + AT_END;
        if above > 0 {
            area.set_scroll_top(area.scroll_top() - above);
        }
    }
}

fn is_at_end(area: &Element) -> bool {
    distance(area) < AT_END
}

/// From what is on the screen to the end of the content.
fn distance(area: &Element) -> i32 {
    area.scroll_height() - area.scroll_top() - area.client_height()
}
