//! The two messages of libp2p's WebRTC specifications, which have one shape: a number and bytes,
//! both optional, behind a length (webrtc/webrtc.md "Signaling Protocol", webrtc/README.md
//! "Multiplexing"; protobuf, proto3 with presence).
//!
//! Does not know what a number means.

use unsigned_varint::{decode, encode};

/// The keys of the fields: field 1 as a varint, field 2 as bytes.
const NUMBER: u64 = 1 << 3;
const BYTES: u64 = 2 << 3 | 2;

/// Bytes that a message has beside its own: the length, and each field with its key.
pub const OVERHEAD: usize = 3 + 2 + 4;

/// The bytes are no message, or it is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed WebRTC message")]
pub struct Malformed;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// Field 1.
    pub number: Option<u64>,
    /// Field 2.
    pub bytes: Option<&'a [u8]>,
}

impl<'a> Message<'a> {
    /// The message behind its length.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(OVERHEAD + self.bytes.map_or(0, <[u8]>::len));
        if let Some(number) = self.number {
            push(&mut body, NUMBER);
            push(&mut body, number);
        }
        if let Some(bytes) = self.bytes {
            push(&mut body, BYTES);
            push(&mut body, bytes.len() as u64);
            body.extend_from_slice(bytes);
        }
        let mut message = Vec::with_capacity(OVERHEAD + body.len());
        push(&mut message, body.len() as u64);
        message.extend_from_slice(&body);
        message
    }

    /// Takes the first message off `input`: it and what is behind it. `None` while it is not whole.
    ///
    /// # Errors
    ///
    /// [`Malformed`], also when it has more than `max` bytes.
    pub fn split(input: &'a [u8], max: usize) -> Result<Option<(Self, &'a [u8])>, Malformed> {
        let (length, rest) = match decode::u64(input) {
            Ok(decoded) => decoded,
            Err(decode::Error::Insufficient) => return Ok(None),
            Err(_) => return Err(Malformed),
        };
        let length = usize::try_from(length).ok().filter(|length| *length <= max);
        let Some((body, behind)) = rest.split_at_checked(length.ok_or(Malformed)?) else {
            return Ok(None);
        };
        Ok(Some((Self::decode(body)?, behind)))
    }

    /// Reads the fields; of one that comes twice the last counts, and what is not known is skipped.
    fn decode(mut body: &'a [u8]) -> Result<Self, Malformed> {
        let mut message = Self::default();
        while !body.is_empty() {
            let key = take(&mut body)?;
            match key {
                NUMBER => message.number = Some(take(&mut body)?),
                BYTES => message.bytes = Some(take_bytes(&mut body)?),
                _ => match key & 7 {
                    0 => drop(take(&mut body)?),
                    1 => body = body.get(8..).ok_or(Malformed)?,
                    2 => drop(take_bytes(&mut body)?),
                    5 => body = body.get(4..).ok_or(Malformed)?,
                    _ => return Err(Malformed),
                },
            }
        }
        Ok(message)
    }
}

fn push(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend_from_slice(encode::u64(number, &mut encode::u64_buffer()));
}

fn take(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let (number, rest) = decode::u64(bytes).map_err(|_| Malformed)?;
    *bytes = rest;
    Ok(number)
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let length = usize::try_from(take(bytes)?).map_err(|_| Malformed)?;
    let (taken, rest) = bytes.split_at_checked(length).ok_or(Malformed)?;
    *bytes = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_zero_is_written() {
        let offer = Message { number: Some(0), bytes: Some(b"v=0") };
        assert_eq!(offer.encode(), [&[7, 8, 0, 0x12, 3][..], b"v=0"].concat());
    }

    #[test]
    fn unknown_fields_are_skipped_and_the_last_of_two_counts() {
        let unknown =
            [0x18, 0x96, 1, 0x22, 2, 9, 9, 0x29, 1, 2, 3, 4, 5, 6, 7, 8, 0x35, 1, 2, 3, 4];
        let body = [&[8, 1][..], &unknown, &[8, 2, 0x12, 1, b'a', 0x12, 1, b'b']].concat();
        let input = [&[u8::try_from(body.len()).unwrap()][..], &body, b"next"].concat();
        let expected = Message { number: Some(2), bytes: Some(b"b") };
        assert_eq!(Message::split(&input, 64), Ok(Some((expected, &b"next"[..]))));
    }

    #[test]
    fn what_is_malformed_or_too_long_is_refused_and_what_is_cut_is_waited_for() {
        for bad in [
            &[2, 8, 0x80][..],
            &[2, 0x12, 1],
            &[1, 0x0B],
            &[2, 0x19, 0],
            &[65],
            &[0x80, 0],
            &[0xFF; 11],
        ] {
            assert_eq!(Message::split(bad, 64), Err(Malformed), "{bad:?}");
        }
        let whole = Message { number: Some(300), bytes: Some(&[7; 200]) }.encode();
        for length in 0..whole.len() {
            assert_eq!(Message::split(&whole[..length], 256), Ok(None));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            number in prop::option::of(any::<u64>()),
            bytes in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
        ) {
            let message = Message { number, bytes: bytes.as_deref() };
            let encoded = message.encode();
            prop_assert_eq!(Message::split(&encoded, 400), Ok(Some((message, &[][..]))));
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Message::split(&bytes, 64);
        }
    }
}
