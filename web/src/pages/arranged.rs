//! How a conversation stands in the list.

use std::rc::Rc;

use volly_core::api::{Arrange, Arrangement, ContactView, SetTimer};
use yew::prelude::*;

use crate::{
    components::{Choice, ErrorText, Select, error_words},
    hooks::{use_call, use_engine},
    i18n::t,
};

/// Props of [`Arranged`].
#[derive(Properties, PartialEq)]
pub(super) struct ArrangedProps {
    /// Which.
    pub(super) contact: Rc<ContactView>,
}

/// Lifetimes in seconds that one can choose; any other is shown as it is.
const LIFETIMES: [u32; 8] = [0, 60, 300, 3_600, 28_800, 86_400, 604_800, 2_419_200];

/// How long messages of both live.
#[component]
pub(super) fn TimerChoice(props: &ArrangedProps) -> Html {
    let contact = &props.contact;
    let set = use_call::<SetTimer>(Callback::noop());
    let mut all = LIFETIMES.to_vec();
    if !all.contains(&contact.lifetime) {
        all.push(contact.lifetime);
    }
    let options =
        all.into_iter().map(|seconds| (seconds, t!("lifetime", seconds = seconds).into()));
    let id = contact.id;
    let error = set.state.error().map(|error| AttrValue::from(error_words(error, None)));
    html! {
        <section class="card">
            <Select id="timer" label={t!("timer-label")} text={t!("timer-text", name = contact.name.as_str())}
                options={options.collect::<Vec<_>>()} value={contact.lifetime}
                onchange={set.run.reform(move |lifetime| SetTimer { contact: id, lifetime })} />
            <ErrorText text={error} />
        </section>
    }
}

/// See the module.
#[component]
pub(super) fn Arranged(props: &ArrangedProps) -> Html {
    let engine = use_engine();
    let (contact, now) = (props.contact.id, props.contact.arrangement);
    let change = |with: fn(Arrangement, bool) -> Arrangement| {
        let engine = engine.clone();
        Callback::from(move |is_so: bool| {
            engine.tell(Arrange { contact, arrangement: with(now, is_so) });
        })
    };
    html! {
        <section class="card" aria-label={t!("this-chat")}>
            <Choice id="pinned" label={t!("pinned")} text={t!("pinned-text")} checked={now.pinned}
                onchange={change(|now, pinned| Arrangement { pinned, ..now })} />
            <Choice id="muted" label={t!("muted")} text={t!("muted-text")} checked={now.muted}
                onchange={change(|now, muted| Arrangement { muted, ..now })} />
            <Choice id="archived" label={t!("archived-label")} text={t!("archived-text")} checked={now.archived}
                onchange={change(|now, archived| Arrangement { archived, ..now })} />
        </section>
    }
}
