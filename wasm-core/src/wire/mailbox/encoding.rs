//! Frames as bytes (protocol.md §10).

use alloc::vec::Vec;

use super::{Frame, Op, Record, Request, Status};
use crate::{
    address::AddressPublicKeys,
    limits::{MAX_ENVELOPE_BYTES, MAX_RECORD_BYTES},
    wire::codec::{DecodeError, Reader, Writer},
};

const VERSION: u8 = 1;

impl Request {
    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let w = Writer::default().u32(self.id);
        match &self.op {
            Op::PutRecord { keys, sequence, lifetime, value, signature } => {
                write_keys(w.u8(1), keys)
                    .u64(*sequence)
                    .u32(*lifetime)
                    .bytes16(value)
                    .bytes(signature)
            }
            Op::GetRecord { keys, signature } => write_keys(w.u8(2), keys).bytes(signature),
            Op::Deposit { keys, id, lifetime, envelope, signature } => write_keys(w.u8(3), keys)
                .bytes(id)
                .u32(*lifetime)
                .bytes32(envelope)
                .bytes(signature),
            Op::Subscribe { keys, signature } => write_keys(w.u8(4), keys).bytes(signature),
            Op::Acknowledge { keys, id, signature } => {
                write_keys(w.u8(5), keys).bytes(id).bytes(signature)
            }
            Op::Unsubscribe { address } => w.u8(6).bytes(address),
        }
        .finish()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    /// When a length is above its bound, bytes are missing or left over, or the op is unknown.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(body, |r| Ok(Self { id: r.u32()?, op: read_op(r)? }))
    }

    /// The request id of a body that does not decode, so that its sender can be told.
    #[must_use]
    pub fn id_of(body: &[u8]) -> Option<u32> {
        body.first_chunk().copied().map(u32::from_be_bytes)
    }
}

impl Frame {
    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let w = Writer::default();
        match self {
            Self::Hello { nonce } => w.u8(0).u8(VERSION).bytes(nonce),
            Self::Reply { id, status, payload } => {
                w.u8(1).u32(*id).u8(*status as u8).bytes(payload)
            }
            Self::Push { address, id, envelope } => {
                w.u8(2).bytes(address).bytes(id).bytes32(envelope)
            }
        }
        .finish()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    /// When a length is above its bound, bytes are missing or left over, or the kind, the version
    /// or the status is unknown.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(body, |r| match r.u8()? {
            0 => {
                r.version(VERSION)?;
                Ok(Self::Hello { nonce: r.array()? })
            }
            1 => Ok(Self::Reply {
                id: r.u32()?,
                status: Status::from_byte(r.u8()?).ok_or(DecodeError::Value)?,
                payload: r.rest().to_vec(),
            }),
            2 => Ok(Self::Push {
                address: r.array()?,
                id: r.array()?,
                envelope: r.bytes32(MAX_ENVELOPE_BYTES)?.to_vec(),
            }),
            _ => Err(DecodeError::Value),
        })
    }
}

impl Record {
    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        Writer::default().u64(self.sequence).bytes16(&self.value).finish()
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// When the value is above its bound, or bytes are missing or left over.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(payload, |r| {
            Ok(Self { sequence: r.u64()?, value: r.bytes16(MAX_RECORD_BYTES)?.to_vec() })
        })
    }
}

fn read_op(r: &mut Reader<'_>) -> Result<Op, DecodeError> {
    Ok(match r.u8()? {
        1 => Op::PutRecord {
            keys: read_keys(r)?,
            sequence: r.u64()?,
            lifetime: r.u32()?,
            value: r.bytes16(MAX_RECORD_BYTES)?.to_vec(),
            signature: r.array()?,
        },
        2 => Op::GetRecord { keys: read_keys(r)?, signature: r.array()? },
        3 => Op::Deposit {
            keys: read_keys(r)?,
            id: r.array()?,
            lifetime: r.u32()?,
            envelope: r.bytes32(MAX_ENVELOPE_BYTES)?.to_vec(),
            signature: r.array()?,
        },
        4 => Op::Subscribe { keys: read_keys(r)?, signature: r.array()? },
        5 => Op::Acknowledge { keys: read_keys(r)?, id: r.array()?, signature: r.array()? },
        6 => Op::Unsubscribe { address: r.array()? },
        _ => return Err(DecodeError::Value),
    })
}

fn write_keys(w: Writer, keys: &AddressPublicKeys) -> Writer {
    w.bytes(&keys.read).bytes(&keys.write)
}

fn read_keys(r: &mut Reader<'_>) -> Result<AddressPublicKeys, DecodeError> {
    Ok(AddressPublicKeys { read: r.array()?, write: r.array()? })
}
