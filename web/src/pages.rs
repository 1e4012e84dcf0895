//! The screens. A page lays out; what it decides with is a hook.

mod accept;
mod arranged;
mod backup;
mod chat;
mod chats;
mod connection;
mod contact;
mod failure;
mod guest;
mod invite;
mod lock;
mod new;
mod safety;
mod settings;
mod unlock;
mod welcome;
mod words;

pub(crate) use accept::PasteInvite;
pub(crate) use backup::Backup;
pub(crate) use chat::Chat;
pub(crate) use chats::{Chats, Skeleton};
pub(crate) use connection::{ConnectionChip, ConnectionSheet};
pub(crate) use contact::Contact;
pub(crate) use failure::Failure;
pub(crate) use guest::Guest;
pub(crate) use invite::{Invite, InviteCard, MakeInvite};
pub(crate) use lock::Lock;
pub(crate) use new::New;
pub(crate) use safety::Safety;
pub(crate) use settings::Settings;
pub(crate) use unlock::Unlock;
pub(crate) use welcome::Welcome;
pub(crate) use words::Words;
