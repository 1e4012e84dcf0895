//! Frames of a WebSocket (RFC 6455 §5.2): their heads, and the mask of what a client sends.

use std::io;

use crate::defaults;

/// Opcode of a binary message.
pub const BINARY: u8 = 2;
/// Opcode of the end.
pub const CLOSE: u8 = 8;
/// Opcode of the answer to a ping.
pub const PONG: u8 = 10;

/// Longest payload of a control frame (RFC 6455 §5.5).
const CONTROL_BYTES: u64 = 125;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The first of a binary message.
    First,
    /// One that continues it.
    Next,
    /// The end.
    Close,
    /// Wants an answer.
    Ping,
    /// Is one.
    Pong,
}

/// What stands before the payload of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it is.
    pub kind: Kind,
    /// Whether its message ends with it.
    pub last: bool,
    /// Bytes of its payload, at most [`defaults::SOCKET_MESSAGE_BYTES`].
    pub len: u64,
    mask: [u8; 4],
}

impl Head {
    /// Reads what a client sends, and how many bytes the head has; `None` while some are missing.
    ///
    /// # Errors
    /// When it is none, is not masked, is of a text, or announces too much.
    pub fn read(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (last, kind) = (first & 0x80 != 0, kind(first & 0x7F)?);
        if second & 0x80 == 0 {
            return Err(refused("not masked"));
        }
        let (len, rest) = match second & 0x7F {
            126 => match rest.split_first_chunk() {
                Some((len, rest)) => (u16::from_be_bytes(*len).into(), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((len, rest)) => (u64::from_be_bytes(*len), rest),
                None => return Ok(None),
            },
            short => (short.into(), rest),
        };
        let control = !matches!(kind, Kind::First | Kind::Next);
        if control && (!last || len > CONTROL_BYTES) {
            return Err(refused("a control frame in parts, or a long one"));
        }
        if len > u64::try_from(defaults::SOCKET_MESSAGE_BYTES).unwrap_or(u64::MAX) {
            return Err(refused("too long"));
        }
        let Some((mask, rest)) = rest.split_first_chunk() else { return Ok(None) };
        Ok(Some((Self { kind, last, len, mask: *mask }, bytes.len() - rest.len())))
    }

    /// What follows it.
    #[must_use]
    pub fn payload(&self) -> Payload {
        Payload { left: usize::try_from(self.len).unwrap_or(usize::MAX), mask: self.mask }
    }
}

/// The lower seven bits of a first byte: three that extensions would use, of which there are none, and
/// the opcode.
fn kind(bits: u8) -> io::Result<Kind> {
    match bits {
        0 => Ok(Kind::Next),
        BINARY => Ok(Kind::First),
        CLOSE => Ok(Kind::Close),
        9 => Ok(Kind::Ping),
        PONG => Ok(Kind::Pong),
        _ => Err(refused("a text, or an unknown opcode")),
    }
}

/// The other side's fault.
#[must_use]
pub fn refused(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// What is still to come of a frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Payload {
    left: usize,
    /// For the bytes that come next.
    mask: [u8; 4],
}

impl Payload {
    /// Bytes that are still to come.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.left
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Takes the mask off the bytes that came next (RFC 6455 §5.3).
    pub fn unmask(&mut self, bytes: &mut [u8]) {
        let word = u32::from_ne_bytes(self.mask);
        let long = u64::from(word) << 32 | u64::from(word);
        let (words, rest) = bytes.as_chunks_mut::<8>();
        for bytes in words {
            *bytes = (u64::from_ne_bytes(*bytes) ^ long).to_ne_bytes();
        }
        for (byte, mask) in rest.iter_mut().zip(self.mask.iter().cycle()) {
            *byte ^= mask;
        }
        self.mask.rotate_left(bytes.len() % 4);
        self.left = self.left.saturating_sub(bytes.len());
    }
}

/// The head of a whole message of the relay, not masked.
#[derive(Clone, Copy, Debug)]
pub struct OwnHead {
    bytes: [u8; 10],
    len: usize,
}

impl core::ops::Deref for OwnHead {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Makes the head of `len` bytes.
#[must_use]
pub fn head(opcode: u8, len: usize) -> OwnHead {
    let mut bytes = [0; 10];
    let len = match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ ..126), _) => {
            bytes[..2].copy_from_slice(&[0x80 | opcode, short]);
            2
        }
        (_, Ok(medium)) => {
            bytes[..2].copy_from_slice(&[0x80 | opcode, 126]);
            bytes[2..4].copy_from_slice(&medium.to_be_bytes());
            4
        }
        _ => {
            bytes[..2].copy_from_slice(&[0x80 | opcode, 127]);
            bytes[2..].copy_from_slice(&u64::try_from(len).unwrap_or(u64::MAX).to_be_bytes());
            10
        }
    };
    OwnHead { bytes, len }
}
