//! What a message says of the file that belongs to it (protocol.md §7.1).

use alloc::{string::String, vec::Vec};

use super::super::codec::{DecodeError, Reader, Writer};
use crate::{
    crypto::secret::Secret,
    limits::{MAX_FILE_BYTES, MAX_FILE_NAME_BYTES, MAX_MEDIA_TYPE_BYTES, MAX_PREVIEW_BYTES},
};

/// A file, without its bytes. All but key, digest and size is what the sender says of it.
#[derive(Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// Seals the chunks of this file, and nothing else.
    pub key: Secret<32>,
    /// Names the file: hash of its sealed chunks.
    pub digest: [u8; 32],
    /// Length in bytes, 1 to [`MAX_FILE_BYTES`].
    pub size: u64,
    /// At most [`MAX_FILE_NAME_BYTES`].
    pub name: String,
    /// As in `type/subtype`, at most [`MAX_MEDIA_TYPE_BYTES`].
    pub media_type: String,
    /// Of a picture, in pixels; 0: unknown, or no picture.
    pub width: u16,
    /// As `width`.
    pub height: u16,
    /// Of sound and video in milliseconds; 0: unknown, or neither.
    pub duration: u32,
    /// A small picture of it, at most [`MAX_PREVIEW_BYTES`], or nothing.
    pub preview: Vec<u8>,
}

impl core::fmt::Debug for FileInfo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FileInfo(..)")
    }
}

impl FileInfo {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let info = Self {
            key: Secret::new(reader.array()?),
            digest: reader.array()?,
            size: reader.u64()?,
            name: reader.text16(MAX_FILE_NAME_BYTES)?.into(),
            media_type: reader.text16(MAX_MEDIA_TYPE_BYTES)?.into(),
            width: reader.u16()?,
            height: reader.u16()?,
            duration: reader.u32()?,
            preview: reader.bytes16(MAX_PREVIEW_BYTES)?.to_vec(),
        };
        if (1..=MAX_FILE_BYTES).contains(&info.size) { Ok(info) } else { Err(DecodeError::Value) }
    }

    pub(super) fn write(&self, writer: Writer) -> Writer {
        writer
            .bytes(self.key.expose())
            .bytes(&self.digest)
            .u64(self.size)
            .bytes16(self.name.as_bytes())
            .bytes16(self.media_type.as_bytes())
            .u16(self.width)
            .u16(self.height)
            .u32(self.duration)
            .bytes16(&self.preview)
    }

    /// How long it is on the wire.
    pub(super) const fn length(&self) -> usize {
        86 + self.name.len() + self.media_type.len() + self.preview.len()
    }
}
