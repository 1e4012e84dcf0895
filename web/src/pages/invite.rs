//! One of our invites: the QR code, the link, until when it works, and its end.

use volly_core::api::{CancelInvite, CreateInvite, InviteId, InviteState};
use yew::prelude::*;

use crate::{
    browser,
    components::{Button, CopyField, ErrorText, Look, Page, QrCode, error_words},
    dates,
    format::invite_link,
    hooks::{use_back, use_cancel_invite, use_new_invite, use_roster, use_title},
    i18n::t,
};

/// Props of [`Invite`] and [`InviteCard`].
#[derive(Properties, PartialEq)]
pub(crate) struct InviteProps {
    /// Which.
    pub(crate) id: InviteId,
}

/// An invite on a page of its own.
#[component]
pub(crate) fn Invite(props: &InviteProps) -> Html {
    let onback = use_back();
    use_title(Some(t!("invite-title")));
    html! {
        <Page title={t!("invite-sent")} {onback}><InviteCard id={props.id} /></Page>
    }
}

/// See the module. When somebody uses it, the chat opens.
#[component]
pub(crate) fn InviteCard(props: &InviteProps) -> Html {
    let roster = use_roster();
    let cancel = use_cancel_invite();
    let Some(invite) = roster.invite(props.id) else {
        return html! { <><p class="quiet" role="status">{ t!("invite-gone") }</p><MakeInvite /></> };
    };
    let link = invite_link(&browser::page_address(), &invite.fragment);
    let until = match invite.state {
        InviteState::Open => t!("invite-until", date = dates::long_date(invite.expires_at)),
        InviteState::Publishing => t!("invite-publishing"),
        InviteState::Expired => t!("invite-expired"),
    };
    let id = props.id;
    let onclick = cancel.run.reform(move |_: MouseEvent| CancelInvite { invite: id });
    html! {
        <section class="card invite" aria-labelledby="invite-title">
            <h2 id="invite-title" class="form-title">{ t!("invite-title") }</h2>
            <p class="form-lead">{ t!("invite-lead") }</p>
            if invite.state != InviteState::Expired {
                <QrCode text={link.clone()} label={t!("invite-qr-label")} />
                <CopyField label={t!("invite-link-label")} value={link} share_text={t!("share-text")} />
            }
            <p class="quiet invite-until" aria-live="polite">{ until }</p>
            <Button label={t!("invite-cancel")} look={Look::Quiet} {onclick} busy={cancel.state.is_busy()} />
            <ErrorText text={cancel.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
        </section>
    }
}

/// A button that makes an invite.
#[component]
pub(crate) fn MakeInvite() -> Html {
    let make = use_new_invite();
    let onclick = make.run.reform(|_: MouseEvent| CreateInvite {});
    html! {
        <section class="card" aria-labelledby="make-title">
            <h2 id="make-title" class="form-title">{ t!("invite-title") }</h2>
            <p class="form-lead">{ t!("invite-make-lead") }</p>
            <Button label={t!("invite-make")} look={Look::Primary} {onclick} busy={make.state.is_busy()} />
            <ErrorText text={make.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
        </section>
    }
}
