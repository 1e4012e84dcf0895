//! The primitives against what others computed: Wycheproof, the accumulated vectors of ML-KEM and
//! ML-DSA, the reference implementation of Argon2, and the words of BIP-39.
//!
//! Every vector goes through our own type where that type can express it; a module says where it
//! goes to the crate below instead, and why. The vectors are compiled in, so that the same tests
//! run in a browser, where the same code becomes other instructions.
//!
//! ```text
//! cargo test -p volly-core --no-default-features --test vectors
//! VOLLY_VECTORS=10000 cargo test -p volly-core --no-default-features --test vectors accumulated
//! ```

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the modules of a test are a crate of their own, and may fail as tests do"
)]

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[path = "vectors/accumulated.rs"]
mod accumulated;
#[path = "vectors/aead.rs"]
mod aead;
#[path = "vectors/argon2id.rs"]
mod argon2id;
#[path = "vectors/dh.rs"]
mod dh;
#[path = "vectors/ed25519.rs"]
mod ed25519;
#[path = "vectors/kdf.rs"]
mod kdf;
#[path = "vectors/kem.rs"]
mod kem;
#[path = "vectors/ml_dsa.rs"]
mod ml_dsa;
#[path = "vectors/phrase.rs"]
mod phrase;
#[path = "vectors/replay.rs"]
mod replay;
#[path = "vectors/wycheproof.rs"]
mod wycheproof;
