//! Who one is talking to.

use std::rc::Rc;

use volly_core::api::{ContactView, Trust};
use yew::prelude::*;

use crate::{
    components::{Avatar, AvatarSize, Glyph, Icon, IconButton},
    i18n::t,
    routes::Route,
};

/// Props of [`Header`].
#[derive(Properties, PartialEq)]
pub(super) struct HeaderProps {
    /// Who.
    pub(super) contact: Rc<ContactView>,
    /// Goes back.
    pub(super) onback: Callback<MouseEvent>,
}

/// See the module. The name leads to more about the contact.
#[component]
pub(super) fn Header(props: &HeaderProps) -> Html {
    let contact = &props.contact;
    let name = AttrValue::from(contact.name.clone());
    html! {
        <header class="bar bar-chat">
            <IconButton label={t!("back")} glyph={Glyph::Back} onclick={&props.onback} />
            <a class="bar-person" href={Route::Contact(contact.id).href()} title={t!("about", name = &*name)}>
                <Avatar name={name.clone()} fingerprint={contact.fingerprint} size={AvatarSize::Small} />
                <h1 class="bar-title" dir="auto">{ name }</h1>
                if contact.trust == Trust::Verified {
                    <span class="row-verified" title={t!("verified")}><Icon glyph={Glyph::Verified} />
                        <span class="visually-hidden">{ t!("verified") }</span></span>
                }
            </a>
            <p class="bar-state" role="status">
                if contact.online {
                    { t!("direct") }<span class="dot dot-online" aria-hidden="true" />
                }
            </p>
        </header>
    }
}
