//! A dialog. The browser's own: it keeps the focus inside, Esc closes it, and the focus returns.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::{button::IconButton, icon::Glyph};
use crate::i18n::t;

/// Props of [`Dialog`].
#[derive(Properties, PartialEq)]
pub(crate) struct DialogProps {
    /// What it is about.
    pub(crate) title: AttrValue,
    /// It was closed, by a button or by Esc.
    pub(crate) onclose: Callback<()>,
    /// What is in it.
    pub(crate) children: Html,
}

/// See the module. It is open as long as it is drawn.
#[component]
pub(crate) fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    let shown = node.clone();
    use_effect_with((), move |()| {
        let dialog = shown.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            let _ = dialog.show_modal();
        }
        // Closing it hands the focus back to where it came from.
        move || dialog.iter().for_each(HtmlDialogElement::close)
    });
    let oncancel = props.onclose.reform(|event: Event| event.prevent_default());
    let onclick = props.onclose.reform(|_: MouseEvent| ());
    let backdrop = use_callback(
        (props.onclose.clone(), node.clone()),
        |event: MouseEvent, (onclose, node)| {
            let dialog = node.cast::<HtmlDialogElement>();
            if dialog.is_some_and(|dialog| event.target().as_ref() == Some(dialog.as_ref())) {
                onclose.emit(());
            }
        },
    );
    html! {
        <dialog class="dialog" ref={node} {oncancel} onclick={backdrop} aria-labelledby="dialog-title">
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2 id="dialog-title">{ &props.title }</h2>
                    <IconButton label={t!("close")} glyph={Glyph::Close} {onclick} />
                </header>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
