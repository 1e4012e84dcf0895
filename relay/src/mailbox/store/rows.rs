//! The rows of the store as bytes; [`super`] has the table of them.

use volly_core::{
    address::AddressPublicKeys,
    wire::mailbox::{Address, EnvelopeId},
};

/// Stands in a key of `expiries` where an envelope has its position.
pub const RECORD_POSITION: u32 = u32::MAX;

/// What shows another relay that the writer meant it; as it was given.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// They make the address.
    pub keys: AddressPublicKeys,
    /// Seconds.
    pub lifetime: u32,
    /// By the writer.
    pub signature: [u8; 64],
}

impl Proof {
    fn split(row: &[u8]) -> Option<(Self, &[u8])> {
        let (&read, row) = row.split_first_chunk()?;
        let (&write, row) = row.split_first_chunk()?;
        let (lifetime, row) = row.split_first_chunk()?;
        let (&signature, row) = row.split_first_chunk()?;
        let keys = AddressPublicKeys { read, write };
        Some((Self { keys, lifetime: u32::from_be_bytes(*lifetime), signature }, row))
    }

    fn write(&self) -> Vec<u8> {
        let Self { keys, lifetime, signature } = self;
        [&keys.read[..], &keys.write, &lifetime.to_be_bytes(), signature].concat()
    }
}

/// A value of `records`.
#[derive(Clone, Copy, Debug)]
pub struct RecordRow<'a> {
    /// Minute.
    pub expires: u32,
    /// As it was put.
    pub sequence: u64,
    /// As it was put.
    pub proof: Proof,
    /// As it was put.
    pub value: &'a [u8],
}

impl<'a> RecordRow<'a> {
    /// Takes the bytes apart.
    #[must_use]
    pub fn read(row: &'a [u8]) -> Option<Self> {
        let (expires, rest) = row.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (proof, value) = Proof::split(rest)?;
        Some(Self {
            expires: u32::from_be_bytes(*expires),
            sequence: u64::from_be_bytes(*sequence),
            proof,
            value,
        })
    }

    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let (expires, sequence) = (self.expires.to_be_bytes(), self.sequence.to_be_bytes());
        [&expires[..], &sequence, &self.proof.write(), self.value].concat()
    }
}

/// A value of `envelopes`.
#[derive(Clone, Copy, Debug)]
pub struct EnvelopeRow<'a> {
    /// Minute.
    pub expires: u32,
    /// As it was deposited.
    pub id: &'a EnvelopeId,
    /// As it was deposited.
    pub proof: Proof,
    /// As it was deposited.
    pub envelope: &'a [u8],
}

impl<'a> EnvelopeRow<'a> {
    /// Takes the bytes apart.
    #[must_use]
    pub fn read(row: &'a [u8]) -> Option<Self> {
        let (id, rest) = row.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (proof, envelope) = Proof::split(rest)?;
        Some(Self { expires: u32::from_be_bytes(*expires), id, proof, envelope })
    }

    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        [&self.id[..], &self.expires.to_be_bytes(), &self.proof.write(), self.envelope].concat()
    }
}

/// A value of `meters`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    /// Of the next deposit.
    pub next: u32,
    /// Charged, see [`crate::mailbox::quota::units`].
    pub units: u16,
}

impl Meter {
    /// Takes the bytes apart.
    #[must_use]
    pub const fn read([a, b, c, d, e, f]: &[u8; 6]) -> Self {
        Self { next: u32::from_be_bytes([*a, *b, *c, *d]), units: u16::from_be_bytes([*e, *f]) }
    }

    /// The bytes.
    #[must_use]
    pub const fn write(self) -> [u8; 6] {
        let [a, b, c, d] = self.next.to_be_bytes();
        let [e, f] = self.units.to_be_bytes();
        [a, b, c, d, e, f]
    }
}

/// A key of `envelopes`.
#[must_use]
pub fn envelope_key(address: &Address, position: u32) -> [u8; 36] {
    joined(&[address, &position.to_be_bytes()])
}

/// A key of `positions`.
#[must_use]
pub fn position_key(address: &Address, id: &EnvelopeId) -> [u8; 48] {
    joined(&[address, id])
}

/// A key of `expiries`.
#[must_use]
pub fn expiry_key(expires: u32, address: &Address, position: u32) -> [u8; 40] {
    joined(&[&expires.to_be_bytes(), address, &position.to_be_bytes()])
}

/// Takes a key of `expiries` apart.
#[must_use]
pub fn read_expiry_key(key: &[u8; 40]) -> Option<(u32, Address, u32)> {
    let (expires, rest) = key.split_first_chunk()?;
    let (address, position) = rest.split_first_chunk()?;
    let position = position.first_chunk()?;
    Some((u32::from_be_bytes(*expires), *address, u32::from_be_bytes(*position)))
}

/// Takes a key of `positions` apart.
#[must_use]
pub fn read_position_key(key: &[u8; 48]) -> Option<(Address, EnvelopeId)> {
    let (address, id) = key.split_first_chunk()?;
    Some((*address, *id.first_chunk()?))
}

fn joined<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut key = [0; N];
    let bytes = parts.iter().copied().flatten();
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    key
}
