//! Events of the window, and the way back.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};
use yew::prelude::*;

use super::{use_navigator, use_route};
use crate::browser::{self, Listener};

type Handler = Rc<dyn Fn(Event)>;

/// Calls `handler` for every event of this name as long as the component is there. The handler may
/// change with every render; the listener does not.
#[hook]
pub(crate) fn use_window_event(name: &'static str, handler: impl Fn(Event) + 'static) {
    let latest: Rc<RefCell<Handler>> = use_mut_ref(|| Rc::new(|_| {}) as Handler);
    *latest.borrow_mut() = Rc::new(handler);
    use_effect_with(name, move |name| {
        let listener = Listener::new(&browser::window(), name, move |event| {
            let handler = Rc::clone(&latest.borrow());
            handler(event);
        });
        move || drop(listener)
    });
}

/// Goes back, by the button it is given to or by Esc.
#[hook]
pub(crate) fn use_back() -> Callback<MouseEvent> {
    let (navigator, route) = (use_navigator(), use_route());
    let on_key = navigator.clone();
    use_window_event("keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        let in_search = event.target().is_some_and(|target| {
            target
                .dyn_ref::<Element>()
                .is_some_and(|at| at.matches("[type=search]").unwrap_or(false))
        });
        let in_dialog = browser::document().query_selector("dialog[open]").ok().flatten().is_some();
        if key.key() == "Escape" && !key.is_composing() && !in_search && !in_dialog {
            key.prevent_default();
            on_key.back(route);
        }
    });
    use_callback((navigator, route), |_, (navigator, route)| navigator.back(*route))
}
