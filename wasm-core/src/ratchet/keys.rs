//! The two key derivations of the ratchet (protocol.md §6): root step and chain step.

use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    crypto::{kdf, labels, secret::Secret},
    wire::codec::{Reader, Writer},
};

/// Seals one message, ever.
pub(super) type MessageKey = Secret<32>;
/// Seals the headers of one chain.
pub(super) type HeaderKey = Secret<32>;

/// What a root step gives.
pub(super) struct RootStep {
    pub(super) root_key: Secret<32>,
    pub(super) chain_key: ChainKey,
    pub(super) next_header_key: HeaderKey,
}

/// `RK' ‖ CK ‖ NHK = KDF[RK](DH ‖ ss (‖ ss_auth), "volly/1/ratchet/root", 96)`.
pub(super) fn root_step(
    root_key: &Secret<32>,
    dh: &Secret<32>,
    kem: &Secret<32>,
    authentication: Option<&Secret<32>>,
) -> RootStep {
    let authentication = authentication.map_or(&[][..], |secret| secret.expose());
    let ikm = Writer::with_capacity(96).bytes(dh.expose()).bytes(kem.expose());
    let ikm = Zeroizing::new(ikm.bytes(authentication).finish());
    let okm: Secret<96> = kdf::derive_salted(root_key.expose(), &ikm, labels::RATCHET_ROOT, &[]);
    let mut reader = Reader::new(okm.expose());
    let mut key = || Secret::new(reader.array().expect("three keys of 32 bytes are 96"));
    RootStep { root_key: key(), chain_key: ChainKey(key()), next_header_key: key() }
}

/// The state of a KDF chain (CK).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainKey(pub(super) Secret<32>);

impl ChainKey {
    /// `MK = HMAC(CK, 0x01)`, `CK' = HMAC(CK, 0x02)`.
    pub(super) fn step(&self) -> (MessageKey, Self) {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose())
            .expect("HMAC takes a key of any length");
        let tag = |input: u8| {
            Secret::new(mac.clone().chain_update([input]).finalize().into_bytes().into())
        };
        (tag(1), Self(tag(2)))
    }

    /// Takes `count` steps; returns the keys stepped over, and the chain after them.
    pub(super) fn skip(&self, count: u32) -> (Vec<MessageKey>, Self) {
        let mut chain = self.clone();
        let keys = (0..count).map(|_| {
            let (key, next) = chain.step();
            chain = next;
            key
        });
        (keys.collect(), chain)
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// Computed apart with Python's hmac from protocol.md §6.
    #[test]
    fn a_chain_step_is_two_hmacs() {
        let (key, next) = ChainKey(Secret::new([7; 32])).step();
        assert_eq!(
            HEXLOWER.encode(key.expose()),
            "3d8b2fa2a2537fdcdda46e704966a105722d268d2e9ed43bbe5b1dd9d6802935"
        );
        assert_eq!(
            HEXLOWER.encode(next.0.expose()),
            "469e03123f1c9c6d5c3ffaa260c7fef9f863c0b6af93f7dcae5c13cbfdadfca5"
        );
    }

    #[test]
    fn skipping_is_stepping() {
        let chain = ChainKey(Secret::new([7; 32]));
        let (first, after_one) = chain.step();
        let (second, after_two) = after_one.step();
        assert_eq!(chain.skip(2), (vec![first, second], after_two));
        assert_eq!(chain.skip(0), (vec![], chain));
    }

    #[test]
    fn every_secret_changes_every_key_of_a_root_step() {
        let secret = |byte| Secret::new([byte; 32]);
        let step = |root, dh, kem, authentication: Option<u8>| {
            let step = root_step(
                &secret(root),
                &secret(dh),
                &secret(kem),
                authentication.map(secret).as_ref(),
            );
            [step.root_key, step.chain_key.0, step.next_header_key]
        };
        let reference = step(1, 2, 3, None);
        for other in
            [step(9, 2, 3, None), step(1, 9, 3, None), step(1, 2, 9, None), step(1, 2, 3, Some(9))]
        {
            assert!(reference.iter().zip(&other).all(|(a, b)| a != b));
        }
    }
}
