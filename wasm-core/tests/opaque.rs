//! What `Debug` shows of each type that holds a secret or what people say: nothing of it, in no form.
//!
//! The expected strings are here in full, but for lists of numbers, which are public keys and stand
//! as `[..]`: who adds a field sees it here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use core::fmt::Debug;
use std::fmt::Write as _;

use chacha20::ChaCha20Rng;
use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use rand_core::SeedableRng;
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    api::{AcceptInvite, CallId, InviteId, InviteState, InviteView, Request, Restore, SendText},
    crypto::{dh, kdf, kem::DecapsulationKey, labels, secret::Secret, sign::SigningKey},
    engine::{
        Engine,
        effect::{NetAction, Row, Table},
        input::{Input, Timestamp},
    },
    handshake::HandshakeKeys,
    identity::{AccountSeed, Device, PreKeyKind, PreKeySecrets, generate_prekeys},
    ratchet::InitialKeys,
    session::{Accepted, SessionState},
    wire::{
        AnswersRead, Content, Fingerprint, InviteKind, InviteLink, Said, Stamp,
        codec::{Reader, Writer},
    },
};

const NOW: u64 = 1_800_000_000;

/// Shortest run of a secret's bytes that counts as shown. In base64 three of them align.
const SHOWN_BYTES: usize = 6;

/// `bytes` as a log or a panic would show them, without white space.
fn forms(bytes: &[u8]) -> Vec<String> {
    let joined = |radix: fn(&u8) -> String| bytes.iter().map(radix).collect::<Vec<_>>().join(",");
    vec![
        joined(|byte| format!("{byte}")),
        joined(|byte| format!("{byte:x}")),
        joined(|byte| format!("{byte:02x}")),
        joined(|byte| format!("{byte:02X}")),
        joined(|byte| format!("{byte:#x}")),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
        BASE64.encode(bytes),
        BASE64URL.encode(bytes),
        bytes.escape_ascii().to_string(),
    ]
}

/// Each list of numbers as `[..]`, and everything on one line.
fn without_numbers(shown: &str) -> String {
    let mut short = String::new();
    let mut rest = shown;
    while let Some((before, list)) = rest.split_once('[') {
        let (list, after) = list.split_once(']').unwrap();
        let is_numbers = list.chars().all(|c| c.is_ascii_digit() || ", ".contains(c));
        write!(short, "{before}[{}]", if is_numbers { ".." } else { list }).unwrap();
        rest = after;
    }
    short.push_str(rest);
    short.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks that a value shows none of its secrets, and shows what is expected.
#[track_caller]
fn check(value: &impl Debug, secrets: &[&[u8]], expected: &str) {
    assert_hidden(value, secrets);
    assert_eq!(without_numbers(&format!("{value:?}")), expected);
}

#[track_caller]
fn assert_hidden(value: &impl Debug, secrets: &[&[u8]]) {
    for shown in [format!("{value:?}"), format!("{value:#?}"), format!("{value:x?}")] {
        let bare: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
        for secret in secrets {
            for part in secret.windows(SHOWN_BYTES) {
                for form in forms(part) {
                    assert!(!bare.contains(&form), "{form} in {shown}");
                }
            }
        }
    }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn secret() -> Secret<32> {
    Secret::generate(&mut rng())
}

#[test]
fn bytes_that_are_shown_are_found() {
    let bytes = *secret().expose();
    let part = &bytes[3..3 + SHOWN_BYTES];
    let shown = [
        format!("{bytes:?}"),
        format!("{bytes:#?}"),
        format!("{bytes:x?}"),
        format!("{bytes:02X?}"),
        HEXLOWER.encode(&bytes),
        BASE64.encode(&bytes),
        BASE64URL.encode(&bytes),
    ];
    for shown in shown {
        let bare: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(forms(part).iter().any(|form| bare.contains(form)), "{shown}");
    }
}

#[test]
fn keys_are_opaque() {
    let (secret, bytes) = (secret(), *secret().expose());
    check(&secret, &[&bytes], "Secret<32>(***)");
    check(&dh::SecretKey::from_bytes(bytes), &[&bytes], "SecretKey(Secret<32>(***))");
    let (key, _) = DecapsulationKey::generate(&mut rng());
    check(&key, &[key.expose()], "DecapsulationKey(Secret<64>(***))");
    let key = SigningKey::new(secret.clone(), secret.clone());
    check(&key, &[&bytes], "SigningKey { ed25519: Secret<32>(***), ml_dsa: Secret<32>(***) }");
    check(&AccountSeed::from_bytes(bytes), &[&bytes], "AccountSeed(Secret<32>(***))");
}

/// The two devices, and the session that the second begins with the first.
struct Met {
    device: Device,
    prekeys: PreKeySecrets,
    session: SessionState,
    accepted: Accepted,
}

const HELLO: &[u8] = b"hello, it is me";

fn met() -> Met {
    let rng = &mut rng();
    let device = Device::generate(&AccountSeed::generate(rng), NOW, rng);
    let initiator = Device::generate(&AccountSeed::generate(rng), NOW, rng);
    let (prekeys, bundle) = generate_prekeys(&device, PreKeyKind::OneTime, 1, NOW, rng);
    let bundle = bundle.verify(device.fingerprint(), NOW).unwrap();
    let (session, envelope) = SessionState::initiate(&initiator, &bundle, HELLO, NOW, rng).unwrap();
    let accepted = SessionState::accept(&device, &prekeys, &envelope, NOW).unwrap();
    Met { device, prekeys, session, accepted }
}

/// After its version: Ed25519 seed, ML-DSA seed, X25519 key, ML-KEM seed.
const DEVICE_SECRETS: core::ops::Range<usize> = 1..1 + 32 + 32 + 32 + 64;

#[test]
fn a_device_is_opaque() {
    let Met { device, prekeys, .. } = met();
    let encoded = device.encode();
    let pair = "IdentityKeyPair { signing: SigningKey { ed25519: Secret<32>(***), \
        ml_dsa: Secret<32>(***) }, public: IdentityKey(VerifyingKey(..)) }";
    check(device.identity_key_pair(), &[&encoded[DEVICE_SECRETS]], pair);
    check(
        &device,
        &[&encoded[DEVICE_SECRETS]],
        &format!(
            "Device {{ identity: {pair}, fingerprint: Fingerprint([..]), \
             dh_key: SecretKey(Secret<32>(***)), kem_key: DecapsulationKey(Secret<64>(***)), \
             certificate: DeviceCertificate {{ device_id: [..], dh_key: PublicKey([..]), \
             kem_key: EncapsulationKey(..), created: 1800000000, expires: 1831536000, signature: Signature(..) }} }}"
        ),
    );
    check(
        &prekeys,
        &[&prekeys.encode()[5..]],
        "PreKeySecrets { id: 1, signed_prekey: SecretKey(Secret<32>(***)), \
         one_time_prekey: Some(SecretKey(Secret<32>(***))), kem_prekey: DecapsulationKey(Secret<64>(***)) }",
    );
}

/// Where a stored session has secrets, whatever follows: pair secret, root key, two header keys; and
/// for an initiator that awaits its answer the private keys of its chain, its identity key, a header
/// key and a chain key.
const SESSION_SECRETS: [core::ops::Range<usize>; 4] = [66..194, 195..291, 292..356, 357..421];

#[test]
fn a_session_is_opaque() {
    let session = met().session;
    let encoded = session.encode();
    let secrets = SESSION_SECRETS.map(|place| &encoded[place]);
    check(
        &session,
        &secrets,
        "SessionState { role: Initiator, ours: Fingerprint([..]), theirs: Fingerprint([..]), \
         certified_at: 1800000000, initiated_at: 1800000000, pair_secret: Secret<32>(***), id: SessionId([..]), associated_data: [..], ratchet: Ratchet { \
         root_key: Secret<32>(***), next_sending_header_key: Secret<32>(***), \
         next_receiving_header_key: Secret<32>(***), turn: Theirs(OurRatchetKeys { \
         dh: SecretKey(Secret<32>(***)), kem: DecapsulationKey(Secret<64>(***)) }), \
         authentication: AwaitsAnswer(DecapsulationKey(Secret<64>(***))), \
         sending: Some(SendingChain { header_key: Secret<32>(***), \
         chain_key: ChainKey(Secret<32>(***)), index: 1, began: 1800000000, \
         step: Some(RatchetStep { previous_chain_len: 0, ratchet_key: PublicKey([..]), \
         kem_key: EncapsulationKey(..), ciphertext: Ciphertext([..]), authentication: None }) }), \
         receiving: None, skipped: SkippedKeys([..]) } }",
    );
}

#[test]
fn a_session_with_a_skipped_key_is_opaque() {
    let Met { mut session, mut accepted, .. } = met();
    let mut send = || accepted.session.seal(b"content", NOW, &mut rng()).unwrap();
    let [_, second] = [send(), send()];
    session.open(&second, NOW).unwrap();
    // The last 32 bytes are the skipped key.
    let encoded = session.encode();
    let shown = format!("{session:?}");
    assert!(shown.ends_with(
        "skipped: SkippedKeys([RememberedChain { header_key: Secret<32>(***), \
         keys: {0: SkippedKey { key: Secret<32>(***), at: 1800000000 }} }]) } }"
    ));
    assert_hidden(&session, &[&encoded[66..194], encoded.last_chunk::<32>().unwrap()]);
}

#[test]
fn what_an_initiator_says_is_opaque() {
    let Met { accepted, .. } = met();
    check(&accepted, &[HELLO], "Accepted(..)");
}

#[test]
fn agreed_keys_are_opaque() {
    let (secret, bytes) = (secret(), *secret().expose());
    let keys = HandshakeKeys {
        root_key: secret.clone(),
        header_key: secret.clone(),
        next_header_key: secret.clone(),
        first_message_key: secret.clone(),
        pair_secret: secret.clone(),
    };
    check(
        &keys,
        &[&bytes],
        "HandshakeKeys { root_key: Secret<32>(***), header_key: Secret<32>(***), \
         next_header_key: Secret<32>(***), first_message_key: Secret<32>(***), \
         pair_secret: Secret<32>(***) }",
    );
    let (root_key, header_key, next_header_key) = (secret.clone(), secret.clone(), secret.clone());
    check(
        &InitialKeys { root_key, header_key, next_header_key },
        &[&bytes],
        "InitialKeys { root_key: Secret<32>(***), header_key: Secret<32>(***), \
         next_header_key: Secret<32>(***) }",
    );
    let (purpose, direction, day) = (Purpose::Mailbox, Direction::Forth, 20_833_u32);
    let context = [&[purpose as u8, direction as u8][..], &day.to_be_bytes()];
    let seeds: Secret<64> = kdf::derive(&bytes, labels::ADDRESS, &context);
    let keys = AddressKeys::derive(&secret, purpose, direction, day);
    let public = keys.public();
    check(&keys, &[seeds.expose(), &public.read, &public.write], "AddressKeys(..)");
}

#[test]
fn links_and_bytes_on_their_way_are_opaque() {
    let bytes = *secret().expose();
    let (fingerprint, secret) = (Fingerprint([0xF1; 32]), secret());
    let link = InviteLink {
        fingerprint,
        secret,
        kind: InviteKind::OneTime { expires_minutes: 29_000_000 },
    };
    check(
        &link,
        &[&bytes],
        "InviteLink { fingerprint: Fingerprint([..]), secret: Secret<32>(***), \
         kind: OneTime { expires_minutes: 29000000 } }",
    );
    check(&Reader::new(&bytes), &[&bytes], "Reader(32 bytes)");
    check(&Writer::default().bytes(&bytes), &[&bytes], "Writer(32 bytes)");
    let row = Row { table: Table::Sessions, key: vec![1], value: bytes.to_vec().into() };
    check(&row, &[&bytes], "Row { table: Sessions, bytes: 32, .. }");
}

#[test]
fn what_people_say_and_hand_on_is_opaque() {
    let said = "Meet me at the old mill.";
    let stamp = Stamp { sequence: 1, lamport: 1, sent_at_ms: 1 };
    let text =
        Content::Numbered(stamp, Said::Text { answers: None, lifetime: 0, text: said.to_owned() });
    check(&text, &[said.as_bytes()], "Text(..)");
    let hello = Content::Hello {
        name: said.to_owned(),
        answers_read: AnswersRead::No,
        history: 1,
        first_sequence: 1,
    };
    check(&hello, &[said.as_bytes()], "Hello(..)");

    let call = SendText {
        contact: volly_core::api::ContactId(1),
        text: said.to_owned(),
        answers: None,
        token: 0,
    };
    check(&Request::from(call), &[said.as_bytes()], "SendText(SendText(..))");
    let phrase = AccountSeed::from_bytes([7; 32]).to_words().join(" ");
    let call = Restore { name: "Alice".to_owned(), phrase: phrase.clone() };
    check(&call, &[phrase.as_bytes()], "Restore(..)");
    let fragment = BASE64URL.encode(secret().expose());
    let call = AcceptInvite { link: fragment.clone(), confirm: true };
    let input = Input::Call(CallId(1), call.into());
    check(&input, &[fragment.as_bytes()], "Call(CallId(1), AcceptInvite(AcceptInvite(..)))");
    let state = InviteState::Open;
    let view = InviteView { id: InviteId(1), fragment, state, created_at: 1, expires_at: 2 };
    let fragment = view.fragment.clone();
    let expected = "InviteView { id: InviteId(1), state: Open, .. }";
    check(&view, &[fragment.as_bytes()], expected);
}

#[test]
fn an_engine_and_what_it_asks_for_are_opaque() {
    let mut engine = Engine::load(Vec::new(), Timestamp(NOW * 1_000)).unwrap();
    let name = "A name that nobody else has";
    let start = volly_core::api::Start { name: name.to_owned() };
    engine.handle(Input::Call(CallId(1), start.into()), Timestamp(NOW * 1_000), &mut rng());
    let seed = AccountSeed::generate(&mut rng());
    assert_hidden(&engine, &[seed.expose(), name.as_bytes()]);
    let bytes = *secret().expose();
    let reach = NetAction::ReachDirect {
        contact: volly_core::api::ContactId(1),
        peer: vec![1, 2],
        relays: vec![vec![3, 4]],
        key: secret(),
    };
    check(
        &reach,
        &[&bytes],
        "ReachDirect { contact: ContactId(1), peer: [..], relays: [[3, 4]], key: Secret<32>(***) }",
    );
}
