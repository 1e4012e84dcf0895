//! What a message says (protocol.md §7).
//!
//! Contents from kind 32 on are numbered, and begin alike: who does not know such a kind can still
//! count it. So the kinds may grow while versions differ.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{
    DEVICE_CERTIFICATE_BYTES, DeviceCertificate,
    codec::{DecodeError, Reader, Writer},
    emoji::is_emoji,
};
use crate::limits::{
    MAX_DELIVERED_RANGES, MAX_EMOJI_BYTES, MAX_LIFETIME_SECONDS, MAX_NAME_BYTES, MAX_TEXT_BYTES,
};

const HELLO: u8 = 1;
const RECEIPT: u8 = 3;
const GOODBYE: u8 = 4;
const TYPING: u8 = 5;
const MOVED: u8 = 6;
/// The first kind that is numbered.
const NUMBERED: u8 = 32;
const REACTION: u8 = 32;
const EDIT: u8 = 33;
const DELETION: u8 = 34;
/// The first kind that is a message by itself, with a place in the conversation.
const MESSAGE: u8 = 128;
const TEXT: u8 = 128;
const TIMER: u8 = 129;

/// Flag of a text that answers a message.
const ANSWERS: u8 = 1;
/// Flag of a text that disappears.
const DISAPPEARS: u8 = 2;

/// Whether the sender answers with read receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AnswersRead {
    /// It keeps to itself what it has read.
    No = 0,
    /// It tells.
    Yes = 1,
}

/// Where a numbered content stands in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Counts the sender's numbered contents in this conversation from 1.
    pub sequence: u64,
    /// One more than the highest that the sender has seen or sent there.
    pub lamport: u64,
    /// Milliseconds since the Unix epoch, by the sender's clock.
    pub sent_at_ms: u64,
}

/// Names a message among those of its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Original {
    /// As its author counts.
    pub sequence: u64,
    /// As its author counts.
    pub lamport: u64,
}

/// Whose a message is, from where the sender of the content stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Author {
    /// The sender's.
    Sender = 0,
    /// The receiver's.
    Receiver = 1,
}

/// Names a message of either of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Whose it is.
    pub author: Author,
    /// Which.
    pub original: Original,
}

/// What a numbered content says.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// A text.
    Text {
        /// The message that it answers.
        answers: Option<Reference>,
        /// Seconds after which it disappears, at most [`MAX_LIFETIME_SECONDS`]; 0: it stays.
        lifetime: u32,
        /// At most [`MAX_TEXT_BYTES`].
        text: String,
    },
    /// From now on messages of both disappear after so long.
    Timer {
        /// Seconds, at most [`MAX_LIFETIME_SECONDS`]; 0: they stay.
        lifetime: u32,
    },
    /// The sender's reaction to a message takes the place of the one before.
    Reaction {
        /// To which.
        to: Reference,
        /// One emoji, at most [`MAX_EMOJI_BYTES`]; `None` takes it back.
        emoji: Option<String>,
    },
    /// A text of the sender says something else.
    Edit {
        /// Which.
        of: Original,
        /// At most [`MAX_TEXT_BYTES`].
        text: String,
    },
    /// A message of the sender is to be gone.
    Deletion {
        /// Which.
        of: Original,
    },
    /// Something that a later version says.
    Unknown {
        /// 32 or more.
        kind: u8,
        /// All behind the stamp.
        rest: Vec<u8>,
    },
}

impl Said {
    /// Whether it is a message by itself, which has a place in the conversation; else it is about
    /// another one, or the conversation.
    #[must_use]
    pub const fn is_message(&self) -> bool {
        match self {
            Self::Text { .. } | Self::Timer { .. } => true,
            Self::Reaction { .. } | Self::Edit { .. } | Self::Deletion { .. } => false,
            Self::Unknown { kind, .. } => *kind >= MESSAGE,
        }
    }
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

impl core::fmt::Debug for Said {
    /// Names the kind alone.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Text { .. } => "Text(..)",
            Self::Timer { .. } => "Timer(..)",
            Self::Reaction { .. } => "Reaction(..)",
            Self::Edit { .. } => "Edit(..)",
            Self::Deletion { .. } => "Deletion(..)",
            Self::Unknown { .. } => "Unknown(..)",
        })
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

fn write_said(stamp: &Stamp, said: &Said) -> Writer {
    let start = |kind, more| {
        let writer = Writer::with_capacity(25 + more).u8(kind);
        writer.u64(stamp.sequence).u64(stamp.lamport).u64(stamp.sent_at_ms)
    };
    match said {
        Said::Text { answers, lifetime, text } => {
            let flags = answers.map_or(0, |_| ANSWERS) | if *lifetime > 0 { DISAPPEARS } else { 0 };
            let writer = start(TEXT, 24 + text.len()).u8(flags);
            let writer = answers.iter().fold(writer, write_reference);
            let writer = if *lifetime > 0 { writer.u32(*lifetime) } else { writer };
            writer.bytes16(text.as_bytes())
        }
        Said::Timer { lifetime } => start(TIMER, 4).u32(*lifetime),
        Said::Reaction { to, emoji } => {
            let emoji = emoji.as_deref().unwrap_or_default();
            write_reference(start(REACTION, 19 + emoji.len()), to).bytes16(emoji.as_bytes())
        }
        Said::Edit { of, text } => {
            let writer = start(EDIT, 18 + text.len()).u64(of.sequence).u64(of.lamport);
            writer.bytes16(text.as_bytes())
        }
        Said::Deletion { of } => start(DELETION, 16).u64(of.sequence).u64(of.lamport),
        Said::Unknown { kind, rest } => start(*kind, rest.len()).bytes(rest),
    }
}

fn write_reference(writer: Writer, to: &Reference) -> Writer {
    writer.u8(to.author as u8).u64(to.original.sequence).u64(to.original.lamport)
}

fn read_said(kind: u8, reader: &mut Reader<'_>) -> Result<Said, DecodeError> {
    match kind {
        TEXT => {
            let whole = *reader;
            let flags = reader.u8()?;
            if flags & !(ANSWERS | DISAPPEARS) != 0 {
                // A flag may bring fields with it, so what follows cannot be read.
                *reader = whole;
                return Ok(Said::Unknown { kind, rest: reader.rest().to_vec() });
            }
            let has = |flag| flags & flag != 0;
            let answers = if has(ANSWERS) { Some(read_reference(reader)?) } else { None };
            let lifetime = if has(DISAPPEARS) { read_lifetime(reader)? } else { 0 };
            if has(DISAPPEARS) && lifetime == 0 {
                return Err(DecodeError::Value);
            }
            Ok(Said::Text { answers, lifetime, text: reader.text16(MAX_TEXT_BYTES)?.into() })
        }
        TIMER => Ok(Said::Timer { lifetime: read_lifetime(reader)? }),
        REACTION => {
            let to = read_reference(reader)?;
            let emoji = match reader.text16(MAX_EMOJI_BYTES)? {
                "" => None,
                emoji if is_emoji(emoji) => Some(emoji.into()),
                _ => return Err(DecodeError::Value),
            };
            Ok(Said::Reaction { to, emoji })
        }
        EDIT => {
            let of = read_original(reader)?;
            Ok(Said::Edit { of, text: reader.text16(MAX_TEXT_BYTES)?.into() })
        }
        DELETION => Ok(Said::Deletion { of: read_original(reader)? }),
        _ => Ok(Said::Unknown { kind, rest: reader.rest().to_vec() }),
    }
}

fn read_lifetime(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    match reader.u32()? {
        lifetime if lifetime <= MAX_LIFETIME_SECONDS => Ok(lifetime),
        _ => Err(DecodeError::Value),
    }
}

fn read_reference(reader: &mut Reader<'_>) -> Result<Reference, DecodeError> {
    let author = match reader.u8()? {
        0 => Author::Sender,
        1 => Author::Receiver,
        _ => return Err(DecodeError::Value),
    };
    Ok(Reference { author, original: read_original(reader)? })
}

fn read_original(reader: &mut Reader<'_>) -> Result<Original, DecodeError> {
    Ok(Original { sequence: read_sequence(reader)?, lamport: reader.u64()? })
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
