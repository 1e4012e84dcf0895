//! Puts a text on the clipboard, and says that it has.

use std::time::Duration;

use web_sys::{HtmlElement, HtmlInputElement, HtmlTextAreaElement};
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

/// Props of [`CopyButton`].
#[derive(Properties, PartialEq)]
pub(crate) struct CopyButtonProps {
    /// The text.
    pub(crate) value: AttrValue,
    /// Where the text is shown.
    pub(crate) field: NodeRef,
    /// See [`Look`].
    #[prop_or(Look::Plain)]
    pub(crate) look: Look,
}

/// See the module. Without the clipboard the text is marked, ready for the keyboard.
#[component]
pub(crate) fn CopyButton(props: &CopyButtonProps) -> Html {
    let copied = use_state(|| None::<Timer>);
    let setter = copied.setter();
    let onclick = use_callback(
        (props.value.clone(), props.field.clone()),
        move |_: MouseEvent, (value, field)| {
            let (value, setter, field) = (value.clone(), setter.clone(), field.clone());
            browser::spawn(async move {
                if browser::copy(&value).await {
                    let done = setter.clone();
                    setter.set(Some(Timer::after(COPIED_FOR, move || done.set(None))));
                } else {
                    mark(&field);
                }
            });
        },
    );
    let is_copied = copied.is_some();
    let (label, glyph) =
        if is_copied { (t!("copied"), Glyph::Check) } else { (t!("copy"), Glyph::Copy) };
    html! {
        <>
            <Button {label} {glyph} look={props.look} {onclick} />
            <p class="visually-hidden" role="status">{ if is_copied { t!("copied") } else { String::new() } }</p>
        </>
    }
}

fn mark(field: &NodeRef) {
    if let Some(field) = field.cast::<HtmlElement>() {
        browser::focus(&field);
    }
    if let Some(line) = field.cast::<HtmlInputElement>() {
        line.select();
    }
    if let Some(lines) = field.cast::<HtmlTextAreaElement>() {
        lines.select();
    }
}
