//! A page of the right pane: a header with the way back, and its content.

use yew::prelude::*;

use super::{button::IconButton, icon::Glyph};
use crate::i18n::t;

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

/// See the module.
#[component]
pub(crate) fn Page(props: &PageProps) -> Html {
    html! {
        <>
            <header class="bar">
                <IconButton label={t!("back")} glyph={Glyph::Back} onclick={&props.onback} />
                <h1 class="bar-title" dir="auto">{ &props.title }</h1>
            </header>
            <div class="page-scroll"><div class="page">{ props.children.clone() }</div></div>
        </>
    }
}
