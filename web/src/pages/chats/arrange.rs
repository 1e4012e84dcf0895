//! What one can do with a conversation in the list.

use std::rc::Rc;

use volly_core::api::{Arrange, Arrangement, ContactView};
use yew::prelude::*;

use crate::{
    browser,
    components::{Glyph, Icon, Popup},
    hooks::use_engine,
    i18n::t,
    routes::Route,
};

/// Props of [`ArrangeMenu`].
#[derive(Properties, PartialEq)]
pub(super) struct ArrangeMenuProps {
    /// Which.
    pub(super) contact: Rc<ContactView>,
    /// It is over.
    pub(super) onclose: Callback<()>,
}

/// See the module.
#[component]
pub(super) fn ArrangeMenu(props: &ArrangeMenuProps) -> Html {
    let ArrangeMenuProps { contact, onclose } = props;
    let engine = use_engine();
    let now = contact.arrangement;
    let is_read = contact.unread == 0 && !now.unread;
    let label = |is_so: bool, no: String, yes: String| if is_so { yes } else { no };
    let items = [
        (
            true,
            Glyph::Pin,
            label(now.pinned, t!("pin"), t!("unpin")),
            Arrangement { pinned: !now.pinned, ..now },
        ),
        (
            true,
            Glyph::Mute,
            label(now.muted, t!("mute"), t!("unmute")),
            Arrangement { muted: !now.muted, ..now },
        ),
        (is_read, Glyph::Dot, t!("mark-unread"), Arrangement { unread: true, ..now }),
        (
            true,
            Glyph::Archive,
            label(now.archived, t!("archive"), t!("unarchive")),
            Arrangement { archived: !now.archived, pinned: now.pinned && now.archived, ..now },
        ),
    ];
    let near = format!(".rows a[href='{}']", Route::Chat(contact.id).href());
    html! {
        <Popup label={t!("chat-title")} {near} onclose={onclose.clone()}>
            { for items.into_iter().filter(|item| item.0).map(|(_, glyph, label, arrangement)| {
                let (engine, contact) = (engine.clone(), contact.id);
                let onclick = onclose.reform(move |_: MouseEvent| {
                    browser::close_dialog();
                    engine.tell(Arrange { contact, arrangement });
                });
                html! { <button type="button" class="popup-item" {onclick}><Icon {glyph} /><span>{ label }</span></button> }
            }) }
        </Popup>
    }
}
