//! One of each type that holds a secret: found while it is there, gone once it was dropped.

use std::hint::black_box;

use ml_dsa::MlDsa65;
use shake::{
    Shake256,
    digest::{ExtendableOutput as _, Update as _, XofReader as _},
};
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::{dh, kdf, kem::DecapsulationKey, labels, secret::Secret, sign::SigningKey},
    identity::{AccountSeed, Device, IdentityKeyPair, PreKeyKind, PreKeySecrets, generate_prekeys},
    store::at_rest::TableKeys,
    wire::{Fingerprint, InviteKind, InviteLink},
};
use volly_erasure::picture;
use zeroize::ZeroizeOnDrop;

use super::{
    bytes,
    secrets::{Secrets, of_device, of_prekeys},
    tape::Tape,
};

const SEED: u64 = 1;
const NOW: u64 = 1_800_000_000;

/// Makes a value, and drops it. Its secrets, and whatever was drawn to make it, are on the heap as
/// long as it is, and not after.
fn check<T>(make: impl Fn(&mut Tape) -> T, secrets_of: impl Fn(&T) -> Secrets) {
    let mut tape = Tape::recording(SEED);
    let held = secrets_of(&make(&mut tape));
    let drawn = tape.secrets.into_iter().map(|drawn| ("drawn", drawn));
    let all: Secrets = held.iter().cloned().chain(drawn).collect();
    let boxed = || Box::new(make(&mut Tape::silent(SEED)));

    let (kept, live) = picture(|| black_box(boxed()));
    let names: Vec<_> = held.iter().map(|(name, _)| *name).collect();
    assert_eq!(live.traces(&held), names, "a value that is there is found");
    drop(kept);
    let ((), dropped) = picture(|| drop(black_box(boxed())));
    assert!(dropped.traces(&all).is_empty(), "{:?} of it are left", dropped.traces(&all));
}

#[test]
fn secret_bytes() {
    check(Secret::<32>::generate, |secret| vec![("32 bytes", secret.expose().to_vec())]);
    check(Secret::<64>::generate, |secret| vec![("64 bytes", secret.expose().to_vec())]);
}

#[test]
fn private_keys() {
    check(dh::SecretKey::generate, |key| vec![("X25519", key.expose().to_vec())]);
    check(
        |rng| DecapsulationKey::generate(rng).0,
        |key| vec![("ML-KEM-768", key.expose().to_vec())],
    );
    check(signing_key, |key| {
        let [ed25519, ml_dsa] = key.expose();
        vec![("Ed25519", ed25519.to_vec()), ("ML-DSA-65", ml_dsa.to_vec())]
    });
}

fn signing_key(rng: &mut Tape) -> SigningKey {
    SigningKey::new(Secret::generate(rng), Secret::generate(rng))
}

#[test]
fn an_account_and_its_keys() {
    let of_seed = |seed: &AccountSeed| vec![("account seed", seed.expose().to_vec())];
    check(AccountSeed::generate, of_seed);
    check(|rng| AccountSeed::from_words(&phrase(rng)).unwrap(), of_seed);
    check(
        |rng| IdentityKeyPair::from_seed(&AccountSeed::generate(rng)),
        |_| {
            let seed = AccountSeed::generate(&mut Tape::silent(SEED));
            [("Ed25519", labels::IDENTITY_ED25519), ("ML-DSA-65", labels::IDENTITY_ML_DSA_65)]
                .map(|(name, label)| {
                    let key: Secret<32> = kdf::derive(seed.expose(), label, &[]);
                    (name, key.expose().to_vec())
                })
                .to_vec()
        },
    );
}

/// The words of a seed that was drawn before.
fn phrase(_: &mut Tape) -> String {
    AccountSeed::from_bytes(core::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap()))
        .to_words()
        .join(" ")
}

fn device(rng: &mut Tape) -> Device {
    Device::generate(&AccountSeed::generate(rng), NOW, rng)
}

#[test]
fn a_device_and_its_prekeys() {
    check(device, of_device);
    check(|rng| Device::decode(&device(rng).encode()).unwrap(), of_device);
    check(|rng| generate_prekeys(&device(rng), PreKeyKind::OneTime, 1, NOW, rng).0, of_prekeys);
    check(
        |rng| {
            let prekeys = generate_prekeys(&device(rng), PreKeyKind::OneTime, 1, NOW, rng).0;
            PreKeySecrets::decode(&prekeys.encode()).unwrap()
        },
        of_prekeys,
    );
}

#[test]
fn keys_of_addresses() {
    let (purpose, direction, day) = (Purpose::Mailbox, Direction::Forth, 20_833);
    check(
        |rng| AddressKeys::derive(&Secret::generate(rng), purpose, direction, day),
        |_| {
            let secret: Secret<32> = Secret::generate(&mut Tape::silent(SEED));
            let context = [&[purpose as u8, direction as u8][..], &day.to_be_bytes()];
            let seeds: Secret<64> = kdf::derive(secret.expose(), labels::ADDRESS, &context);
            let (read, write) = seeds.expose().split_at(32);
            vec![("read seed", read.to_vec()), ("write seed", write.to_vec())]
        },
    );
}

#[test]
fn an_invite_link() {
    let link = |rng: &mut Tape| InviteLink {
        fingerprint: Fingerprint([1; 32]),
        secret: Secret::generate(rng),
        kind: InviteKind::OneTime { expires_minutes: 1 },
    };
    let of_link = |link: &InviteLink| vec![("invite secret", link.secret.expose().to_vec())];
    check(link, of_link);
    check(|rng| InviteLink::parse(&link(rng).to_fragment()).unwrap(), of_link);
}

#[test]
fn keys_of_tables() {
    check(
        |rng| TableKeys::derive(&Secret::generate(rng)),
        |_| {
            let database: Secret<32> = Secret::generate(&mut Tape::silent(SEED));
            let of = |table| -> Secret<32> {
                kdf::derive(database.expose(), labels::AT_REST, &[&[table]])
            };
            vec![("account's", of(0).expose().to_vec()), ("drafts'", of(6).expose().to_vec())]
        },
    );
}

/// The states of hashes and ciphers lie on the stack, where no picture sees them; that they are
/// erased is a feature of their crates, and without it this does not compile.
#[test]
fn what_the_primitives_compute_with_is_erased() {
    fn is_erased<T: ZeroizeOnDrop>() {}
    is_erased::<sha2::Sha256>();
    is_erased::<chacha20poly1305::XChaCha20Poly1305>();
    is_erased::<x25519_dalek::StaticSecret>();
    is_erased::<x25519_dalek::SharedSecret>();
    is_erased::<ed25519_dalek::SigningKey>();
    is_erased::<ml_kem::ml_kem_768::DecapsulationKey>();
    is_erased::<ml_dsa::ExpandedSigningKey<MlDsa65>>();
}

/// What HMAC keeps of a key that it was given: the hash of the first block (RFC 2104 §2), as its
/// eight words lie in memory.
fn hmac_state(key: &[u8; 32]) -> Vec<u8> {
    let mut state = [
        0x6A09_E667,
        0xBB67_AE85,
        0x3C6E_F372,
        0xA54F_F53A,
        0x510E_527F,
        0x9B05_688C,
        0x1F83_D9AB,
        0x5BE0_CD19,
    ];
    let mut block = [0x36; 64];
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    sha2::block_api::compress256(&mut state, &[block]);
    state.into_iter().flat_map(u32::to_ne_bytes).collect()
}

#[test]
fn the_state_of_an_hmac() {
    check(
        |_| <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(&bytes()).unwrap(),
        |_| vec![("state", hmac_state(&bytes()))],
    );
}

/// K of FIPS 204 Algorithm 6: the second secret of a key that is expanded from ξ.
fn ml_dsa_k(seed: &[u8; 32]) -> Vec<u8> {
    let mut k = [0; 128];
    Shake256::default().chain(seed).chain([6, 5]).finalize_xof().read(&mut k);
    k[96..].to_vec()
}

/// An expanded key has more than 60 KB, and is made for one signature.
#[test]
fn an_expanded_signing_key() {
    let key = signing_key(&mut Tape::silent(SEED));
    let [ed25519, ml_dsa] = key.expose();
    let secrets = [("ξ", ml_dsa.to_vec()), ("K", ml_dsa_k(ml_dsa)), ("Ed25519", ed25519.to_vec())];
    let (kept, live) = picture(|| {
        black_box(Box::new(ml_dsa::ExpandedSigningKey::<MlDsa65>::from_seed(ml_dsa.into())))
    });
    assert_eq!(live.traces(&secrets), ["K"], "K is what an expanded key holds");
    drop(kept);
    let (_, signed) = picture(|| key.sign(b"label", b"message"));
    assert!(signed.traces(&secrets).is_empty(), "{:?}", signed.traces(&secrets));
    let (_, verifying) = picture(|| key.verifying_key().to_bytes().to_vec());
    assert!(verifying.traces(&secrets).is_empty(), "{:?}", verifying.traces(&secrets));
}

/// The secret vector ŝ of FIPS 203 Algorithm 13, as its coefficients lie in memory.
fn s_hat(seed: &[u8; 64]) -> Vec<u8> {
    #[expect(deprecated, reason = "the one form in which the crate shows ŝ")]
    let expanded = {
        use ml_kem::ExpandedKeyEncoding as _;
        ml_kem::ml_kem_768::DecapsulationKey::from_seed((*seed).into()).to_expanded_bytes()
    };
    let coefficients = expanded[..48].chunks_exact(3).flat_map(|bytes| {
        let [a, b, c] = [0, 1, 2].map(|i| u16::from(bytes[i]));
        [a | (b & 0xF) << 8, b >> 4 | c << 4]
    });
    coefficients.flat_map(u16::to_ne_bytes).collect()
}

#[test]
fn an_expanded_decapsulation_key() {
    let (key, public) = DecapsulationKey::generate(&mut Tape::silent(SEED));
    let (ciphertext, shared) = public.encapsulate(&mut Tape::silent(SEED + 1));
    let seed = key.expose();
    let secrets = [
        ("d", seed[..32].to_vec()),
        ("z", seed[32..].to_vec()),
        ("ŝ", s_hat(seed)),
        ("shared secret", shared.expose().to_vec()),
    ];
    let (kept, live) = picture(|| {
        black_box(Box::new(ml_kem::ml_kem_768::DecapsulationKey::from_seed((*seed).into())))
    });
    assert_eq!(live.traces(&secrets), ["d", "z", "ŝ"], "an expanded key holds them");
    drop(kept);
    let (_, opened) = picture(|| {
        let opened = key.decapsulate(&ciphertext);
        let again = black_box(public.encapsulate(&mut Tape::silent(SEED + 1)));
        assert!(opened == again.1);
        key.encapsulation_key()
    });
    assert!(opened.traces(&secrets).is_empty(), "{:?}", opened.traces(&secrets));
}
