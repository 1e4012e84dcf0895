//! What lies at an invite's address, before it is sealed (protocol.md §11).

use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    PreKeyBundle,
    codec::{DecodeError, Reader, Writer},
};
use crate::limits::MAX_NAME_BYTES;

/// The state of an invite, as its guests see it.
#[derive(Debug)]
pub enum InviteRecord {
    /// It can be used.
    Open {
        /// The inviter's display name.
        name: String,
        /// The inviter's keys, unchecked.
        bundle: Box<PreKeyBundle>,
    },
    /// Somebody has used it.
    Used,
    /// Its maker took it back.
    Withdrawn,
}

const OPEN: u8 = 1;
const USED: u8 = 2;
const WITHDRAWN: u8 = 3;

impl InviteRecord {
    /// The bytes of §11.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let writer = Writer::default();
        match self {
            Self::Open { name, bundle } => {
                writer.u8(OPEN).bytes16(name.as_bytes()).bytes(&bundle.encode())
            }
            Self::Used => writer.u8(USED),
            Self::Withdrawn => writer.u8(WITHDRAWN),
        }
        .finish()
    }

    /// Reads the bytes of §11.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Value`] for a state that is not one of the three, and those of the fields.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole(bytes, |reader| match reader.u8()? {
            OPEN => {
                let name = reader.text16(MAX_NAME_BYTES)?.to_string();
                let bundle = Box::new(PreKeyBundle::decode(reader.rest())?);
                Ok(Self::Open { name, bundle })
            }
            USED => Ok(Self::Used),
            WITHDRAWN => Ok(Self::Withdrawn),
            _ => Err(DecodeError::Value),
        })
    }
}
