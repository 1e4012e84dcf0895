//! What somebody who helps needs to know: how we are connected, to whom in numbers, and with what.
//!
//! Invariant: no name, no key, no address but those of the relays in use, or of the one which serves the
//! page when there is none.

use volly_core::api::Path;
use yew::prelude::*;

use super::word;
use crate::{browser, components::CopyButton, hooks::use_roster, i18n::t, state::roster::Roster};

/// Lines for contacts; the rest is a number.
const MAX_CONTACTS: usize = 20;

/// See the module.
#[component]
pub(super) fn Details() -> Html {
    let (roster, node) = (use_roster(), use_node_ref());
    let text = AttrValue::from(text(&roster, &browser::host(), &browser::user_agent()));
    let rows = text.lines().count().to_string();
    html! {
        <details class="details">
            <summary>{ t!("details") }</summary>
            <textarea class="field details-text" readonly=true {rows} aria-label={t!("details")}
                value={text.clone()} ref={node.clone()} />
            <CopyButton value={text} field={node} />
        </details>
    }
}

fn text(roster: &Roster, home: &str, browser: &str) -> String {
    let here = roster.contacts.iter().filter_map(|contact| contact.reach);
    let count = here.clone().count();
    let relay_only = roster.profile.as_ref().is_some_and(|profile| profile.relay_only);
    let state = word(roster.connection());
    let relay = |relay: &str| t!("details-relay", relay = relay, state = state.as_str());
    let mut lines = vec![t!("details-version", version = env!("CARGO_PKG_VERSION"))];
    match roster.relays() {
        [] => lines.push(relay(home)),
        relays => lines.extend(relays.iter().map(|host| relay(host))),
    }
    lines.extend([
        if relay_only { t!("details-relay-only") } else { t!("details-any-way") },
        t!("details-here", count = count, all = roster.contacts.len()),
    ]);
    lines.extend(here.take(MAX_CONTACTS).zip(1..).map(|(reach, number)| {
        let time = reach.round_trip.map(|ms| t!("milliseconds", ms = ms)).unwrap_or_default();
        let way = match reach.path {
            Path::Direct => t!("direct"),
            Path::Relayed => t!("relayed"),
        };
        format!("{number}. {way} {time}").trim_end().to_owned()
    }));
    lines.push(browser.to_owned());
    lines.join("\n")
}
