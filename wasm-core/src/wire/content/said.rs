//! Numbered contents: what is said in a conversation, and counted (protocol.md §7).

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{
    super::{
        codec::{DecodeError, Reader, Writer},
        emoji::is_emoji,
    },
    file::FileInfo,
    read_sequence,
};
use crate::limits::{
    MAX_EMOJI_BYTES, MAX_LIFETIME_SECONDS, MAX_SEALED_CHUNK_BYTES, MAX_TEXT_BYTES,
};

/// The first kind that is numbered.
pub(super) const NUMBERED: u8 = 32;
const REACTION: u8 = 32;
const EDIT: u8 = 33;
const DELETION: u8 = 34;
pub(super) const PIECE: u8 = 35;
/// The first kind that is a message by itself, with a place in the conversation.
pub(super) const MESSAGE: u8 = 128;
pub(super) const TEXT: u8 = 128;
pub(super) const TIMER: u8 = 129;
pub(super) const FILE: u8 = 130;

/// Flag of a text that answers a message.
const ANSWERS: u8 = 1;
/// Flag of a text that disappears.
const DISAPPEARS: u8 = 2;

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
    /// A file, whose bytes come apart from it.
    File {
        /// The message that it answers.
        answers: Option<Reference>,
        /// As of a text.
        lifetime: u32,
        /// See [`FileInfo`].
        info: Box<FileInfo>,
    },
    /// A chunk of a small file.
    Piece {
        /// Of the file.
        digest: [u8; 32],
        /// Counts its chunks from 0.
        index: u32,
        /// Sealed; at most [`MAX_SEALED_CHUNK_BYTES`].
        chunk: Vec<u8>,
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
            Self::Text { .. } | Self::File { .. } | Self::Timer { .. } => true,
            Self::Reaction { .. }
            | Self::Edit { .. }
            | Self::Deletion { .. }
            | Self::Piece { .. } => false,
            Self::Unknown { kind, .. } => *kind >= MESSAGE,
        }
    }
}

impl core::fmt::Debug for Said {
    /// Names the kind alone.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Text { .. } => "Text(..)",
            Self::File { .. } => "File(..)",
            Self::Piece { .. } => "Piece(..)",
            Self::Timer { .. } => "Timer(..)",
            Self::Reaction { .. } => "Reaction(..)",
            Self::Edit { .. } => "Edit(..)",
            Self::Deletion { .. } => "Deletion(..)",
            Self::Unknown { .. } => "Unknown(..)",
        })
    }
}

/// Encodes.
pub(super) fn write_said(stamp: &Stamp, said: &Said) -> Writer {
    let start = |kind, more| {
        let writer = Writer::with_capacity(25 + more).u8(kind);
        writer.u64(stamp.sequence).u64(stamp.lamport).u64(stamp.sent_at_ms)
    };
    match said {
        Said::Text { answers, lifetime, text } => {
            let writer = write_head(start(TEXT, 24 + text.len()), *answers, *lifetime);
            writer.bytes16(text.as_bytes())
        }
        Said::File { answers, lifetime, info } => {
            info.write(write_head(start(FILE, 22 + info.length()), *answers, *lifetime))
        }
        Said::Piece { digest, index, chunk } => {
            start(PIECE, 38 + chunk.len()).bytes(digest).u32(*index).bytes16(chunk)
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

/// What texts and files begin with.
fn write_head(writer: Writer, answers: Option<Reference>, lifetime: u32) -> Writer {
    let flags = answers.map_or(0, |_| ANSWERS) | if lifetime > 0 { DISAPPEARS } else { 0 };
    let writer = answers.iter().fold(writer.u8(flags), write_reference);
    if lifetime > 0 { writer.u32(lifetime) } else { writer }
}

fn write_reference(writer: Writer, to: &Reference) -> Writer {
    writer.u8(to.author as u8).u64(to.original.sequence).u64(to.original.lamport)
}

/// Decodes what stands behind the stamp.
///
/// # Errors
///
/// See [`super::Content::decode`].
pub(super) fn read_said(kind: u8, reader: &mut Reader<'_>) -> Result<Said, DecodeError> {
    match kind {
        TEXT | FILE => {
            let whole = *reader;
            let Some((answers, lifetime)) = read_head(reader)? else {
                // A flag may bring fields with it, so what follows cannot be read.
                *reader = whole;
                return Ok(Said::Unknown { kind, rest: reader.rest().to_vec() });
            };
            if kind == FILE {
                let info = Box::new(FileInfo::read(reader)?);
                return Ok(Said::File { answers, lifetime, info });
            }
            Ok(Said::Text { answers, lifetime, text: reader.text16(MAX_TEXT_BYTES)?.into() })
        }
        PIECE => Ok(Said::Piece {
            digest: reader.array()?,
            index: reader.u32()?,
            chunk: reader.bytes16(MAX_SEALED_CHUNK_BYTES)?.to_vec(),
        }),
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

/// Reads what [`write_head`] wrote; `None` for a flag that is not known.
fn read_head(reader: &mut Reader<'_>) -> Result<Option<(Option<Reference>, u32)>, DecodeError> {
    let flags = reader.u8()?;
    if flags & !(ANSWERS | DISAPPEARS) != 0 {
        return Ok(None);
    }
    let has = |flag| flags & flag != 0;
    let answers = if has(ANSWERS) { Some(read_reference(reader)?) } else { None };
    let lifetime = if has(DISAPPEARS) { read_lifetime(reader)? } else { 0 };
    if has(DISAPPEARS) && lifetime == 0 {
        return Err(DecodeError::Value);
    }
    Ok(Some((answers, lifetime)))
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
