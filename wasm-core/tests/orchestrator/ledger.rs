//! Every (key, nonce) pair that anything was sealed with.
//!
//! A key goes by a name that two keys share when they are equal, and only then: a message key by the
//! chain key that follows on it, a header key by itself, the keys of a `PreKeyMessage` by its EK.

use std::collections::HashMap;

use volly_core::session::SessionState;

use super::stored::stored_session;

/// Two envelopes were sealed with one key and one nonce.
#[derive(Debug, PartialEq, Eq)]
pub struct PairUsedTwice;

#[derive(Default)]
pub struct Ledger {
    envelopes: HashMap<(Vec<u8>, Vec<u8>), Vec<u8>>,
}

impl Ledger {
    /// Notes what `state` has just sealed with `nonce`.
    pub fn note_message(
        &mut self,
        state: &SessionState,
        nonce: &[u8],
        envelope: &[u8],
    ) -> Result<(), PairUsedTwice> {
        let chain = stored_session(&state.encode()).unwrap().sending.unwrap();
        self.note(&chain.header_key, nonce, envelope)?;
        self.note(&chain.key, nonce, envelope)
    }

    /// Notes the two keys of a `PreKeyMessage`; its `RatchetMessage` is one more.
    pub fn note_pre_key_message(&mut self, envelope: &[u8]) -> Result<(), PairUsedTwice> {
        self.note(&envelope[5..37], &envelope[2_213..2_237], envelope)
    }

    fn note(&mut self, key: &[u8], nonce: &[u8], envelope: &[u8]) -> Result<(), PairUsedTwice> {
        let pair = (key.to_vec(), nonce.to_vec());
        let first = self.envelopes.entry(pair).or_insert_with(|| envelope.to_vec());
        if *first == envelope { Ok(()) } else { Err(PairUsedTwice) }
    }
}
