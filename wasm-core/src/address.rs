//! Blinded addresses (protocol.md §9): where two people who share a secret leave things for each
//! other, without a relay being able to tell that two addresses belong to the same people.
//!
//! Invariant: a key pair is used for one purpose, one direction and one day.
//! Does not know: relays, and what lies at an address.

use alloc::{boxed::Box, vec::Vec};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::crypto::{kdf, labels, secret::Secret};

/// What an address is for (protocol.md §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Envelopes between two contacts.
    Mailbox = 1,
    /// Where a contact is now.
    Presence = 2,
    /// The prekeys behind an invite.
    InviteRecord = 3,
    /// The answers to an invite.
    InviteMailbox = 4,
}

/// Who writes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Direction {
    /// The initiator of the session writes, the recipient reads.
    Forth = 0,
    /// The other way round.
    Back = 1,
}

impl Direction {
    /// The other direction.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Forth => Self::Back,
            Self::Back => Self::Forth,
        }
    }
}

/// The read and the write key pair of one address.
#[derive(Clone)]
pub struct AddressKeys {
    // Boxed: what holds them is moved about, and a move copies whatever lies in the room of its
    // largest variant.
    read: Box<SigningKey>,
    write: Box<SigningKey>,
}

impl core::fmt::Debug for AddressKeys {
    /// Leaves the public halves out too: an address says who talks to whom.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AddressKeys(..)")
    }
}

impl AddressKeys {
    /// Derives the keys of one address from what two people share.
    #[must_use]
    pub fn derive(secret: &Secret<32>, purpose: Purpose, direction: Direction, day: u32) -> Self {
        let context = context(purpose, direction, day);
        let seeds: Secret<64> = kdf::derive(secret.expose(), labels::ADDRESS, &[&context]);
        let (read, write) = seeds.expose().split_at(32);
        let key = |half: &[u8]| {
            Box::new(SigningKey::from_bytes(half.try_into().expect("half of 64 bytes is 32 bytes")))
        };
        Self { read: key(read), write: key(write) }
    }

    /// The public halves.
    #[must_use]
    pub fn public(&self) -> AddressPublicKeys {
        AddressPublicKeys {
            read: self.read.verifying_key().to_bytes(),
            write: self.write.verifying_key().to_bytes(),
        }
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> [u8; 32] {
        self.public().address()
    }

    /// Signs `label ‖ parts` as the reader.
    #[must_use]
    pub fn sign_read(&self, label: &[u8], parts: &[&[u8]]) -> [u8; 64] {
        self.read.sign(&joined(label, parts)).to_bytes()
    }

    /// Signs `label ‖ parts` as the writer.
    #[must_use]
    pub fn sign_write(&self, label: &[u8], parts: &[&[u8]]) -> [u8; 64] {
        self.write.sign(&joined(label, parts)).to_bytes()
    }
}

/// The public keys of an address, 64 bytes on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPublicKeys {
    /// Ed25519.
    pub read: [u8; 32],
    /// Ed25519.
    pub write: [u8; 32],
}

impl AddressPublicKeys {
    /// `SHA-256(label ‖ read ‖ write)`.
    #[must_use]
    pub fn address(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(labels::RELAY_ADDRESS)
            .chain_update(self.read)
            .chain_update(self.write)
            .finalize()
            .into()
    }

    /// Whether the reader signed `label ‖ parts`.
    #[must_use]
    pub fn verify_read(&self, label: &[u8], parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        verify(&self.read, &joined(label, parts), signature)
    }

    /// Whether the writer signed `label ‖ parts`.
    #[must_use]
    pub fn verify_write(&self, label: &[u8], parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        verify(&self.write, &joined(label, parts), signature)
    }
}

/// Derives the key that seals a record at the address with the same parameters.
#[must_use]
pub fn record_key(
    secret: &Secret<32>,
    purpose: Purpose,
    direction: Direction,
    day: u32,
) -> Secret<32> {
    kdf::derive(secret.expose(), labels::RECORD, &[&context(purpose, direction, day)])
}

fn context(purpose: Purpose, direction: Direction, day: u32) -> [u8; 6] {
    let [a, b, c, d] = day.to_be_bytes();
    [purpose as u8, direction as u8, a, b, c, d]
}

fn joined(label: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut message = label.to_vec();
    for part in parts {
        message.extend_from_slice(part);
    }
    message
}

/// `verify_strict` (RFC 8032 with small-order keys and non-canonical encodings refused): an address
/// is chosen by whoever makes the keys, so a key under which many signatures verify must not pass.
fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys(secret: u8, purpose: Purpose, direction: Direction, day: u32) -> AddressKeys {
        AddressKeys::derive(&Secret::new([secret; 32]), purpose, direction, day)
    }

    #[test]
    fn every_parameter_changes_every_public_value() {
        let mut seen = HashSet::new();
        for secret in [1, 2] {
            for purpose in [Purpose::Mailbox, Purpose::Presence] {
                for direction in [Direction::Forth, Direction::Back] {
                    for day in [0, 1] {
                        let keys = keys(secret, purpose, direction, day);
                        let public = keys.public();
                        assert!(seen.insert(keys.address()));
                        assert!(seen.insert(public.read) && seen.insert(public.write));
                    }
                }
            }
        }
    }

    #[test]
    fn a_reader_is_no_writer() {
        let keys = keys(7, Purpose::Mailbox, Direction::Forth, 20_000);
        let by_reader = keys.sign_read(b"label", &[b"part"]);
        let by_writer = keys.sign_write(b"label", &[b"part"]);
        assert!(keys.public().verify_read(b"label", &[b"part"], &by_reader));
        assert!(keys.public().verify_write(b"label", &[b"part"], &by_writer));
        assert!(!keys.public().verify_write(b"label", &[b"part"], &by_reader));
        assert!(!keys.public().verify_read(b"label", &[b"other"], &by_reader));
    }

    #[test]
    fn a_small_order_key_verifies_nothing() {
        let public = AddressPublicKeys { read: [0; 32], write: [0; 32] };
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!public.verify_read(b"label", &[b"part"], &signature));
    }
}
