//! The frames between a client and a relay (protocol.md §10), said once for both sides.
//!
//! Invariant: what decodes encodes to the same bytes, and every signature is built and checked from
//! the same list of parts. Does not know: streams, subscriptions, quotas, storage.

mod encoding;

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::{
    address::{AddressKeys, AddressPublicKeys},
    crypto::labels,
};

/// The libp2p protocol name.
pub const PROTOCOL: &str = "/volly/mailbox/1";

/// What the relay draws for each stream; read signatures bind it.
pub type Nonce = [u8; 32];

/// A blinded address (protocol.md §9).
pub type Address = [u8; 32];

/// Names an envelope in its mailbox.
pub type EnvelopeId = [u8; 16];

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Chosen by the client; the reply carries it.
    pub id: u32,
    /// What to do.
    pub op: Op,
}

/// One operation with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Writes a record; the highest sequence wins.
    PutRecord {
        /// Where.
        keys: AddressPublicKeys,
        /// Higher than the one it replaces.
        sequence: u64,
        /// Seconds to keep it.
        lifetime: u32,
        /// At most [`crate::limits::MAX_RECORD_BYTES`].
        value: Vec<u8>,
        /// By the writer.
        signature: [u8; 64],
    },
    /// Reads a record.
    GetRecord {
        /// Where.
        keys: AddressPublicKeys,
        /// By the reader.
        signature: [u8; 64],
    },
    /// Appends an envelope to a mailbox.
    Deposit {
        /// Where.
        keys: AddressPublicKeys,
        /// The same when it is sent again.
        id: EnvelopeId,
        /// Seconds to keep it.
        lifetime: u32,
        /// At most [`crate::limits::MAX_ENVELOPE_BYTES`].
        envelope: Vec<u8>,
        /// By the writer.
        signature: [u8; 64],
    },
    /// Asks for what is in a mailbox, and for what comes.
    Subscribe {
        /// Where.
        keys: AddressPublicKeys,
        /// By the reader.
        signature: [u8; 64],
    },
    /// Deletes an envelope, at every relay that is told of it.
    Acknowledge {
        /// Where.
        keys: AddressPublicKeys,
        /// Of the envelope.
        id: EnvelopeId,
        /// By the reader.
        signature: [u8; 64],
    },
    /// Ends a subscription of this stream.
    Unsubscribe {
        /// The mailbox.
        address: Address,
    },
}

impl Op {
    /// A signed PutRecord. `value` has at most [`crate::limits::MAX_RECORD_BYTES`].
    #[must_use]
    pub fn put_record(keys: &AddressKeys, sequence: u64, lifetime: u32, value: Vec<u8>) -> Self {
        let public = keys.public();
        let signature = with_put_parts(&public.address(), sequence, lifetime, &value, |parts| {
            keys.sign_write(labels::RELAY_PUT, parts)
        });
        Self::PutRecord { keys: public, sequence, lifetime, value, signature }
    }

    /// A signed GetRecord for the stream that said `nonce`.
    #[must_use]
    pub fn get_record(keys: &AddressKeys, nonce: &Nonce) -> Self {
        let public = keys.public();
        let signature = keys.sign_read(labels::RELAY_GET, &[nonce, &public.address()]);
        Self::GetRecord { keys: public, signature }
    }

    /// A signed Deposit. `envelope` has at most [`crate::limits::MAX_ENVELOPE_BYTES`].
    #[must_use]
    pub fn deposit(keys: &AddressKeys, id: EnvelopeId, lifetime: u32, envelope: Vec<u8>) -> Self {
        let public = keys.public();
        let signature = with_deposit_parts(&public.address(), &id, lifetime, &envelope, |parts| {
            keys.sign_write(labels::RELAY_DEPOSIT, parts)
        });
        Self::Deposit { keys: public, id, lifetime, envelope, signature }
    }

    /// A signed Subscribe for the stream that said `nonce`.
    #[must_use]
    pub fn subscribe(keys: &AddressKeys, nonce: &Nonce) -> Self {
        let public = keys.public();
        let signature = keys.sign_read(labels::RELAY_SUBSCRIBE, &[nonce, &public.address()]);
        Self::Subscribe { keys: public, signature }
    }

    /// A signed Acknowledge.
    #[must_use]
    pub fn acknowledge(keys: &AddressKeys, id: EnvelopeId) -> Self {
        let public = keys.public();
        let signature = keys.sign_read(labels::RELAY_ACKNOWLEDGE, &[&public.address(), &id]);
        Self::Acknowledge { keys: public, id, signature }
    }

    /// The address this is about, when its signature proves the right to ask for it on the stream
    /// that said `nonce`.
    ///
    /// Unsubscribe carries no signature: it is about a subscription of this stream.
    #[must_use]
    pub fn authorised_address(&self, nonce: &Nonce) -> Option<Address> {
        match self {
            Self::PutRecord { keys, sequence, lifetime, value, signature } => {
                let address = keys.address();
                with_put_parts(&address, *sequence, *lifetime, value, |parts| {
                    keys.verify_write(labels::RELAY_PUT, parts, signature)
                })
                .then_some(address)
            }
            Self::GetRecord { keys, signature } => {
                let address = keys.address();
                keys.verify_read(labels::RELAY_GET, &[nonce, &address], signature)
                    .then_some(address)
            }
            Self::Deposit { keys, id, lifetime, envelope, signature } => {
                let address = keys.address();
                with_deposit_parts(&address, id, *lifetime, envelope, |parts| {
                    keys.verify_write(labels::RELAY_DEPOSIT, parts, signature)
                })
                .then_some(address)
            }
            Self::Subscribe { keys, signature } => {
                let address = keys.address();
                keys.verify_read(labels::RELAY_SUBSCRIBE, &[nonce, &address], signature)
                    .then_some(address)
            }
            Self::Acknowledge { keys, id, signature } => {
                let address = keys.address();
                keys.verify_read(labels::RELAY_ACKNOWLEDGE, &[&address, id], signature)
                    .then_some(address)
            }
            Self::Unsubscribe { address } => Some(*address),
        }
    }
}

/// Lends what the signature of a PutRecord covers.
fn with_put_parts<T>(
    address: &Address,
    sequence: u64,
    lifetime: u32,
    value: &[u8],
    then: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    let hash = Sha256::digest(value);
    then(&[address, &sequence.to_be_bytes(), &lifetime.to_be_bytes(), &hash])
}

/// Lends what the signature of a Deposit covers.
fn with_deposit_parts<T>(
    address: &Address,
    id: &EnvelopeId,
    lifetime: u32,
    envelope: &[u8],
    then: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    let hash = Sha256::digest(envelope);
    then(&[address, id, &lifetime.to_be_bytes(), &hash])
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// Done, and durable.
    Done = 0,
    /// There is no such record.
    NotFound = 1,
    /// A record with a higher sequence is there.
    Stale = 2,
    /// The signature or the address is wrong.
    Refused = 3,
    /// A quota is used up.
    Full = 4,
    /// Try again later.
    Busy = 5,
    /// The request does not decode.
    Malformed = 6,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Done,
        Self::NotFound,
        Self::Stale,
        Self::Refused,
        Self::Full,
        Self::Busy,
        Self::Malformed,
    ];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&status| status as u8 == byte)
    }
}

/// What the relay says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The first frame of a stream.
    Hello {
        /// For the read signatures of this stream.
        nonce: Nonce,
    },
    /// The end of a request.
    Reply {
        /// Of the request.
        id: u32,
        /// How it ended.
        status: Status,
        /// A [`Record`] when a GetRecord is done, nothing otherwise.
        payload: Vec<u8>,
    },
    /// An envelope out of a subscribed mailbox.
    Push {
        /// The mailbox.
        address: Address,
        /// For the acknowledgement.
        id: EnvelopeId,
        /// At most [`crate::limits::MAX_ENVELOPE_BYTES`].
        envelope: Vec<u8>,
    },
}

/// The payload of the reply to a GetRecord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// As it was put.
    pub sequence: u64,
    /// As it was put.
    pub value: Vec<u8>,
}

#[cfg(test)]
mod tests;
