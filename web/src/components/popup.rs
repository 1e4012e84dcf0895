//! A small dialog near what it is about; on a narrow screen it comes from below.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::browser;

/// Props of [`Popup`].
#[derive(Properties, PartialEq)]
pub(crate) struct PopupProps {
    /// What it is about, for who does not see where it is.
    pub(crate) label: AttrValue,
    /// Finds what it is about.
    pub(crate) near: AttrValue,
    /// It was closed.
    pub(crate) onclose: Callback<()>,
    /// What is in it.
    pub(crate) children: Html,
}

/// See the module. It is open as long as it is drawn; then the focus is where it was before.
#[component]
pub(crate) fn Popup(props: &PopupProps) -> Html {
    let node = use_node_ref();
    let (shown, near) = (node.clone(), props.near.clone());
    use_effect_with((), move |()| {
        let dialog = shown.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            let _ = dialog.show_modal();
            browser::place_near(dialog, &near);
        }
        move || dialog.iter().for_each(HtmlDialogElement::close)
    });
    let oncancel = props.onclose.reform(|event: Event| event.prevent_default());
    let onclick =
        use_callback((props.onclose.clone(), node.clone()), |event: MouseEvent, (close, node)| {
            let dialog = node.cast::<HtmlDialogElement>();
            if dialog.is_some_and(|dialog| event.target().as_ref() == Some(dialog.as_ref())) {
                close.emit(());
            }
        });
    html! {
        <dialog class="popup" ref={node} aria-label={&props.label} {oncancel} {onclick}>
            <div class="popup-body">{ props.children.clone() }</div>
        </dialog>
    }
}
