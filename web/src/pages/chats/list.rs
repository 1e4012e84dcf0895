//! The list: search, contacts, invites that wait, and the connection.

use std::rc::Rc;

use volly_core::api::ContactView;
use yew::prelude::*;

use super::{
    arrange::ArrangeMenu,
    found::FoundMessages,
    row::{ContactRow, InviteRow},
};
use crate::{
    browser,
    components::{Button, Glyph, Icon, IconButton, Look},
    hooks::{use_navigator, use_roster, use_route},
    i18n::t,
    pages::{ConnectionChip, ConnectionSheet},
    routes::Route,
};

/// See the module. Who comes back to it finds the focus on the row that was open.
#[component]
pub(super) fn List() -> Html {
    let (roster, navigator, route) = (use_roster(), use_navigator(), use_route());
    let last = use_mut_ref(|| route);
    use_effect_with(route, move |route| {
        let from = last.replace(*route);
        if *route == Route::List && from != Route::List {
            browser::focus_if_lost(&format!(".rows a[href='{}']", from.href()));
            browser::focus_if_lost(".rows a, .side button");
        }
    });
    let query = use_state_eq(String::new);
    let sheet = use_state_eq(|| false);
    let to = |route: Route| {
        let navigator = navigator.clone();
        Callback::from(move |_: MouseEvent| navigator.go(route))
    };
    let oninput = use_callback(query.setter(), |event: InputEvent, query| {
        query.set(event.target_unchecked_into::<web_sys::HtmlInputElement>().value());
    });
    let (open, shut) = (sheet.setter(), sheet.setter());
    html! {
        <div class="side">
            <header class="bar">
                <h1 class="bar-title brand">{ t!("app-name") }</h1>
                <IconButton label={t!("new-chat")} glyph={Glyph::Plus} onclick={to(Route::New)} />
            </header>
            if !roster.contacts.is_empty() {
                <div class="search" role="search">
                    <Icon glyph={Glyph::Search} />
                    <input type="search" aria-label={t!("search")} placeholder={t!("search")} dir="auto"
                        value={(*query).clone()} {oninput} autocomplete="off" spellcheck="false" />
                </div>
            }
            <Rows query={(*query).clone()} />
            <footer class="side-foot">
                <ConnectionChip connection={roster.connection()} onclick={move |_| open.set(true)} />
                <IconButton label={t!("settings")} glyph={Glyph::Settings} onclick={to(Route::Settings)} />
            </footer>
            if *sheet { <ConnectionSheet onclose={move |()| shut.set(false)} /> }
        </div>
    }
}

/// Props of [`Rows`].
#[derive(Properties, PartialEq)]
struct RowsProps {
    /// Only names that hold this.
    query: AttrValue,
}

#[component]
fn Rows(props: &RowsProps) -> Html {
    let (roster, route) = (use_roster(), use_route());
    let query = props.query.trim().to_lowercase();
    let (arranged, opened) = (use_state_eq(|| None::<Rc<ContactView>>), use_state_eq(|| false));
    let (open, shut, toggle) = (arranged.setter(), arranged.setter(), opened.setter());
    let onmore = use_callback((), move |contact: Rc<ContactView>, ()| open.set(Some(contact)));
    let row = |contact: &Rc<ContactView>| {
        let current = route.contact() == Some(contact.id);
        let key = contact.id.0;
        html! { <li {key}><ContactRow contact={Rc::clone(contact)} {current} onmore={onmore.clone()} /></li> }
    };
    // What is put away is found by its name all the same.
    let named = |contact: &&Rc<ContactView>| contact.name.to_lowercase().contains(&query);
    let (away, here): (Vec<_>, Vec<_>) = roster
        .contacts
        .iter()
        .filter(named)
        .partition(|contact| contact.arrangement.archived && query.is_empty());
    let found: Vec<_> = here.into_iter().map(row).collect();
    let is_open = *opened;
    let put_away = html! {
        if !away.is_empty() {
            <button type="button" class="row-archive" aria-expanded={is_open.to_string()} onclick={move |_| toggle.set(!is_open)}>
                <Icon glyph={Glyph::Archive} /><span>{ t!("archived", count = away.len()) }</span>
            </button>
            if is_open { <ul>{ for away.into_iter().map(row) }</ul> }
        }
    };
    let nobody = found.is_empty() && !query.is_empty();
    let invites = roster.invites.iter().filter(|_| query.is_empty()).map(|invite| {
        let current = route == Route::Invite(invite.id);
        let key = format!("i{}", invite.id.0);
        html! { <li {key}><InviteRow invite={Rc::clone(invite)} {current} /></li> }
    });
    html! {
        <div class="rows">
            <nav aria-label={t!("chats")}>
            if roster.contacts.is_empty() && roster.invites.is_empty() {
                <p class="rows-empty">{ t!("list-empty") }</p>
            } else {
                <ul>{ for found }{ for invites }</ul>
                { put_away }
            }
            if !query.is_empty() { <FoundMessages query={props.query.clone()} {nobody} /> }
            </nav>
            if let Some(contact) = &*arranged {
                <ArrangeMenu contact={Rc::clone(contact)} onclose={move |()| shut.set(None)} />
            }
            <SaveWords />
        </div>
    }
}

/// Reminds of the 24 words once there is something to lose.
#[component]
fn SaveWords() -> Html {
    let (roster, navigator) = (use_roster(), use_navigator());
    let later = use_state_eq(|| false);
    let has_talked = roster.contacts.iter().any(|contact| contact.last.is_some());
    let is_seen = roster.profile.as_ref().is_none_or(|profile| profile.phrase_seen);
    if *later || is_seen || !has_talked {
        return Html::default();
    }
    let setter = later.setter();
    html! {
        <section class="remind" aria-label={t!("save-words-title")}>
            <p class="remind-title">{ t!("save-words-title") }</p>
            <p>{ t!("save-words-text") }</p>
            <div class="remind-actions">
                <Button label={t!("save-words-do")} onclick={move |_| navigator.go(Route::Words)} />
                <Button label={t!("later")} look={Look::Quiet} onclick={move |_| setter.set(true)} />
            </div>
        </section>
    }
}
