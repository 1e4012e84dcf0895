//! protocol.md §6 and §8: one `RatchetMessage`, given its keys.

use super::primitives::{concat, open, take, take_u32};

const NONCE: usize = 24;
const SEALED_HEADERS: [usize; 3] = [45, 2_353, 3_441];
const SIZE_CLASSES: [usize; 4] = [512, 4_096, 16_384, 65_536];

/// Flag bits of a header.
pub const STEP: u8 = 1;
pub const PROOF: u8 = 2;
pub const ACKNOWLEDGES: u8 = 4;

/// What begins a chain, as it stands in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub previous: u32,
    pub ratchet_key: Vec<u8>,
    pub encapsulation_key: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub proof: Option<Vec<u8>>,
}

/// A header that was opened, and where the body begins.
#[derive(Clone, Debug)]
pub struct Header {
    pub flags: u8,
    pub index: u32,
    pub step: Option<Step>,
    pub sealed: usize,
}

/// Opens the header with `key`, as each of the three lengths.
pub fn header(key: &[u8], message: &[u8]) -> Option<Header> {
    SEALED_HEADERS.iter().find_map(|&sealed| {
        let (nonce, ciphertext) = message.get(..sealed)?.split_at(NONCE);
        parse(&open(key, nonce, &[], ciphertext)?, sealed)
    })
}

fn parse(mut bytes: &[u8], sealed: usize) -> Option<Header> {
    let bytes = &mut bytes;
    let flags = take(bytes, 1)?[0];
    let index = take_u32(bytes)?;
    let step = if flags & STEP == 0 {
        None
    } else {
        Some(Step {
            previous: take_u32(bytes)?,
            ratchet_key: take(bytes, 32)?.to_vec(),
            encapsulation_key: take(bytes, 1_184)?.to_vec(),
            ciphertext: take(bytes, 1_088)?.to_vec(),
            proof: if flags & PROOF == 0 { None } else { Some(take(bytes, 1_088)?.to_vec()) },
        })
    };
    let known = flags <= 7 && (flags & PROOF == 0 || flags & STEP != 0);
    (known && bytes.is_empty()).then_some(Header { flags, index, step, sealed })
}

/// Opens the body with a message key, and takes the padding off.
pub fn body(key: &[u8], associated_data: &[u8], message: &[u8], sealed: usize) -> Option<Vec<u8>> {
    let (header, ciphertext) = message.split_at(sealed);
    let aad = concat(&[associated_data, header]);
    let padded = open(key, &header[..NONCE], &aad, ciphertext)?;
    let rest = &mut padded.as_slice();
    let length = take_u32(rest)?;
    let content = take(rest, usize::try_from(length).ok()?)?;
    rest.iter().all(|byte| *byte == 0).then(|| content.to_vec())
}

/// Whether `envelope` has the smallest size that `content_length` and all around it leave.
pub fn is_padded(envelope: usize, overhead: usize, content_length: usize) -> bool {
    let needed = overhead + 4 + content_length + 16;
    SIZE_CLASSES.iter().find(|class| **class >= needed) == Some(&envelope)
}
