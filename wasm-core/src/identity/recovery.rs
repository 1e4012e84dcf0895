//! The seed of an account, and the 24 words that are its backup (protocol.md §2).

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use bip39::{Language, Mnemonic};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::crypto::secret::Secret;

const WORDS: usize = 24;
/// 24 words of at most eight letters, with generous white space. Longer is something else.
const MAX_PHRASE_BYTES: usize = 1_000;

/// What every key of an account is derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSeed(Secret<32>);

/// Why words are no recovery phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhraseError {
    /// There are not 24.
    #[error("{0} words instead of 24")]
    WordCount(usize),
    /// The word at this place, counted from 1, is not in the list.
    #[error("word {0} is unknown")]
    UnknownWord(usize),
    /// Every word is in the list, but they do not belong together.
    #[error("checksum does not match")]
    Checksum,
}

impl AccountSeed {
    /// Draws the seed of a new account.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::generate(rng))
    }

    /// Takes the bytes that [`Self::expose`] gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes, for storage.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// The 24 words, BIP-39, English.
    #[must_use]
    pub fn to_words(&self) -> Vec<String> {
        Mnemonic::from_entropy_in(Language::English, self.expose())
            .expect("BIP-39 takes 32 bytes")
            .words()
            .map(ToString::to_string)
            .collect()
    }

    /// Reads the words back, in any case and with any white space.
    ///
    /// # Errors
    ///
    /// [`PhraseError`].
    pub fn from_words(phrase: &str) -> Result<Self, PhraseError> {
        let count = phrase.split_whitespace().take(WORDS + 1).count();
        if count != WORDS || phrase.len() > MAX_PHRASE_BYTES {
            return Err(PhraseError::WordCount(count));
        }
        let phrase = Zeroizing::new(phrase.to_ascii_lowercase());
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &phrase).map_err(
            |error| match error {
                bip39::Error::UnknownWord(index) => PhraseError::UnknownWord(index + 1),
                _ => PhraseError::Checksum,
            },
        )?;
        let entropy = Zeroizing::new(mnemonic.to_entropy());
        let seed = entropy.as_slice().try_into().map_err(|_| PhraseError::Checksum)?;
        Ok(Self::from_bytes(seed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// BIP-39, test vectors of the reference implementation.
    #[test]
    fn bip_39_vectors() {
        let zero = AccountSeed::from_bytes([0; 32]).to_words().join(" ");
        assert_eq!(zero, format!("{}art", "abandon ".repeat(23)));
        let ones = AccountSeed::from_bytes([0xFF; 32]).to_words().join(" ");
        assert_eq!(ones, format!("{}vote", "zoo ".repeat(23)));
    }

    #[test]
    fn case_and_spacing_do_not_matter() {
        let seed = AccountSeed::from_bytes([0x5A; 32]);
        let words = seed.to_words();
        let shouted = format!("\n {}\t", words.join("  \r\n").to_uppercase());
        assert_eq!(AccountSeed::from_words(&shouted), Ok(seed));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let words = AccountSeed::from_bytes([0; 32]).to_words();
        assert_eq!(AccountSeed::from_words(""), Err(PhraseError::WordCount(0)));
        assert_eq!(AccountSeed::from_words(&words[1..].join(" ")), Err(PhraseError::WordCount(23)));
        let mut wrong = words.clone();
        wrong[4] = "volly".into();
        assert_eq!(AccountSeed::from_words(&wrong.join(" ")), Err(PhraseError::UnknownWord(5)));
        wrong[4] = "zoo".into();
        assert_eq!(AccountSeed::from_words(&wrong.join(" ")), Err(PhraseError::Checksum));
    }

    proptest! {
        #[test]
        fn words_bring_the_seed_back(bytes: [u8; 32]) {
            let seed = AccountSeed::from_bytes(bytes);
            let words = seed.to_words();
            prop_assert_eq!(words.len(), WORDS);
            prop_assert_eq!(AccountSeed::from_words(&words.join(" ")), Ok(seed));
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in "(zoo |\\PC ){0,30}|.{0,1200}") {
            let _ = AccountSeed::from_words(&text);
        }
    }
}
