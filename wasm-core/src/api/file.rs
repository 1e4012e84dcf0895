//! Files as a view sees them.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

/// A file of a conversation. Known on this device alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u64);

/// What is said of a file. All but the size is what its sender says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileView {
    /// Its name on this device.
    pub id: FileId,
    /// Without what could mislead, see [`FileDescription`].
    pub name: String,
    /// As in `type/subtype`; not to be trusted.
    pub media_type: String,
    /// Length in bytes.
    pub size: u64,
    /// Of a picture, in pixels; 0: unknown, or no picture.
    pub width: u16,
    /// As `width`.
    pub height: u16,
    /// Of sound and video in milliseconds; 0: unknown, or neither.
    pub duration: u32,
    /// A small picture of it, or nothing.
    pub preview: Vec<u8>,
    /// Where it stands.
    pub progress: FileProgress,
}

/// What is said of a file that is sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDescription {
    /// Signs that lead elsewhere or turn the text around are taken out; at most
    /// [`crate::limits::MAX_FILE_NAME_BYTES`] of it are kept.
    pub name: String,
    /// As in `type/subtype`, at most [`crate::limits::MAX_MEDIA_TYPE_BYTES`].
    pub media_type: String,
    /// Of a picture, in pixels; 0: unknown, or no picture.
    pub width: u16,
    /// As `width`.
    pub height: u16,
    /// Of sound and video in milliseconds; 0: unknown, or neither.
    pub duration: u32,
    /// A small picture of it, at most [`crate::limits::MAX_PREVIEW_BYTES`], or nothing.
    pub preview: Vec<u8>,
}

impl core::fmt::Debug for FileDescription {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FileDescription(..)")
    }
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProgress {
    /// Bytes that are here.
    pub have: u64,
    /// Of ours, those that were handed to the contact.
    pub given: u64,
    /// What becomes of the others.
    pub state: FileState,
}

/// Where a file stands on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// It can be read.
    Here,
    /// It is large: it comes when it is asked for.
    Offered,
    /// It comes as soon as the contact is here.
    Coming,
    /// It waits until somebody goes on with it.
    Paused,
    /// There is no room for it on this device. It comes when there is.
    NoRoom,
    /// What came is not what was announced. It can be asked for again.
    Damaged,
    /// The contact has it no more, or this device.
    Missing,
}

/// What becomes of a file that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fetch {
    /// It is to come.
    Go,
    /// It waits; what is here of it stays.
    Pause,
    /// It is not to come; what is here of it goes.
    Stop,
}

/// A stretch of a file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePart {
    /// At most [`crate::limits::FILE_PART_CHUNKS`] chunks.
    pub bytes: Vec<u8>,
    /// The file ends here.
    pub is_last: bool,
}

impl core::fmt::Debug for FilePart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FilePart(..)")
    }
}
