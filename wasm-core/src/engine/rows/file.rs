//! Rows of files, and what a message's row says of its file.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{
    api::{ContactId, FileId, MessageId},
    engine::files::Chain,
};

/// What a message says of its file; the fields are those of [`crate::api::FileView`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct FileBody {
    pub(in crate::engine) file: FileId,
    pub(in crate::engine) name: String,
    pub(in crate::engine) media_type: String,
    pub(in crate::engine) size: u64,
    pub(in crate::engine) width: u16,
    pub(in crate::engine) height: u16,
    pub(in crate::engine) duration: u32,
    pub(in crate::engine) preview: Vec<u8>,
}

/// Where a file stands, as stored; [`crate::api::FileState`] is what a view sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) enum FilePhase {
    /// Ours, and not sent.
    Unsent,
    /// Pieces of theirs, before the message.
    Awaited,
    Offered,
    Wanted,
    Paused,
    Whole,
    Damaged,
    Missing,
}

/// A file's row.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::engine) struct FileRow {
    pub(in crate::engine) phase: FilePhase,
    /// Whose file it is; `None` as long as that is not here or not sent.
    pub(in crate::engine) message: Option<MessageId>,
    /// In one place: a row is moved about, and a move leaves a copy behind.
    pub(in crate::engine) key: Box<[u8; 32]>,
    /// As announced; of ours once it is whole.
    pub(in crate::engine) digest: [u8; 32],
    pub(in crate::engine) size: u64,
    pub(in crate::engine) chain: Chain,
    /// Chunks of ours that the contact has asked for, or that went as pieces.
    pub(in crate::engine) given: u32,
    /// Before this time it is not asked for: its pieces come by themselves. Milliseconds since the
    /// Unix epoch.
    pub(in crate::engine) asked_from: u64,
}

impl Drop for FileRow {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

pub(in crate::engine) fn file_key(contact: ContactId, file: FileId) -> Vec<u8> {
    [contact.0.to_be_bytes(), file.0.to_be_bytes()].concat()
}

/// 20 bytes whose order is that of the chunks.
pub(in crate::engine) fn chunk_key(contact: ContactId, file: FileId, index: u32) -> Vec<u8> {
    let mut key = file_key(contact, file);
    key.extend_from_slice(&index.to_be_bytes());
    key
}

/// Reads the index out of a key of [`chunk_key`].
pub(in crate::engine) fn chunk_index(key: &[u8]) -> Option<u32> {
    key.last_chunk().map(|index| u32::from_be_bytes(*index))
}
