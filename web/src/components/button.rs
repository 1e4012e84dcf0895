//! Buttons: with words, or with an icon and a label.

use yew::prelude::*;

use super::icon::{Glyph, Icon};

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The one thing to do here.
    Primary,
    /// Something else one can do.
    Plain,
    /// A word that leads elsewhere.
    Quiet,
    /// Something that cannot be undone.
    Danger,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button-primary",
            Self::Plain => "button-plain",
            Self::Quiet => "button-quiet",
            Self::Danger => "button-danger",
        }
    }
}

/// Props of [`Button`].
#[derive(Properties, PartialEq)]
pub(crate) struct ButtonProps {
    /// What it says.
    pub(crate) label: AttrValue,
    /// How it looks.
    #[prop_or(Look::Plain)]
    pub(crate) look: Look,
    /// An icon before the words.
    #[prop_or_default]
    pub(crate) glyph: Option<Glyph>,
    /// It sends its form.
    #[prop_or_default]
    pub(crate) submits: bool,
    /// What it started is not done.
    #[prop_or_default]
    pub(crate) busy: bool,
    /// What it does.
    #[prop_or_default]
    pub(crate) onclick: Callback<MouseEvent>,
}

/// A button with words. While busy it keeps its size and the focus.
#[component]
pub(crate) fn Button(props: &ButtonProps) -> Html {
    let busy = props.busy;
    let onclick = props.onclick.clone();
    let onclick = Callback::from(move |event| {
        if !busy {
            onclick.emit(event)
        }
    });
    html! {
        <button
            type={if props.submits { "submit" } else { "button" }}
            class={classes!("button", props.look.class())}
            aria-disabled={busy.then_some("true")}
            {onclick}
        >
            if let Some(glyph) = props.glyph { <Icon {glyph} /> }
            <span>{ &props.label }</span>
        </button>
    }
}

/// Props of [`IconButton`].
#[derive(Properties, PartialEq)]
pub(crate) struct IconButtonProps {
    /// What it is called.
    pub(crate) label: AttrValue,
    /// What it shows.
    pub(crate) glyph: Glyph,
    /// What it does.
    pub(crate) onclick: Callback<MouseEvent>,
}

/// A button with an icon.
#[component]
pub(crate) fn IconButton(props: &IconButtonProps) -> Html {
    html! {
        <button type="button" class="icon-button" aria-label={&props.label} title={&props.label}
            onclick={&props.onclick}>
            <Icon glyph={props.glyph} />
        </button>
    }
}
