//! What a message says (protocol.md §7).
//!
//! Contents from kind 32 on are numbered, and begin alike: who does not know such a kind can still
//! count it. So the kinds may grow while versions differ.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{
    DEVICE_CERTIFICATE_BYTES, DeviceCertificate,
    codec::{DecodeError, Reader, Writer},
};
use crate::limits::{MAX_DELIVERED_RANGES, MAX_NAME_BYTES};

mod file;
mod said;

use self::said::{NUMBERED, read_said, write_said};
pub use self::{
    file::FileInfo,
    said::{Author, Original, Reference, Said, Stamp},
};

const HELLO: u8 = 1;
const RECEIPT: u8 = 3;
const GOODBYE: u8 = 4;
const TYPING: u8 = 5;
const MOVED: u8 = 6;

/// Whether the sender answers with read receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AnswersRead {
    /// It keeps to itself what it has read.
    No = 0,
    /// It tells.
    Yes = 1,
}

/// What one message says.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Who the sender is; the first content of a session.
    Hello {
        /// At most [`MAX_NAME_BYTES`].
        name: String,
        /// Whether to expect read receipts.
        answers_read: AnswersRead,
        /// Random: names what the sender remembers of this conversation. Another one than before
        /// means that it has forgotten all and begins anew.
        history: u64,
        /// Numbered contents of the sender before this sequence were not for the receiver's present
        /// history.
        first_sequence: u64,
    },
    /// How far the sender has got with the receiver's numbered contents.
    Receipt {
        /// Every one up to this sequence is stored.
        delivered_up_to: u64,
        /// Every one up to this sequence was read.
        read_up_to: u64,
        /// Stored beyond `delivered_up_to`: first and last of each range, ascending, apart by at
        /// least one; at most [`MAX_DELIVERED_RANGES`].
        ranges: Vec<(u64, u64)>,
    },
    /// The sender has deleted this contact.
    Goodbye,
    /// The receiver's account has a newer device, and the sender hears that one alone.
    Moved {
        /// Of the newer device, unchecked.
        certificate: Box<DeviceCertificate>,
    },
    /// Whether the sender is typing. It goes over a direct stream alone.
    Typing(bool),
    /// One of the contents that are counted, and in the end stored by the other side.
    Numbered(Stamp, Said),
}

impl core::fmt::Debug for Content {
    /// Names the kind alone: what people say is in no log.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Hello { .. } => f.write_str("Hello(..)"),
            Self::Receipt { .. } => f.write_str("Receipt(..)"),
            Self::Goodbye => f.write_str("Goodbye"),
            Self::Moved { .. } => f.write_str("Moved(..)"),
            Self::Typing(_) => f.write_str("Typing(..)"),
            Self::Numbered(_, said) => said.fmt(f),
        }
    }
}

impl Content {
    /// Decodes the whole of `bytes`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] for an unknown kind below 32, an unknown flag of a
    /// Hello, a sequence of 0, text that is not UTF-8, a reaction that is not one emoji, a lifetime that is too long, or ranges
    /// that are not as [`Self::Receipt`] says.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| match reader.u8()? {
            HELLO => Ok(Self::Hello {
                name: reader.text16(MAX_NAME_BYTES)?.into(),
                answers_read: if read_flag(reader)? { AnswersRead::Yes } else { AnswersRead::No },
                history: reader.u64()?,
                first_sequence: read_sequence(reader)?,
            }),
            RECEIPT => read_receipt(reader),
            GOODBYE => Ok(Self::Goodbye),
            TYPING => Ok(Self::Typing(read_flag(reader)?)),
            kind if kind >= NUMBERED => {
                let stamp = Stamp {
                    sequence: read_sequence(reader)?,
                    lamport: reader.u64()?,
                    sent_at_ms: reader.u64()?,
                };
                Ok(Self::Numbered(stamp, read_said(kind, reader)?))
            }
            MOVED => Ok(Self::Moved { certificate: Box::new(DeviceCertificate::read(reader)?) }),
            _ => Err(DecodeError::Value),
        })
    }

    /// Encodes.
    ///
    /// # Panics
    ///
    /// When a name or text has more than 65,535 bytes, or a receipt more than 255 ranges: the
    /// caller keeps to the bounds of `limits`, which are lower.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { name, answers_read, history, first_sequence } => {
                Writer::with_capacity(20 + name.len())
                    .u8(HELLO)
                    .bytes16(name.as_bytes())
                    .u8(*answers_read as u8)
                    .u64(*history)
                    .u64(*first_sequence)
            }
            Self::Receipt { delivered_up_to, read_up_to, ranges } => {
                let writer = Writer::with_capacity(18 + 16 * ranges.len())
                    .u8(RECEIPT)
                    .u64(*delivered_up_to)
                    .u64(*read_up_to)
                    .count8(ranges.len());
                ranges.iter().fold(writer, |writer, (first, last)| writer.u64(*first).u64(*last))
            }
            Self::Goodbye => Writer::with_capacity(1).u8(GOODBYE),
            Self::Moved { certificate } => Writer::with_capacity(1 + DEVICE_CERTIFICATE_BYTES)
                .u8(MOVED)
                .bytes(&certificate.encode()),
            Self::Typing(typing) => Writer::with_capacity(2).u8(TYPING).u8(u8::from(*typing)),
            Self::Numbered(stamp, said) => write_said(stamp, said),
        }
        .finish()
    }
}

fn read_flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::Value),
    }
}

fn read_sequence(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    match reader.u64()? {
        0 => Err(DecodeError::Value),
        sequence => Ok(sequence),
    }
}

fn read_receipt(reader: &mut Reader<'_>) -> Result<Content, DecodeError> {
    let delivered_up_to = reader.u64()?;
    let read_up_to = reader.u64()?;
    let count = reader.count8(MAX_DELIVERED_RANGES)?;
    let mut ranges = Vec::with_capacity(count);
    // A range that touched what stands before it would have been joined with it.
    let mut before = delivered_up_to;
    for _ in 0..count {
        let (first, last) = (reader.u64()?, reader.u64()?);
        if first.checked_sub(before).is_none_or(|gap| gap < 2) || last < first {
            return Err(DecodeError::Value);
        }
        ranges.push((first, last));
        before = last;
    }
    Ok(Content::Receipt { delivered_up_to, read_up_to, ranges })
}

#[cfg(test)]
mod tests;
