//! The title of the tab.

use yew::prelude::*;

use super::use_roster;
use crate::{browser, i18n::t};

/// Shows where we are, and how much is unread.
#[hook]
pub(crate) fn use_title(place: Option<String>) {
    let unread = use_roster().unread();
    use_effect_with((place, unread), |(place, unread)| {
        let app = t!("app-name");
        let title = place.as_ref().map_or_else(|| app.clone(), |place| format!("{place} · {app}"));
        browser::set_title(&match unread {
            0 => title,
            count => t!("title-unread", count = *count, title = title),
        });
    });
}
