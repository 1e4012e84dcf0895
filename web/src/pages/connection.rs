//! The connection in a word, and what it means one tap away.

mod details;

use volly_core::api::{Connection, Path, Reach, Reconnect};
use yew::prelude::*;

use self::details::Details;
use crate::{
    components::{Button, Dialog, Look},
    hooks::{use_engine, use_roster},
    i18n::t,
};

fn word(connection: Connection) -> String {
    match connection {
        Connection::Offline => t!("offline"),
        Connection::Connecting => t!("connecting"),
        Connection::Online => t!("online"),
    }
}

/// How a contact is reached, in a sentence, while these relays answer.
pub(super) fn reach_words(reach: Option<Reach>, relays: &[String]) -> String {
    let Some(Reach { path, round_trip }) = reach else { return t!("reach-none") };
    let way = match (path, relays) {
        (Path::Direct, _) => t!("reach-direct"),
        (Path::Relayed, [relay]) => t!("reach-relayed", relay = relay.as_str()),
        // Which of them it is may change at any time.
        (Path::Relayed, _) => t!("reach-relayed-any"),
    };
    let time = round_trip.map(|ms| t!("reach-time", ms = ms));
    time.map_or(way.clone(), |time| format!("{way} {time}"))
}

const fn class(connection: Connection) -> &'static str {
    match connection {
        Connection::Offline => "dot-offline",
        Connection::Connecting => "dot-connecting",
        Connection::Online => "dot-online",
    }
}

/// Props of [`ConnectionChip`].
#[derive(Properties, PartialEq)]
pub(crate) struct ConnectionChipProps {
    /// How we are connected.
    pub(crate) connection: Connection,
    /// Asks for more.
    pub(crate) onclick: Callback<MouseEvent>,
}

/// One word, and a dot beside it for the corner of the eye.
#[component]
pub(crate) fn ConnectionChip(props: &ConnectionChipProps) -> Html {
    let state = word(props.connection);
    html! {
        <button type="button" class="chip" onclick={&props.onclick} aria-haspopup="dialog"
            aria-label={t!("connection-chip", state = state.as_str())}>
            <span class={classes!("dot", class(props.connection))} aria-hidden="true" />
            <span aria-live="polite">{ state }</span>
        </button>
    }
}

/// Props of [`ConnectionSheet`].
#[derive(Properties, PartialEq)]
pub(crate) struct ConnectionSheetProps {
    /// It was closed.
    pub(crate) onclose: Callback<()>,
}

/// What the word means, and *Reconnect now*.
#[component]
pub(crate) fn ConnectionSheet(props: &ConnectionSheetProps) -> Html {
    let (roster, engine) = (use_roster(), use_engine());
    let onclick = use_callback(engine, |_: MouseEvent, engine| engine.tell(Reconnect {}));
    let connection = roster.connection();
    let text = match connection {
        Connection::Offline => t!("connection-offline"),
        Connection::Connecting => t!("connection-connecting"),
        Connection::Online => t!("connection-online"),
    };
    let here = roster.contacts.iter().filter_map(|contact| contact.reach);
    let direct = here.clone().filter(|reach| reach.path == Path::Direct).count();
    html! {
        <Dialog title={t!("connection-title")} onclose={&props.onclose}>
            <p class="sheet-state"><span class={classes!("dot", class(connection))} aria-hidden="true" />
                <strong>{ word(connection) }</strong></p>
            <p>{ text }</p>
            <p class="quiet">{ t!("connection-here", count = here.count(), direct = direct) }</p>
            <Details />
            <div class="dialog-actions">
                <Button label={t!("reconnect")} look={Look::Primary} {onclick} />
            </div>
        </Dialog>
    }
}
