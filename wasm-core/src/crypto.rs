//! The primitives, as types. Nothing here knows what a message or a contact is.

pub mod kdf;
pub mod labels;
pub mod secret;
