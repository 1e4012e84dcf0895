//! The page we run in: the only module that touches the DOM, clocks and tasks.
//!
//! Everything it hands out that listens or waits stops when it is dropped.
#![expect(clippy::disallowed_methods, reason = "this is the adapter those methods are kept for")]

use std::{future::Future, time::Duration};

use js_sys::{Date, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, Element, Event, EventTarget, HtmlDialogElement, HtmlElement, HtmlInputElement,
    ResizeObserver, ShareData, VisibilityState, Window,
};

mod files;
mod kept;
mod media;
mod passkey;
mod recorder;

pub(crate) use files::{ObjectUrl, Parts, bytes_of, day_now, download, rfc3339};
pub(crate) use kept::{
    leave_and_reload, random, recall, remember, remember_known, storage_used, was_known,
};
pub(crate) use media::{Prepared, prepare};
pub(crate) use passkey::{ask_passkey, make_passkey, passkeys};
pub(crate) use recorder::Recorder;

/// The attribute of the root element that `boot.js` sets.
const EARLY_SUBMIT: &str = "data-early-submit";

/// Between a box and what it is about, in CSS pixels.
const PLACE_GAP: f64 = 8.0;

/// The class of what one has gone to.
const FOUND: &str = "found";

/// The window. There is always one where this program runs.
pub(crate) fn window() -> Window {
    web_sys::window().expect("the app runs on a page")
}

/// The document.
pub(crate) fn document() -> Document {
    window().document().expect("a page has a document")
}

/// Starts a task that nobody waits for.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    spawn_local(task);
}

/// Milliseconds since the Unix epoch.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and positive")]
pub(crate) fn now() -> u64 {
    Date::now() as u64
}

/// Takes an event of a target until it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    handler: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Listens from now on.
    pub(crate) fn new(
        target: &EventTarget,
        name: &'static str,
        handler: impl FnMut(Event) + 'static,
    ) -> Self {
        let handler = Closure::<dyn FnMut(Event)>::new(handler);
        let _ = target.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
        Self { target: target.clone(), name, handler }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let handler = self.handler.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, handler);
    }
}

/// Runs something later, unless it is dropped before.
pub(crate) struct Timer {
    id: i32,
    _run: Closure<dyn FnMut()>,
}

impl Timer {
    /// Runs it once, after this long.
    pub(crate) fn after(pause: Duration, run: impl FnOnce() + 'static) -> Self {
        let run = Closure::once(run);
        let millis = i32::try_from(pause.as_millis()).unwrap_or(i32::MAX);
        let id = window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                run.as_ref().unchecked_ref(),
                millis,
            )
            .unwrap_or_default();
        Self { id, _run: run }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        window().clear_timeout_with_handle(self.id);
    }
}

/// Tells when an element changes its size, until it is dropped.
pub(crate) struct SizeWatch {
    observer: ResizeObserver,
    _run: Closure<dyn FnMut()>,
}

impl SizeWatch {
    /// Watches these elements.
    pub(crate) fn new(elements: &[Element], run: impl FnMut() + 'static) -> Option<Self> {
        let run = Closure::<dyn FnMut()>::new(run);
        let observer = ResizeObserver::new(run.as_ref().unchecked_ref()).ok()?;
        for element in elements {
            observer.observe(element);
        }
        Some(Self { observer, _run: run })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// The page's fragment, with its `#`.
pub(crate) fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// The page's address without its fragment and query.
pub(crate) fn page_address() -> String {
    let location = window().location();
    location.origin().unwrap_or_default() + &location.pathname().unwrap_or_default()
}

/// The host and port of the page, where its relay is.
pub(crate) fn host() -> String {
    window().location().host().unwrap_or_default()
}

/// What the browser calls itself.
pub(crate) fn user_agent() -> String {
    window().navigator().user_agent().unwrap_or_default()
}

/// How many places of ours lie behind the present one.
pub(crate) fn depth() -> u32 {
    let state = window().history().and_then(|history| history.state()).ok();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "we wrote it")]
    state.and_then(|state| state.as_f64()).map_or(0, |depth| depth as u32)
}

/// Puts a fragment in the address bar: as a new place, or instead of the present one.
pub(crate) fn set_fragment(href: &str, place: Place) {
    let Ok(history) = window().history() else { return };
    let _ = match place {
        Place::New => history.push_state_with_url(&(depth() + 1).into(), "", Some(href)),
        Place::Same => history.replace_state_with_url(&depth().into(), "", Some(href)),
    };
}

/// See [`set_fragment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// *Back* returns to where we were.
    New,
    /// *Back* does not.
    Same,
}

/// Goes one place back.
pub(crate) fn history_back() {
    if let Ok(history) = window().history() {
        let _ = history.back();
    }
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// The person looks at this page now.
pub(crate) fn is_watched() -> bool {
    let document = document();
    document.visibility_state() == VisibilityState::Visible && document.has_focus().unwrap_or(true)
}

/// There is room for two panes, and most likely a keyboard.
pub(crate) fn is_wide() -> bool {
    window().inner_width().ok().and_then(|width| width.as_f64()).is_some_and(|width| width >= 720.0)
}

/// Sets the title of the tab, unless it has it.
pub(crate) fn set_title(title: &str) {
    let document = document();
    if document.title() != title {
        document.set_title(title);
    }
}

/// Moves the focus without scrolling.
pub(crate) fn focus(element: &HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Puts a text on the clipboard.
pub(crate) async fn copy(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    if clipboard.is_undefined() {
        return false;
    }
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// This browser has a share sheet.
pub(crate) fn can_share() -> bool {
    Reflect::get(&window().navigator(), &"share".into()).is_ok_and(|share| share.is_function())
}

/// Opens the share sheet.
pub(crate) fn share(text: &str, link: &str) {
    let data = ShareData::new();
    data.set_text(text);
    data.set_url(link);
    let navigator = window().navigator();
    let Ok(share) = Reflect::get(&navigator, &"share".into()) else { return };
    let Some(share) = share.dyn_ref::<Function>() else { return };
    if let Ok(promise) = share.call1(&navigator, &data) {
        // Closing the sheet without sharing rejects; that is no fault.
        spawn(async { JsFuture::from(Promise::from(promise)).await.map_or((), drop) });
    }
}

/// What was typed into the first paint's name field before the app took over.
pub(crate) fn typed_name() -> String {
    let field = document().get_element_by_id("boot-name");
    field
        .and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
        .map_or_else(String::new, |f| f.value())
}

/// Whether the first paint's form was sent before the app took over (see `boot.js`); says so once.
pub(crate) fn take_early_submit() -> bool {
    let root = document().document_element();
    root.is_some_and(|root| {
        let was_sent = root.has_attribute(EARLY_SUBMIT);
        let _ = root.remove_attribute(EARLY_SUBMIT);
        was_sent
    })
}

/// Makes a field as high as its text, where the style sheet cannot (`field-sizing`); that bounds it.
pub(crate) fn fit_height(field: &HtmlElement) {
    thread_local! {
        static NATIVE: bool =
            web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false);
    }
    if NATIVE.with(|native| *native) {
        return;
    }
    let style = field.style();
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", field.scroll_height()));
}

/// Moves the focus to the first element of this selector, if it was on something that is gone or
/// not shown anymore.
pub(crate) fn focus_if_lost(selector: &str) {
    let at = document().active_element().and_then(|at| at.dyn_into::<HtmlElement>().ok());
    let is_held = at.is_some_and(|at| at.tag_name() != "BODY" && at.offset_parent().is_some());
    if is_held {
        return;
    }
    focus_first(selector);
}

/// Moves the focus to the first element of this selector.
pub(crate) fn focus_first(selector: &str) {
    let next = document().query_selector(selector).ok().flatten();
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        focus(&next);
    }
}

/// Scrolls an element to the middle of what scrolls it, and shows for a moment which it is.
pub(crate) fn to_middle(element: &Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Center);
    element.scroll_into_view_with_scroll_into_view_options(&options);
    // The animation starts anew when the class comes back after a layout.
    let _ = element.class_list().remove_1(FOUND);
    element.client_height();
    let _ = element.class_list().add_1(FOUND);
}

/// Closes the dialog that is open; the focus goes back to where it came from.
pub(crate) fn close_dialog() {
    let open = document().query_selector("dialog[open]").ok().flatten();
    if let Some(dialog) = open.and_then(|open| open.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
}

/// Puts a box directly under, or else above, the element that this selector finds, within the window.
/// On a narrow screen the style sheet has a place for it.
pub(crate) fn place_near(floating: &HtmlElement, selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    let Some(rect) = found.filter(|_| is_wide()).map(|at| at.get_bounding_client_rect()) else {
        return;
    };
    let size = |size: Result<wasm_bindgen::JsValue, _>| {
        size.ok().and_then(|size| size.as_f64()).unwrap_or_default()
    };
    let (width, height) = (f64::from(floating.offset_width()), f64::from(floating.offset_height()));
    let (right, bottom) = (size(window().inner_width()), size(window().inner_height()));
    let below = rect.bottom() + PLACE_GAP;
    let fits = below + height + PLACE_GAP <= bottom;
    let top = if fits { below } else { (rect.top() - height - PLACE_GAP).max(PLACE_GAP) };
    let wanted =
        if rect.left() + width <= rect.right() { rect.right() - width } else { rect.left() };
    let left = wanted.clamp(PLACE_GAP, (right - width - PLACE_GAP).max(PLACE_GAP));
    let style = floating.style();
    let _ = style.set_property("top", &format!("{top}px"));
    let _ = style.set_property("left", &format!("{left}px"));
}

/// Moves the focus to the neighbour of the element that has it, among those of this selector within
/// `area`; to the last of them when none has it.
pub(crate) fn step_focus(area: &Element, selector: &str, up: bool) {
    let Ok(found) = area.query_selector_all(selector) else { return };
    let active = document().active_element();
    let all: Vec<HtmlElement> =
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect();
    let at = all.iter().position(|one| active.as_ref() == Some(one.as_ref()));
    let next = match at {
        None if up => all.len().checked_sub(1),
        None => None,
        Some(at) if up => at.checked_sub(1),
        Some(at) => Some(at + 1),
    };
    if let Some(next) = next.and_then(|at| all.get(at)) {
        let _ = next.focus();
    }
}

/// Whether some text is marked.
pub(crate) fn has_selection() -> bool {
    window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed())
}
