//! The screens. A page lays out; what it decides with is a hook.

mod accept;
mod chat;
mod chats;
mod connection;
mod contact;
mod failure;
mod guest;
mod invite;
mod new;
mod safety;
mod settings;
mod welcome;
mod words;

pub(crate) use accept::PasteInvite;
pub(crate) use chat::Chat;
pub(crate) use chats::{Chats, Skeleton};
pub(crate) use connection::{ConnectionChip, ConnectionSheet};
pub(crate) use contact::Contact;
pub(crate) use failure::Failure;
pub(crate) use guest::Guest;
pub(crate) use invite::{Invite, InviteCard, MakeInvite};
pub(crate) use new::New;
pub(crate) use safety::Safety;
pub(crate) use settings::Settings;
pub(crate) use welcome::Welcome;
pub(crate) use words::Words;
