//! Many vectors in one digest: everything random is read from SHAKE128(""), everything computed is
//! hashed with SHAKE128.
//!
//! A run takes 100 of each. `VOLLY_VECTORS` asks for as many as some other line of the tables has:
//! 10,000, or a million of ML-KEM alone. It is read by the compiler, since a browser has no
//! environment.

use data_encoding::HEXLOWER;
use ml_dsa::{ExpandedSigningKey, MlDsa65};
use shake::{ExtendableOutput, Shake128, Update, XofReader};
use volly_core::crypto::{
    kem::{CIPHERTEXT_BYTES, Ciphertext, DecapsulationKey, SEED_BYTES},
    secret::Secret,
    sign::SigningKey,
};

use super::replay::Replay;

/// How many vectors, and the digest over their results.
type Digests = &'static [(u32, &'static str)];

/// As in Go's `crypto/mlkem`.
const ML_KEM_768: Digests = &[
    (100, "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415"),
    (10_000, "8a518cc63da366322a8e7a818c7a0d63483cb3528d34a4cf42f35d5ad73f22fc"),
    (1_000_000, "424bf8f0e8ae99b78d788a6e2e8e9cdaf9773fc0c08a6f433507cb559edfd0f0"),
];

/// As in C2SP/CCTV.
const ML_DSA_65: Digests = &[
    (100, "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199"),
    (10_000, "5ff5e196f0b830c3b10a9eb5358e7c98a3a20136cb677f3ae3b90175c3ace329"),
];

/// How many vectors this run takes, and their digest.
fn wanted(digests: Digests) -> (u32, &'static str) {
    let count = option_env!("VOLLY_VECTORS").map_or(100, |count| count.parse().unwrap());
    let known = digests.iter().find(|(known, _)| *known == count);
    *known.unwrap_or_else(|| panic!("no digest over {count} vectors is known"))
}

fn read<const N: usize>(input: &mut impl XofReader) -> [u8; N] {
    let mut bytes = [0; N];
    input.read(&mut bytes);
    bytes
}

fn hex(output: Shake128) -> String {
    HEXLOWER.encode(&read::<32>(&mut output.finalize_xof()))
}

/// Read are seeds, messages and random ciphertexts; hashed are `ek ‖ ct ‖ K ‖ K of the random
/// ciphertext`.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn accumulated_ml_kem_768() {
    let (count, digest) = wanted(ML_KEM_768);
    let mut input = Shake128::default().finalize_xof();
    let mut output = Shake128::default();
    for _ in 0..count {
        let key = DecapsulationKey::from_bytes(read::<SEED_BYTES>(&mut input));
        let public = key.encapsulation_key();
        output.update(&public.to_bytes());
        let message = read::<32>(&mut input);
        let (ciphertext, secret) = public.encapsulate(&mut Replay(&message));
        output.update(ciphertext.0.as_slice());
        output.update(secret.expose());
        assert_eq!(key.decapsulate(&ciphertext), secret);
        let random = Ciphertext(Box::new(read::<CIPHERTEXT_BYTES>(&mut input)));
        output.update(key.decapsulate(&random).expose());
    }
    assert_eq!(hex(output), digest);
}

/// Read are seeds; hashed are `public key ‖ signature` over the empty message, which our types, who
/// sign no message without a label, leave to the crate.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn accumulated_ml_dsa_65() {
    let (count, digest) = wanted(ML_DSA_65);
    let mut input = Shake128::default().finalize_xof();
    let mut output = Shake128::default();
    for _ in 0..count {
        let seed = read::<32>(&mut input);
        let ours = SigningKey::new(Secret::new([0; 32]), Secret::new(seed));
        output.update(&ours.verifying_key().to_bytes()[32..]);
        let key = Box::new(ExpandedSigningKey::<MlDsa65>::from_seed(&seed.into()));
        output.update(&key.sign_deterministic(&[], &[]).unwrap().encode());
    }
    assert_eq!(hex(output), digest);
}
