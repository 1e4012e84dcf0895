//! What a handshake says of an identity: two fields of a protocol buffer (libp2p specifications,
//! noise/README.md "The libp2p Handshake Payload").

use unsigned_varint::{decode, encode};

const IDENTITY_KEY: u64 = 1;
const IDENTITY_SIG: u64 = 2;

/// Wire types of protocol buffers.
const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const BYTES: u64 = 2;
const FIXED_32: u64 = 5;

/// See the module.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Payload<'b> {
    /// The public key, as libp2p encodes it.
    pub(super) identity_key: &'b [u8],
    /// The signature over the static key.
    pub(super) identity_sig: &'b [u8],
}

impl<'b> Payload<'b> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, field) in
            [(IDENTITY_KEY, self.identity_key), (IDENTITY_SIG, self.identity_sig)]
        {
            let mut buffer = encode::u64_buffer();
            bytes.extend_from_slice(encode::u64(number << 3 | BYTES, &mut buffer));
            let mut buffer = encode::usize_buffer();
            bytes.extend_from_slice(encode::usize(field.len(), &mut buffer));
            bytes.extend_from_slice(field);
        }
        bytes
    }

    /// Of a field that stands there twice the last counts; unknown ones are left out.
    pub(super) fn decode(mut bytes: &'b [u8]) -> Option<Self> {
        let mut payload = Self::default();
        while !bytes.is_empty() {
            let (tag, rest) = decode::u64(bytes).ok()?;
            bytes = match tag & 7 {
                VARINT => decode::u64(rest).ok()?.1,
                FIXED_64 => rest.get(8..)?,
                FIXED_32 => rest.get(4..)?,
                BYTES => {
                    let (len, rest) = decode::usize(rest).ok()?;
                    let (field, rest) = rest.split_at_checked(len)?;
                    match tag >> 3 {
                        IDENTITY_KEY => payload.identity_key = field,
                        IDENTITY_SIG => payload.identity_sig = field,
                        _ => {}
                    }
                    rest
                }
                _ => return None,
            };
        }
        Some(payload)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unknown_fields_are_left_out() {
        let bytes = b"\x0A\x01a\x18\x96\x01\x22\x02no\x12\x01b\x29........\x2D....\x0A\x01c";
        let expected = Payload { identity_key: b"c", identity_sig: b"b" };
        assert_eq!(Payload::decode(bytes), Some(expected));
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(key: Vec<u8>, sig: Vec<u8>) {
            let payload = Payload { identity_key: &key, identity_sig: &sig };
            let encoded = payload.encode();
            prop_assert_eq!(Payload::decode(&encoded), Some(payload));
        }

        #[test]
        fn nonsense_is_refused_or_read(bytes: Vec<u8>) {
            let _ = Payload::decode(&bytes);
        }
    }
}
