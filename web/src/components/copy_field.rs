//! A text to hand on: shown, copied, shared.

use std::time::Duration;

use yew::prelude::*;

use super::{
    button::{Button, Look},
    icon::Glyph,
};
use crate::{
    browser::{self, Timer},
    i18n::t,
};

/// How long a button says that it has copied.
const COPIED_FOR: Duration = Duration::from_secs(2);

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
    let copied = use_state(|| None::<Timer>);
    let node = use_node_ref();
    let setter = copied.setter();
    let field = node.clone();
    let onclick = use_callback(props.value.clone(), move |_: MouseEvent, value| {
        let (value, setter, field) = (value.clone(), setter.clone(), field.clone());
        browser::spawn(async move {
            if browser::copy(&value).await {
                let done = setter.clone();
                setter.set(Some(Timer::after(COPIED_FOR, move || done.set(None))));
            } else if let Some(field) = field.cast::<web_sys::HtmlInputElement>() {
                // Without the clipboard the text is marked, ready for the keyboard.
                browser::focus(&field);
                field.select();
            }
        });
    });
    let onshare = use_callback(
        (props.share_text.clone(), props.value.clone()),
        |_: MouseEvent, (text, link)| browser::share(text, link),
    );
    let is_copied = copied.is_some();
    let (label, glyph) =
        if is_copied { (t!("copied"), Glyph::Check) } else { (t!("copy"), Glyph::Copy) };
    html! {
        <div class="copy-field">
            <input class="field field-link" type="text" readonly=true aria-label={&props.label}
                value={&props.value} ref={node} />
            <div class="copy-actions">
                <Button {label} {glyph} look={Look::Primary} {onclick} />
                if browser::can_share() {
                    <Button label={t!("share")} glyph={Glyph::Share} onclick={onshare} />
                }
            </div>
            <p class="visually-hidden" role="status">{ if is_copied { t!("copied") } else { String::new() } }</p>
        </div>
    }
}
