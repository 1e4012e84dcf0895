//! Keys that work everywhere: Alt+↑ and Alt+↓ go through the list, Ctrl+, opens the settings,
//! Ctrl+Shift+L locks.

use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::{use_engine, use_navigator, use_roster, use_route, use_window_event};
use crate::{routes::Route, state::roster::Step};

/// See the module.
#[hook]
pub(crate) fn use_shortcuts() {
    let (roster, route, navigator) = (use_roster(), use_route(), use_navigator());
    let engine = use_engine();
    use_window_event("keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        if (key.ctrl_key() || key.meta_key()) && !key.alt_key() && key.key() == "," {
            key.prevent_default();
            navigator.go(Route::Settings);
            return;
        }
        if (key.ctrl_key() || key.meta_key())
            && key.shift_key()
            && key.key().eq_ignore_ascii_case("l")
        {
            key.prevent_default();
            engine.core().lock();
            return;
        }
        if !key.alt_key() || key.ctrl_key() || key.meta_key() || key.shift_key() {
            return;
        }
        let step = match key.key().as_str() {
            "ArrowUp" => Step::Up,
            "ArrowDown" => Step::Down,
            _ => return,
        };
        key.prevent_default();
        if let Some(contact) = roster.neighbour(route.contact(), step) {
            navigator.go(Route::Chat(contact));
        }
    });
}
