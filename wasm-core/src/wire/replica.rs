//! The frames between two relays (protocol.md §14), said once for both sides.
//!
//! Whoever opens the stream asks; the other side says hello, and answers with [`Frame::Reply`] as on
//! a mailbox stream. Invariant: what decodes encodes to the same bytes.
//!
//! [`Frame::Reply`]: super::mailbox::Frame::Reply

use alloc::{string::String, vec::Vec};

use sha2::{Digest, Sha256};

use super::{
    codec::{DecodeError, Reader, Writer},
    mailbox::{Address, EnvelopeId, Nonce, Op, Request},
};
use crate::{
    crypto::labels,
    limits::{MAX_OFFER, MAX_RELAY_ADDRESS_BYTES, MAX_RELAY_ADDRESSES},
};

/// The libp2p protocol name.
pub const PROTOCOL: &str = "/volly/replica/1";

const VERSION: u8 = 1;

/// Drawn for each mailbox stream; with the relay's name it makes the nonce of that.
pub type Salt = [u8; 32];

/// The nonce of a mailbox stream of the relay with this encoded PeerId: `SHA-256(label ‖ salt ‖ peer)`.
///
/// A read signature that binds it is good for this relay, which can prove that with the salt.
#[must_use]
pub fn nonce(peer: &[u8], salt: &Salt) -> Nonce {
    Sha256::new()
        .chain_update(labels::RELAY_NONCE)
        .chain_update(salt)
        .chain_update(peer)
        .finalize()
        .into()
}

/// What a relay has of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// An envelope.
    Envelope(Address, EnvelopeId),
    /// A record with this sequence.
    Record(Address, u64),
}

/// What one relay asks of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Keep this, or delete it: what a client has signed.
    HandOn {
        /// Minute since the Unix epoch at which it ends at the latest.
        until: u32,
        /// With its request id.
        request: Request,
    },
    /// Which of these do you not have?
    Offer {
        /// Request id.
        id: u32,
        /// At most [`MAX_OFFER`].
        items: Vec<Item>,
    },
    /// Hand on to me what a client of mine may read.
    Fetch {
        /// Of the stream of that client.
        salt: Salt,
        /// With its request id.
        request: Request,
    },
}

impl Ask {
    /// The request id.
    #[must_use]
    pub const fn id(&self) -> u32 {
        match self {
            Self::HandOn { request, .. } | Self::Fetch { request, .. } => request.id,
            Self::Offer { id, .. } => *id,
        }
    }

    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::HandOn { until, request } => {
                Writer::default().u8(1).u32(*until).bytes(&request.encode())
            }
            Self::Offer { id, items } => {
                let count = u16::try_from(items.len()).expect("an offer is bounded");
                items.iter().fold(Writer::default().u8(2).u32(*id).u16(count), write_item)
            }
            Self::Fetch { salt, request } => {
                Writer::default().u8(3).bytes(salt).bytes(&request.encode())
            }
        }
        .finish()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    /// When a count is above its bound, bytes are missing or left over, the kind is unknown, or the
    /// request is of a kind that is not asked for in this way.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(body, |r| match r.u8()? {
            1 => {
                let until = r.u32()?;
                let request = Request::decode(r.rest())?;
                let written = matches!(
                    request.op,
                    Op::PutRecord { .. } | Op::Deposit { .. } | Op::Acknowledge { .. }
                );
                written.then_some(Self::HandOn { until, request }).ok_or(DecodeError::Value)
            }
            2 => {
                let id = r.u32()?;
                let count = usize::from(r.u16()?);
                if count > MAX_OFFER {
                    return Err(DecodeError::TooLong { length: count, max: MAX_OFFER });
                }
                let items = (0..count).map(|_| read_item(r)).collect::<Result<_, _>>()?;
                Ok(Self::Offer { id, items })
            }
            3 => {
                let salt = r.array()?;
                let request = Request::decode(r.rest())?;
                let read = matches!(request.op, Op::GetRecord { .. } | Op::Subscribe { .. });
                read.then_some(Self::Fetch { salt, request }).ok_or(DecodeError::Value)
            }
            _ => Err(DecodeError::Value),
        })
    }
}

/// All items have one length, so that an offer is as long as its count says.
fn write_item(w: Writer, item: &Item) -> Writer {
    match item {
        Item::Envelope(address, id) => w.bytes(address).u8(1).bytes(id),
        Item::Record(address, sequence) => w.bytes(address).u8(2).u64(0).u64(*sequence),
    }
}

fn read_item(r: &mut Reader<'_>) -> Result<Item, DecodeError> {
    let address = r.array()?;
    match r.u8()? {
        1 => Ok(Item::Envelope(address, r.array()?)),
        2 if r.u64()? == 0 => Ok(Item::Record(address, r.u64()?)),
        _ => Err(DecodeError::Value),
    }
}

/// The payload of the reply to an offer: a bit for each item, the first the highest; a 1 is wanted.
#[must_use]
pub fn encode_wanted(wanted: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| {
        bits.iter().enumerate().fold(0, |byte, (at, &bit)| byte | (u8::from(bit) << (7 - at)))
    };
    wanted.chunks(8).map(byte).collect()
}

/// Reads which of `count` items are wanted.
///
/// # Errors
/// When it is not as long as it should be, or a bit behind the last item is set.
pub fn decode_wanted(payload: &[u8], count: usize) -> Result<Vec<bool>, DecodeError> {
    let bits = payload.iter().flat_map(|byte| (0..8).map(move |at| byte >> (7 - at) & 1 == 1));
    let mut wanted: Vec<bool> = bits.collect();
    let whole = payload.len() == count.div_ceil(8);
    if !whole || wanted.iter().skip(count).any(|&bit| bit) {
        return Err(DecodeError::Value);
    }
    wanted.truncate(count);
    Ok(wanted)
}

/// What the answering side says first, and again when it has changed: where browsers find it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// At most [`MAX_RELAY_ADDRESSES`] multiaddrs as texts, unchecked.
    pub addresses: Vec<String>,
}

impl Hello {
    /// The body of the frame; what is above a bound is left out.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let short = |text: &&String| text.len() <= MAX_RELAY_ADDRESS_BYTES;
        let addresses: Vec<_> =
            self.addresses.iter().filter(short).take(MAX_RELAY_ADDRESSES).collect();
        let head = Writer::default().u8(0).u8(VERSION).count8(addresses.len());
        addresses.iter().fold(head, |w, text| w.bytes16(text.as_bytes())).finish()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    /// When a count or length is above its bound, a text is no UTF-8, or bytes are missing or left
    /// over.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(body, |r| {
            if r.u8()? != 0 {
                return Err(DecodeError::Value);
            }
            r.version(VERSION)?;
            let count = r.count8(MAX_RELAY_ADDRESSES)?;
            let addresses = (0..count)
                .map(|_| r.text16(MAX_RELAY_ADDRESS_BYTES).map(String::from))
                .collect::<Result<_, _>>()?;
            Ok(Self { addresses })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        address::{AddressKeys, Direction, Purpose},
        crypto::secret::Secret,
        limits::{MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES},
    };

    fn every_ask() -> Vec<Ask> {
        let keys =
            AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 1);
        let request = |op| Request { id: 7, op };
        let hand_on = |op| Ask::HandOn { until: 9, request: request(op) };
        let fetch = |op| Ask::Fetch { salt: [6; 32], request: request(op) };
        let mut items = vec![Item::Envelope([1; 32], [2; 16]); MAX_OFFER - 1];
        items.push(Item::Record([3; 32], u64::MAX));
        vec![
            hand_on(Op::put_record(&keys, 1, 2, vec![3])),
            hand_on(Op::deposit(&keys, [4; 16], 5, vec![6; MAX_ENVELOPE_BYTES])),
            hand_on(Op::acknowledge(&keys, [4; 16])),
            Ask::Offer { id: 7, items },
            fetch(Op::get_record(&keys, &[5; 32])),
            fetch(Op::subscribe(&keys, &[5; 32])),
        ]
    }

    #[test]
    fn everything_comes_back_as_it_went_and_fits_into_a_frame() {
        for ask in every_ask() {
            let body = ask.encode();
            assert!(body.len() <= MAX_FRAME_BYTES);
            assert_eq!(Ask::decode(&body), Ok(ask.clone()));
            assert_eq!(ask.id(), 7);
            assert!(Ask::decode(&body[..body.len() - 1]).is_err());
            assert!(Ask::decode(&[&body[..], &[0]].concat()).is_err());
        }
        let longest = "a".repeat(MAX_RELAY_ADDRESS_BYTES);
        let hello = Hello { addresses: vec![longest; MAX_RELAY_ADDRESSES] };
        assert!(hello.encode().len() <= MAX_FRAME_BYTES);
        assert_eq!(Hello::decode(&hello.encode()), Ok(hello));
    }

    #[test]
    fn a_read_is_not_handed_on_and_a_write_is_not_fetched() {
        for ask in every_ask() {
            let swapped = match ask {
                Ask::HandOn { request, .. } => Ask::Fetch { salt: [6; 32], request },
                Ask::Fetch { request, .. } => Ask::HandOn { until: 9, request },
                Ask::Offer { .. } => continue,
            };
            assert!(Ask::decode(&swapped.encode()).is_err());
        }
    }

    #[test]
    fn an_offer_above_its_bound_does_not_decode() {
        let items = vec![Item::Record([1; 32], 1); MAX_OFFER + 1];
        assert!(Ask::decode(&Ask::Offer { id: 1, items }.encode()).is_err());
    }

    #[test]
    fn a_nonce_is_of_one_relay_and_one_stream() {
        let nonces = [nonce(b"a", &[1; 32]), nonce(b"b", &[1; 32]), nonce(b"a", &[2; 32])];
        assert!(nonces[0] != nonces[1] && nonces[0] != nonces[2]);
    }

    proptest! {
        #[test]
        fn what_is_wanted_comes_back_as_it_went(
            wanted in proptest::collection::vec(any::<bool>(), 0..50),
        ) {
            let payload = encode_wanted(&wanted);
            prop_assert_eq!(decode_wanted(&payload, wanted.len()), Ok(wanted.clone()));
            prop_assert!(decode_wanted(&payload, wanted.len() + 8).is_err());
        }

        #[test]
        fn arbitrary_bytes_decode_to_themselves_or_not_at_all(
            mut body in proptest::collection::vec(any::<u8>(), 0..300),
            kind in 0_u8..5,
        ) {
            if let Some(first) = body.first_mut() {
                *first = kind;
            }
            if let Ok(ask) = Ask::decode(&body) {
                prop_assert_eq!(ask.encode(), body.clone());
            }
            if let Ok(hello) = Hello::decode(&body) {
                prop_assert_eq!(hello.encode(), body);
            }
        }
    }
}
