//! Bytes become types here, and types become bytes (protocol.md).
//!
//! Every decoder checks each length before it allocates, and rejects trailing bytes and unknown
//! versions. What is decoded is well formed, and no more: signatures are checked by `identity`.

pub mod codec;
mod content;
mod direct_frame;
mod emoji;
pub mod frame;
mod identity_key;
mod invite_link;
mod invite_record;
pub mod mailbox;
mod prekey_bundle;
mod prekey_message;
mod presence_record;
mod ratchet_message;
pub mod replica;
mod reunion;
mod successor;

pub use content::{AnswersRead, Author, Content, FileInfo, Original, Reference, Said, Stamp};
pub use direct_frame::DirectFrame;
pub use emoji::is_emoji;
pub use identity_key::{Fingerprint, IdentityKey};
pub use invite_link::{InviteKind, InviteLink, LinkError};
pub use invite_record::InviteRecord;
pub use prekey_bundle::{
    BUNDLE_BYTES, DEVICE_CERTIFICATE_BYTES, DeviceCertificate, PreKeyBundle, PreKeys,
};
pub use prekey_message::{Enclosed, Initiator, PREKEY_MESSAGE_OVERHEAD, PreKeyMessage, Prologue};
pub use presence_record::PresenceRecord;
pub use ratchet_message::{
    Acknowledges, BODY_OVERHEAD, Header, RatchetStep, StepKind, pad, size_class, unpad,
};
pub use reunion::{REUNION_BYTES, Reunion};
pub use successor::{SUCCESSOR_BYTES, Successor};
