//! What is drawn: props in, callbacks out. Nothing here knows the engine or the state.

mod avatar;
mod bubble;
mod button;
mod choice;
mod copy_field;
mod dialog;
mod error_text;
mod icon;
mod page;
mod qr_code;
mod text_field;
mod ticks;

pub(crate) use avatar::{Avatar, AvatarSize};
pub(crate) use bubble::MessageBubble;
pub(crate) use button::{Button, IconButton, Look};
pub(crate) use choice::Choice;
pub(crate) use copy_field::CopyField;
pub(crate) use dialog::Dialog;
pub(crate) use error_text::{ErrorText, error_words};
pub(crate) use icon::{Glyph, Icon, Mark};
pub(crate) use page::Page;
pub(crate) use qr_code::QrCode;
pub(crate) use text_field::{Kind, TextField};
pub(crate) use ticks::{Ticks, state_words};
