//! Messages that a search found.

use volly_core::api::Found;
use yew::prelude::*;

use crate::{
    components::{Avatar, AvatarSize},
    core::Today,
    dates,
    format::around,
    hooks::{UseSearch, use_roster, use_search, use_today},
    i18n::t,
    routes::Route,
};

/// Props of [`FoundMessages`].
#[derive(Properties, PartialEq)]
pub(super) struct FoundMessagesProps {
    /// The words.
    pub(super) query: AttrValue,
    /// No conversation has such a name.
    pub(super) nobody: bool,
}

/// See the module.
#[component]
pub(super) fn FoundMessages(props: &FoundMessagesProps) -> Html {
    let (roster, Today(today)) = (use_roster(), use_today());
    let UseSearch { found, busy } = use_search(&props.query);
    let words = props.query.trim();
    let row = |hit: &Found| {
        let contact = roster.contact(hit.contact)?;
        let name = AttrValue::from(contact.name.clone());
        let message = &hit.message;
        let route = Route::Message(hit.contact, message.id);
        let (before, held, after) = around(&message.text, words);
        Some(html! {
            <li key={route.href()}>
                <a class="row" href={route.href()}>
                    <Avatar name={name.clone()} fingerprint={contact.fingerprint} size={AvatarSize::Medium} />
                    <span class="row-top">
                        <span class="row-name" dir="auto">{ name }</span>
                        <span class="row-time">{ dates::moment(message.stored_at, today) }</span>
                    </span>
                    <span class="row-bottom">
                        <span class="row-text" dir="auto">
                            if message.state.is_some() { { t!("own-prefix") }{ " " } }
                            { before }<mark>{ held }</mark>{ after }
                        </span>
                    </span>
                </a>
            </li>
        })
    };
    let rows: Vec<Html> = found.iter().filter_map(row).collect();
    let nothing = rows.is_empty() && props.nobody && !busy;
    html! {
        <>
            if !rows.is_empty() {
                <h2 class="rows-title">{ t!("found-messages") }</h2>
                <ul>{ for rows }</ul>
            }
            <p class="rows-empty" role="status">
                if busy { { t!("searching") } } else if nothing { { t!("search-empty", query = words) } }
            </p>
        </>
    }
}
