//! The icons: one set, 24 px, strokes of 1.75 px with round caps. They are decoration; what they
//! mean stands beside them as text or as a label.

use yew::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    /// Something new.
    Plus,
    /// Search.
    Search,
    /// Settings.
    Settings,
    /// The way back.
    Back,
    /// Send.
    Send,
    /// Copy.
    Copy,
    /// Done.
    Check,
    /// Share.
    Share,
    /// Close.
    Close,
    /// An invite, or a link.
    Link,
    /// The recovery phrase.
    Key,
    /// A safety number that was compared.
    Verified,
    /// Something is wrong.
    Warning,
    /// Down to the newest.
    Down,
    /// Leads further.
    Next,
    /// Delete.
    Bin,
    /// Save as a file.
    Save,
    /// What else one can do.
    More,
    /// Answer.
    Reply,
    /// Edit.
    Pen,
    /// Another emoji.
    Smile,
    /// Up to a message.
    Up,
    /// Above the others.
    Pin,
    /// No call for attention.
    Mute,
    /// Put away.
    Archive,
    /// Not read.
    Dot,
    /// It does not stay.
    Hourglass,
    /// A file.
    Attach,
    /// Play.
    Play,
    /// Stop for now.
    Pause,
    /// Once more.
    Again,
    /// Speak.
    Microphone,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Plus => "M12 5v14M5 12h14",
            Self::Search => "M10.5 17.5a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM20.5 20.5l-5-5",
            Self::Settings => {
                "M4 7h9M19 7h1M4 17h1M11 17h9M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z"
            }
            Self::Back => "M19 12H5M11 6l-6 6 6 6",
            Self::Send => "M4.5 12 3.5 4.2 21 12 3.5 19.8 4.5 12ZM4.5 12H11",
            Self::Copy => {
                "M9 9V5.5A1.5 1.5 0 0 1 10.5 4h8A1.5 1.5 0 0 1 20 5.5v8a1.5 1.5 0 0 1-1.5 1.5H15M5.5 9h8a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 4 18.5v-8A1.5 1.5 0 0 1 5.5 9Z"
            }
            Self::Check => "m5 12.5 4.5 4.5L19 7.5",
            Self::Share => "M12 15V4M8 7.5 12 3.5l4 4M6 11H5v9h14v-9h-1",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Link => {
                "M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 1 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 1 0 5.7 5.7L12 17.7"
            }
            Self::Key => "M8 19.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM11 12.5 19.5 4M16 7.5l3 3",
            Self::Verified => {
                "m8.5 12.3 2.5 2.5 4.8-5.3M12 3l2.4 1.9 3-.2.9 2.9 2.6 1.6-1 2.8 1 2.8-2.6 1.6-.9 2.9-3-.2L12 21l-2.4-1.9-3 .2-.9-2.9-2.6-1.6 1-2.8-1-2.8 2.6-1.6.9-2.9 3 .2L12 3Z"
            }
            Self::Warning => {
                "M12 9.5v4M12 17h.01M10.6 4.3 2.9 17.6A1.6 1.6 0 0 0 4.3 20h15.4a1.6 1.6 0 0 0 1.4-2.4L13.4 4.3a1.6 1.6 0 0 0-2.8 0Z"
            }
            Self::Down => "M12 5v14M6 13l6 6 6-6",
            Self::Next => "m9 5.5 6.5 6.5L9 18.5",
            Self::Save => "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14",
            Self::Bin => "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
            Self::More => "M6 12h.01M12 12h.01M18 12h.01",
            Self::Reply => "M10 6.5 4.5 12l5.5 5.5M5 12h9a5.5 5.5 0 0 1 5.5 5.5v1",
            Self::Pen => {
                "M4.5 19.5 5.4 15 15.6 4.8a1.7 1.7 0 0 1 2.4 0l1.2 1.2a1.7 1.7 0 0 1 0 2.4L9 18.6l-4.5.9ZM14 6.5l3.5 3.5"
            }
            Self::Smile => {
                "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM8.5 14c1.7 2.3 5.3 2.3 7 0M9 9.5h.01M15 9.5h.01"
            }
            Self::Up => "M12 19V5M6 11l6-6 6 6",
            Self::Pin => "M9 4h6M10 4v6l-3 4h10l-3-4V4M12 14v6",
            Self::Mute => {
                "M6.5 16.5h11l-1.3-2V10a4.2 4.2 0 0 0-8.4 0v4.5ZM10.3 19.5a1.9 1.9 0 0 0 3.4 0M4.5 4.5l15 15"
            }
            Self::Archive => "M4.5 5h15v4h-15zM5.5 9v10.5h13V9M10 13h4",
            Self::Hourglass => "M7 4h10M7 20h10M8 4v3.5l4 4.5 4-4.5V4M8 20v-3.5l4-4.5 4 4.5V20",
            Self::Attach => {
                "m19.5 11-7.8 7.8a4.6 4.6 0 0 1-6.5-6.5l8.2-8.2a3 3 0 0 1 4.3 4.3l-8.2 8.2a1.5 1.5 0 0 1-2.2-2.2l7.4-7.4"
            }
            Self::Play => "M8 5.5v13l11-6.5L8 5.5Z",
            Self::Pause => "M9 6v12M15 6v12",
            Self::Again => "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15",
            Self::Microphone => {
                "M12 14.5a3 3 0 0 0 3-3v-5a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3ZM6 11.5a6 6 0 0 0 12 0M12 17.5v3"
            }
            Self::Dot => "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
        }
    }
}

/// Props of [`Icon`].
#[derive(Properties, PartialEq)]
pub(crate) struct IconProps {
    /// What it shows.
    pub(crate) glyph: Glyph,
}

/// An icon.
#[component]
pub(crate) fn Icon(props: &IconProps) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={props.glyph.path()} /></svg>
    }
}
