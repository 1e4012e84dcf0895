//! The ratchet at rest. Not a wire format: the session record around it has the version.

use alloc::collections::{BTreeMap, VecDeque};

use super::{
    Authentication, OurRatchetKeys, Ratchet, ReceivingChain, SendingChain, TheirRatchetKeys, Turn,
    keys::ChainKey,
    skipped_keys::{RememberedChain, SkippedKey, SkippedKeys},
};
use crate::{
    crypto::{
        dh,
        kem::{DecapsulationKey, EncapsulationKey},
        secret::Secret,
    },
    limits::{MAX_REMEMBERED_CHAINS, MAX_SKIPPED_KEYS},
    wire::{
        RatchetStep, StepKind,
        codec::{DecodeError, Reader, Writer},
    },
};

/// All but the skipped keys: at most three root keys, a turn, two chains with a step, a key.
const MAX_BASE_BYTES: usize = 7_000;
const SKIPPED_KEY_BYTES: usize = 4 + 8 + 32;
const CHAIN_BYTES: usize = 32 + 2;

impl Ratchet {
    /// More bytes than [`Self::write`] appends: secrets want a buffer that never grows.
    pub(crate) fn encoded_capacity(&self) -> usize {
        let chains = &self.skipped.0;
        let keys: usize = chains.iter().map(|chain| chain.keys.len()).sum();
        MAX_BASE_BYTES + chains.len() * CHAIN_BYTES + keys * SKIPPED_KEY_BYTES
    }

    /// Appends the state.
    pub(crate) fn write(&self, writer: Writer) -> Writer {
        let writer = secret(writer, &self.root_key);
        let writer = secret(writer, &self.next_sending_header_key);
        let writer = secret(writer, &self.next_receiving_header_key);
        let writer = match &self.turn {
            Turn::Ours(theirs) => writer.u8(0).bytes(&theirs.dh.0).bytes(&theirs.kem.to_bytes()),
            Turn::Theirs(ours) => writer.u8(1).bytes(ours.dh.expose()).bytes(ours.kem.expose()),
        };
        let writer = match &self.authentication {
            Authentication::AwaitsAnswer(key) => writer.u8(0).bytes(key.expose()),
            Authentication::OwesProof => writer.u8(1),
            Authentication::OwesAnswer(key) => writer.u8(2).bytes(&key.to_bytes()),
            Authentication::AwaitsProof => writer.u8(3),
            Authentication::Done => writer.u8(4),
        };
        let writer = match &self.sending {
            None => writer.u8(0),
            Some(chain) => chain.write(writer.u8(1)),
        };
        let writer = match &self.receiving {
            None => writer.u8(0),
            Some(chain) => chain.write(writer.u8(1)),
        };
        self.skipped.write(writer)
    }

    /// Takes the state that [`Self::write`] appended.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            root_key: read_secret(reader)?,
            next_sending_header_key: read_secret(reader)?,
            next_receiving_header_key: read_secret(reader)?,
            turn: match reader.u8()? {
                0 => Turn::Ours(TheirRatchetKeys {
                    dh: dh::PublicKey(reader.array()?),
                    kem: read_kem_key(reader)?,
                }),
                1 => Turn::Theirs(OurRatchetKeys {
                    dh: dh::SecretKey::from_bytes(reader.array()?),
                    kem: DecapsulationKey::from_bytes(reader.array()?),
                }),
                _ => return Err(DecodeError::Value),
            },
            authentication: match reader.u8()? {
                0 => Authentication::AwaitsAnswer(DecapsulationKey::from_bytes(reader.array()?)),
                1 => Authentication::OwesProof,
                2 => Authentication::OwesAnswer(read_kem_key(reader)?),
                3 => Authentication::AwaitsProof,
                4 => Authentication::Done,
                _ => return Err(DecodeError::Value),
            },
            sending: optional(reader, SendingChain::read)?,
            receiving: optional(reader, ReceivingChain::read)?,
            skipped: SkippedKeys::read(reader)?,
        })
    }
}

impl SendingChain {
    fn write(&self, writer: Writer) -> Writer {
        let writer = secret(writer, &self.header_key);
        let writer = secret(writer, &self.chain_key.0).u32(self.index).u64(self.began);
        match &self.step {
            None => writer.u8(0),
            Some(step) if step.authentication.is_none() => step.write(writer.u8(1)),
            Some(step) => step.write(writer.u8(2)),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            header_key: read_secret(reader)?,
            chain_key: ChainKey(read_secret(reader)?),
            index: reader.u32()?,
            began: reader.u64()?,
            step: {
                let kind = match reader.u8()? {
                    0 => StepKind::None,
                    1 => StepKind::Step,
                    2 => StepKind::Authentication,
                    _ => return Err(DecodeError::Value),
                };
                RatchetStep::read(reader, kind)?
            },
        })
    }
}

impl ReceivingChain {
    fn write(&self, writer: Writer) -> Writer {
        let writer = secret(writer, &self.header_key);
        secret(writer, &self.chain_key.0).u32(self.index)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            header_key: read_secret(reader)?,
            chain_key: ChainKey(read_secret(reader)?),
            index: reader.u32()?,
        })
    }
}

impl SkippedKeys {
    pub(super) fn write(&self, writer: Writer) -> Writer {
        self.0.iter().fold(writer.count8(self.0.len()), |writer, chain| {
            let count = u16::try_from(chain.keys.len()).expect("MAX_SKIPPED_KEYS is below 65,536");
            let writer = secret(writer, &chain.header_key).u16(count);
            chain.keys.iter().fold(writer, |writer, (index, skipped)| {
                secret(writer.u32(*index).u64(skipped.at), &skipped.key)
            })
        })
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count8(MAX_REMEMBERED_CHAINS)?;
        let mut chains = VecDeque::with_capacity(count);
        let mut left = MAX_SKIPPED_KEYS;
        for _ in 0..count {
            let header_key = read_secret(reader)?;
            let length = usize::from(reader.u16()?);
            let max = left;
            left = max.checked_sub(length).ok_or(DecodeError::TooLong { length, max })?;
            let mut keys = BTreeMap::new();
            for _ in 0..length {
                let index = reader.u32()?;
                // Ascending, as they are written: a state has one encoding.
                if keys.last_key_value().is_some_and(|(&last, _)| last >= index) {
                    return Err(DecodeError::Value);
                }
                keys.insert(index, SkippedKey { at: reader.u64()?, key: read_secret(reader)? });
            }
            chains.push_back(RememberedChain { header_key, keys });
        }
        Ok(Self(chains))
    }
}

fn secret(writer: Writer, secret: &Secret<32>) -> Writer {
    writer.bytes(secret.expose())
}

fn read_secret(reader: &mut Reader<'_>) -> Result<Secret<32>, DecodeError> {
    reader.array().map(Secret::new)
}

fn read_kem_key(reader: &mut Reader<'_>) -> Result<EncapsulationKey, DecodeError> {
    EncapsulationKey::from_bytes(&reader.array()?).map_err(|_| DecodeError::Value)
}

fn optional<T>(
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    match reader.u8()? {
        0 => Ok(None),
        1 => read(reader).map(Some),
        _ => Err(DecodeError::Value),
    }
}
