//! Two ways to somebody new: invite them, or paste their invite.

use yew::prelude::*;

use super::{MakeInvite, PasteInvite};
use crate::{
    components::Page,
    hooks::{use_back, use_title},
    i18n::t,
};

/// See the module.
#[component]
pub(crate) fn New() -> Html {
    let onback = use_back();
    use_title(Some(t!("new-chat")));
    html! {
        <Page title={t!("new-chat")} {onback}>
            <MakeInvite />
            <section class="card"><PasteInvite /></section>
        </Page>
    }
}
