//! The title of the tab.

use std::time::Duration;

use yew::prelude::*;

use super::use_roster;
use crate::{
    browser::{self, Timer},
    i18n::t,
};

/// How long something is unread before the title says so.
/// Lower: it flickers for each message that is read as it comes. Higher: it lags.
const PAUSE: Duration = Duration::from_millis(250);

/// Shows where we are at once, and how much is unread after a pause.
#[hook]
pub(crate) fn use_title(place: Option<String>) {
    let unread = use_roster().unread();
    let app = t!("app-name");
    let title = place.map_or_else(|| app.clone(), |place| format!("{place} · {app}"));
    let full = match unread {
        0 => title.clone(),
        count => t!("title-unread", count = count, title = title.as_str()),
    };
    let placed = use_mut_ref(String::new);
    use_effect_with((title, full), move |(title, full)| {
        if *placed.borrow() != *title {
            placed.borrow_mut().clone_from(title);
            browser::set_title(full);
        }
        let full = full.clone();
        let timer = Timer::after(PAUSE, move || browser::set_title(&full));
        move || drop(timer)
    });
}
