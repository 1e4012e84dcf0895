//! A page of the right pane: a header with the way back, and its content.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::{button::IconButton, icon::Glyph};
use crate::{browser, i18n::t};

/// Props of [`Page`].
#[derive(Properties, PartialEq)]
pub(crate) struct PageProps {
    /// What it is called.
    pub(crate) title: AttrValue,
    /// Goes back.
    pub(crate) onback: Callback<MouseEvent>,
    /// What is on it.
    pub(crate) children: Html,
}

/// See the module. Its heading takes the focus, so that it is never lost.
#[component]
pub(crate) fn Page(props: &PageProps) -> Html {
    let heading = use_node_ref();
    let opened = heading.clone();
    use_effect_with((), move |()| {
        if let Some(heading) = opened.cast::<HtmlElement>() {
            browser::focus(&heading);
        }
    });
    html! {
        <>
            <header class="bar">
                <IconButton label={t!("back")} glyph={Glyph::Back} onclick={&props.onback} />
                <h1 class="bar-title" dir="auto" tabindex="-1" ref={heading}>{ &props.title }</h1>
            </header>
            <div class="page-scroll"><div class="page">{ props.children.clone() }</div></div>
        </>
    }
}
