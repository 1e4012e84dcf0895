//! A text to hand on: shown, copied, shared.

use yew::prelude::*;

use super::{
    button::{Button, Look},
    copy_button::CopyButton,
    icon::Glyph,
};
use crate::{browser, i18n::t};

/// Props of [`CopyField`].
#[derive(Properties, PartialEq)]
pub(crate) struct CopyFieldProps {
    /// What it is called.
    pub(crate) label: AttrValue,
    /// The text.
    pub(crate) value: AttrValue,
    /// What goes before it in the share sheet.
    pub(crate) share_text: AttrValue,
}

/// See the module. *Share* is there where the browser has a share sheet.
#[component]
pub(crate) fn CopyField(props: &CopyFieldProps) -> Html {
    let node = use_node_ref();
    let onshare = use_callback(
        (props.share_text.clone(), props.value.clone()),
        |_: MouseEvent, (text, link)| browser::share(text, link),
    );
    html! {
        <div class="copy-field">
            <input class="field field-link" type="text" readonly=true aria-label={&props.label}
                value={&props.value} ref={node.clone()} />
            <div class="copy-actions">
                <CopyButton value={&props.value} field={node} look={Look::Primary} />
                if browser::can_share() {
                    <Button label={t!("share")} glyph={Glyph::Share} onclick={onshare} />
                }
            </div>
        </div>
    }
}
