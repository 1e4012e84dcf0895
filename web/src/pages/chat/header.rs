//! Who one is talking to.

use std::rc::Rc;

use volly_core::api::{ContactView, Path, Trust};
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
    let short = t!("timer-short", after = t!("lifetime", seconds = contact.lifetime));
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
                if contact.lifetime > 0 {
                    <span class="row-mark" title={short.clone()}><Icon glyph={Glyph::Hourglass} />
                        <span class="visually-hidden">{ short }</span></span>
                }
            </a>
            <p class="bar-state" role="status">
                if contact.is_typing {
                    <span class="typing">{ t!("typing") }</span>
                } else if let Some(reach) = contact.reach {
                    { if reach.path == Path::Direct { t!("direct") } else { t!("online") } }<span class="dot dot-online" aria-hidden="true" />
                }
            </p>
        </header>
    }
}
