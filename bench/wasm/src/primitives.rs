//! The primitives, through the core's own seam (`volly_core::crypto`): keys, ciphertexts and
//! signatures are made once, each function does one thing to them so many times.

use core::hint::black_box;

use volly_core::crypto::{
    dh,
    kem::{Ciphertext, DecapsulationKey, EncapsulationKey},
    secret::Secret,
    sign::{Signature, SigningKey, VerifyingKey},
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::rng;

/// What is signed and verified.
const MESSAGE: [u8; 256] = [0xA5; 256];
const LABEL: &[u8] = b"volly/1/bench";

/// ML-KEM-768.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Kem {
    secret: DecapsulationKey,
    public: EncapsulationKey,
    ciphertext: Ciphertext,
}

#[wasm_bindgen]
impl Kem {
    /// Draws a key pair, and a ciphertext for it.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        let (secret, public) = DecapsulationKey::generate(&mut rng());
        let (ciphertext, _) = public.encapsulate(&mut rng());
        Self { secret, public, ciphertext }
    }

    /// Draws key pairs.
    pub fn generate(&self, count: u32) {
        for _ in 0..count {
            black_box(DecapsulationKey::generate(&mut rng()));
        }
    }

    /// Encapsulates fresh secrets.
    pub fn encapsulate(&self, count: u32) {
        for _ in 0..count {
            black_box(self.public.encapsulate(&mut rng()));
        }
    }

    /// Decapsulates, with a key as it was drawn.
    pub fn decapsulate(&self, count: u32) {
        for _ in 0..count {
            black_box(self.secret.decapsulate(&self.ciphertext));
        }
    }
}

impl Default for Kem {
    fn default() -> Self {
        Self::new()
    }
}

/// X25519.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Agreement {
    secret: dh::SecretKey,
    theirs: dh::PublicKey,
}

#[wasm_bindgen]
impl Agreement {
    /// Draws a key, and a public key of somebody else.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        let key = || dh::SecretKey::generate(&mut rng());
        Self { secret: key(), theirs: key().public_key() }
    }

    /// Agrees on secrets.
    pub fn agree(&self, count: u32) {
        for _ in 0..count {
            black_box(self.secret.agree(black_box(&self.theirs)));
        }
    }
}

impl Default for Agreement {
    fn default() -> Self {
        Self::new()
    }
}

/// Ed25519 and ML-DSA-65, over the same bytes.
#[wasm_bindgen]
#[derive(Debug)]
pub struct HybridSignature {
    secret: SigningKey,
    public: VerifyingKey,
    signature: Signature,
}

#[wasm_bindgen]
impl HybridSignature {
    /// Draws a key pair, and signs.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        let secret = draw();
        let (public, signature) = (secret.verifying_key(), secret.sign(LABEL, &MESSAGE));
        Self { secret, public, signature }
    }

    /// Draws key pairs.
    pub fn generate(&self, count: u32) {
        for _ in 0..count {
            black_box(draw().verifying_key());
        }
    }

    /// Signs 256 bytes, other ones each time: how often ML-DSA tries depends on them.
    pub fn sign(&self, count: u32) {
        for nonce in 0..count {
            let message = [&MESSAGE[4..], &nonce.to_be_bytes()].concat();
            black_box(self.secret.sign(LABEL, &message));
        }
    }

    /// Verifies the signature over 256 bytes.
    ///
    /// # Panics
    ///
    /// Never: it is good.
    pub fn verify(&self, count: u32) {
        for _ in 0..count {
            assert!(self.public.verify(LABEL, black_box(&MESSAGE), &self.signature), "it is good");
        }
    }
}

impl Default for HybridSignature {
    fn default() -> Self {
        Self::new()
    }
}

fn draw() -> SigningKey {
    SigningKey::new(Secret::generate(&mut rng()), Secret::generate(&mut rng()))
}
