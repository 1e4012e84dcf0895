//! What a message says (protocol.md §7).

use alloc::{string::String, vec::Vec};

use super::codec::{DecodeError, Reader, Writer};
use crate::limits::{MAX_DELIVERED_RANGES, MAX_NAME_BYTES, MAX_TEXT_BYTES};

const HELLO: u8 = 1;
const TEXT: u8 = 2;
const RECEIPT: u8 = 3;
const GOODBYE: u8 = 4;

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
        /// Texts of the sender before this sequence were not for the receiver's present history.
        first_sequence: u64,
    },
    /// A text.
    Text {
        /// Counts the sender's texts in this conversation from 1.
        sequence: u64,
        /// One more than the highest that the sender has seen or sent there.
        lamport: u64,
        /// Milliseconds since the Unix epoch, by the sender's clock.
        sent_at_ms: u64,
        /// At most [`MAX_TEXT_BYTES`].
        text: String,
    },
    /// How far the sender has got with the receiver's texts.
    Receipt {
        /// Every text up to this sequence is stored.
        delivered_up_to: u64,
        /// Every text up to this sequence was read.
        read_up_to: u64,
        /// Stored beyond `delivered_up_to`: first and last of each range, ascending, apart by at
        /// least one; at most [`MAX_DELIVERED_RANGES`].
        ranges: Vec<(u64, u64)>,
    },
    /// The sender has deleted this contact.
    Goodbye,
}

impl core::fmt::Debug for Content {
    /// Names the kind alone: what people say is in no log.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Hello { .. } => "Hello(..)",
            Self::Text { .. } => "Text(..)",
            Self::Receipt { .. } => "Receipt(..)",
            Self::Goodbye => "Goodbye",
        })
    }
}

impl Content {
    /// Decodes the whole of `bytes`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]; [`DecodeError::Value`] for an unknown kind or flag, a sequence of 0, text
    /// that is not UTF-8, or ranges that are not as [`Self::Receipt`] says.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| match reader.u8()? {
            HELLO => Ok(Self::Hello {
                name: reader.text16(MAX_NAME_BYTES)?.into(),
                answers_read: match reader.u8()? {
                    0 => AnswersRead::No,
                    1 => AnswersRead::Yes,
                    _ => return Err(DecodeError::Value),
                },
                history: reader.u64()?,
                first_sequence: read_sequence(reader)?,
            }),
            TEXT => Ok(Self::Text {
                sequence: read_sequence(reader)?,
                lamport: reader.u64()?,
                sent_at_ms: reader.u64()?,
                text: reader.text16(MAX_TEXT_BYTES)?.into(),
            }),
            RECEIPT => read_receipt(reader),
            GOODBYE => Ok(Self::Goodbye),
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
            Self::Text { sequence, lamport, sent_at_ms, text } => {
                Writer::with_capacity(27 + text.len())
                    .u8(TEXT)
                    .u64(*sequence)
                    .u64(*lamport)
                    .u64(*sent_at_ms)
                    .bytes16(text.as_bytes())
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
        }
        .finish()
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn content() -> impl Strategy<Value = Content> {
        let ranges = prop::collection::vec((2..50_u64, 0..50_u64), 0..=MAX_DELIVERED_RANGES);
        let answers = prop_oneof![Just(AnswersRead::No), Just(AnswersRead::Yes)];
        prop_oneof![
            (".{0,32}", answers, any::<u64>(), 1..u64::MAX).prop_map(
                |(name, answers_read, history, first_sequence)| Content::Hello {
                    name,
                    answers_read,
                    history,
                    first_sequence
                }
            ),
            (1..u64::MAX, any::<u64>(), any::<u64>(), ".{0,300}").prop_map(
                |(sequence, lamport, sent_at_ms, text)| Content::Text {
                    sequence,
                    lamport,
                    sent_at_ms,
                    text
                }
            ),
            (any::<u32>(), any::<u64>(), ranges).prop_map(|(delivered, read_up_to, steps)| {
                let mut before = u64::from(delivered);
                let ranges = steps.iter().map(|(gap, length)| {
                    let first = before + gap;
                    before = first + length;
                    (first, before)
                });
                let ranges = ranges.collect();
                Content::Receipt { delivered_up_to: u64::from(delivered), read_up_to, ranges }
            }),
            Just(Content::Goodbye),
        ]
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_and_nothing_may_follow(content in content()) {
            let mut bytes = content.encode();
            prop_assert_eq!(Content::decode(&bytes), Ok(content));
            bytes.push(0);
            prop_assert_eq!(Content::decode(&bytes), Err(DecodeError::Trailing));
        }

        #[test]
        fn any_bytes_are_refused_or_are_the_only_encoding(
            kind in 0..6_u8,
            mut bytes in prop::collection::vec(prop_oneof![Just(0), Just(1), any::<u8>()], 0..120),
        ) {
            bytes.insert(0, kind);
            if let Ok(content) = Content::decode(&bytes) {
                prop_assert_eq!(content.encode(), bytes);
            }
        }
    }

    #[test]
    fn a_text_above_its_bound_is_refused() {
        let text = |length| Content::Text {
            sequence: 1,
            lamport: 1,
            sent_at_ms: 0,
            text: "a".repeat(length),
        };
        assert!(Content::decode(&text(MAX_TEXT_BYTES).encode()).is_ok());
        assert_eq!(
            Content::decode(&text(MAX_TEXT_BYTES + 1).encode()),
            Err(DecodeError::TooLong { length: MAX_TEXT_BYTES + 1, max: MAX_TEXT_BYTES })
        );
    }

    #[test]
    fn ranges_out_of_order_overlapping_or_touching_are_refused() {
        for ranges in [vec![(11, 12)], vec![(10, 12)], vec![(20, 19)], vec![(20, 25), (26, 30)]] {
            let receipt = Content::Receipt { delivered_up_to: 10, read_up_to: 0, ranges };
            assert_eq!(Content::decode(&receipt.encode()), Err(DecodeError::Value));
        }
    }
}
