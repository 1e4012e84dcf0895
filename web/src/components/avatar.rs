//! Two letters on the contact's colour.

use yew::prelude::*;

use crate::format::{avatar_class, initials};

/// How large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AvatarSize {
    /// In a header.
    Small,
    /// In a row.
    Medium,
    /// On a page of its own.
    Large,
}

/// Props of [`Avatar`].
#[derive(Properties, PartialEq)]
pub(crate) struct AvatarProps {
    /// Whose letters.
    pub(crate) name: AttrValue,
    /// Whose colour.
    pub(crate) fingerprint: [u8; 32],
    /// How large.
    pub(crate) size: AvatarSize,
    /// A live stream to the contact exists.
    #[prop_or_default]
    pub(crate) online: bool,
}

/// See the module. It says nothing to a screen reader: the name stands beside it.
#[component]
pub(crate) fn Avatar(props: &AvatarProps) -> Html {
    let size = match props.size {
        AvatarSize::Small => "avatar-small",
        AvatarSize::Medium => "avatar-medium",
        AvatarSize::Large => "avatar-large",
    };
    html! {
        <span class={classes!("avatar", size, avatar_class(&props.fingerprint))} aria-hidden="true">
            { initials(&props.name) }
            if props.online { <span class="avatar-online" /> }
        </span>
    }
}
