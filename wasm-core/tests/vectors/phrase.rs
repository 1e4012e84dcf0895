//! The words of BIP-39, by [`AccountSeed`]: entropy to words, and words to entropy.
//!
//! A recovery phrase has 24 words. The vectors with 12 and 18 must be refused for their number.

use data_encoding::HEXLOWER;
use volly_core::identity::{AccountSeed, PhraseError};

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn bip_39_reference_vectors() {
    let vectors: Vec<[String; 2]> =
        serde_json::from_str(include_str!("bip39/english.json")).unwrap();
    assert_eq!(vectors.len(), 24);
    let mut phrases = 0;
    for [entropy, words] in &vectors {
        let entropy = HEXLOWER.decode(entropy.as_bytes()).unwrap();
        let Ok(entropy) = <[u8; 32]>::try_from(entropy) else {
            let count = words.split(' ').count();
            assert_eq!(AccountSeed::from_words(words), Err(PhraseError::WordCount(count)));
            continue;
        };
        let seed = AccountSeed::from_bytes(entropy);
        assert_eq!(seed.to_words().join(" "), *words);
        assert_eq!(AccountSeed::from_words(words), Ok(seed));
        phrases += 1;
    }
    assert_eq!(phrases, 8, "as many as have 24 words");
}
