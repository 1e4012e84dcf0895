//! The chunks of one file: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, ePrint 2015/189), as in age.
//!
//! Invariant: a chunk opens at its place in its file and nowhere else, and as the last one only if it
//! was sealed as that.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Header, Secret};
use crate::crypto::{
    aead::{self, NONCE_BYTES, NotAuthentic},
    kdf, labels,
};

/// Whether more chunks follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Place {
    Inner = 0,
    Last = 1,
}

/// Seals or opens the chunks of one file in their order.
#[derive(Debug)]
pub(super) struct Chunks {
    key: Secret<32>,
    /// Associated data of every chunk.
    header: Vec<u8>,
    counter: u64,
}

impl Chunks {
    /// Derives `KDF(file key, "volly/1/backup", 32)`.
    pub(super) fn new(file_key: &Secret<32>, header: &Header) -> Self {
        let key = kdf::derive(file_key.expose(), labels::BACKUP, &[]);
        Self { key, header: header.encode(), counter: 0 }
    }

    /// Seals the next chunk.
    pub(super) fn seal(&mut self, plaintext: &[u8], place: Place) -> Vec<u8> {
        let nonce = self.nonce(place);
        aead::seal(&self.key, &nonce, &self.header, plaintext)
    }

    /// Opens the next chunk.
    pub(super) fn open(
        &mut self,
        sealed: &[u8],
        place: Place,
    ) -> Result<Zeroizing<Vec<u8>>, NotAuthentic> {
        let nonce = self.nonce(place);
        aead::open(&self.key, &nonce, &self.header, sealed)
    }

    /// `0x00 × 15 ‖ u64 counter ‖ u8 last`. The key is of this file alone, so that no nonce repeats.
    fn nonce(&mut self, place: Place) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        let fields = self.counter.to_be_bytes().into_iter().chain([place as u8]);
        nonce.iter_mut().skip(NONCE_BYTES - 9).zip(fields).for_each(|(byte, field)| *byte = field);
        self.counter += 1;
        nonce
    }
}
