//! One value of every message and derivation that has no file of its own, in hexadecimal.

use std::fmt::Write;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use volly_core::{
    address::{AddressKeys, Direction, Purpose, record_key},
    crypto::{dh, kem::DecapsulationKey, secret::Secret},
    engine::effect::{Row, Table},
    identity::{AccountSeed, Fingerprint, IdentityKeyPair, safety_number},
    store::at_rest::TableKeys,
    wire::{
        Acknowledges, AnswersRead, Author, Content, DirectFrame, FileInfo, Header, InviteKind,
        InviteLink, InviteRecord, Original, PresenceRecord, RatchetStep, Reference, Said, Stamp,
        codec::Writer,
        mailbox::{Frame, Op, Record, Request, Status},
        pad,
    },
};

const VECTORS: &str = include_str!("v1/wire.txt");

type Vectors = Vec<(String, Vec<u8>)>;

/// Every vector, by name.
fn vectors() -> Vectors {
    let mut vectors = identities();
    vectors.extend(addresses());
    vectors.extend(contents());
    vectors.extend(headers());
    vectors.extend(records());
    vectors.extend(requests());
    vectors.extend(frames());
    vectors
}

fn named(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.into(), bytes.into())
}

fn identities() -> Vectors {
    let account = |seed| IdentityKeyPair::from_seed(&AccountSeed::from_bytes([seed; 32]));
    let (one, two) = (account(1), account(2));
    let fingerprints = [&one, &two].map(|account| account.public().fingerprint());
    let words = AccountSeed::from_bytes([1; 32]).to_words().join(" ");
    vec![
        named("words", words),
        named("fingerprint", fingerprints[0].0),
        named("safety number", safety_number(&fingerprints[0], &fingerprints[1])),
        // Its parts are long: their hash stands for them.
        named("successor, hashed", Sha256::digest(one.hand_over(&two, 1_000).encode()).to_vec()),
    ]
}

fn addresses() -> Vectors {
    let secret = Secret::new([3; 32]);
    let mut vectors = Vectors::new();
    for purpose in
        [Purpose::Mailbox, Purpose::Presence, Purpose::InviteRecord, Purpose::InviteMailbox]
    {
        for direction in [Direction::Forth, Direction::Back] {
            let keys = AddressKeys::derive(&secret, purpose, direction, 20_000);
            let public = keys.public();
            let key = record_key(&secret, purpose, direction, 20_000);
            let name = format!("address {purpose:?} {direction:?}");
            let all = [public.read, public.write, keys.address(), *key.expose()];
            vectors.push(named(name, all.as_flattened()));
        }
    }
    vectors
}

fn file(answers: Option<Reference>, lifetime: u32) -> Said {
    let info = FileInfo {
        key: Secret::new([5; 32]),
        digest: [6; 32],
        size: 1_048_577,
        name: "Grüße.jpeg".into(),
        media_type: "image/jpeg".into(),
        width: 640,
        height: 480,
        duration: 1_500,
        preview: b"picture".to_vec(),
    };
    Said::File { answers, lifetime, info: Box::new(info) }
}

fn contents() -> Vectors {
    let hello = |answers_read| Content::Hello {
        name: "Zoë".into(),
        answers_read,
        history: 0x0102_0304_0506_0708,
        first_sequence: 9,
    };
    let stamp = Stamp { sequence: 3, lamport: 5, sent_at_ms: 1_800_000_000_123 };
    let said = |said| Content::Numbered(stamp, said).encode();
    let of = Original { sequence: 2, lamport: 4 };
    let to = |author| Reference { author, original: of };
    let text = |answers| said(Said::Text { answers, lifetime: 0, text: "Grüße".into() });
    let reaction = |emoji| said(Said::Reaction { to: to(Author::Receiver), emoji });
    let ranges = vec![(9, 10), (12, 12)];
    let receipt = Content::Receipt { delivered_up_to: 7, read_up_to: 6, ranges };
    vec![
        named("hello", hello(AnswersRead::Yes).encode()),
        named("hello, quiet", hello(AnswersRead::No).encode()),
        named("text", text(None)),
        named("text that answers", text(Some(to(Author::Sender)))),
        named(
            "text that disappears",
            said(Said::Text { answers: None, lifetime: 3_600, text: "Grüße".into() }),
        ),
        named("timer", said(Said::Timer { lifetime: 604_800 })),
        named("reaction", reaction(Some("👍".into()))),
        named("reaction taken back", reaction(None)),
        named("edit", said(Said::Edit { of, text: "Grüße!".into() })),
        named("deletion", said(Said::Deletion { of })),
        named("file", said(file(Some(to(Author::Sender)), 60))),
        named("piece", said(Said::Piece { digest: [6; 32], index: 17, chunk: b"sealed".to_vec() })),
        named("receipt", receipt.encode()),
        named("goodbye", Content::Goodbye.encode()),
        named("typing", Content::Typing(true).encode()),
        named("padded", pad(b"content", 32).to_vec()),
    ]
}

fn headers() -> Vectors {
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    let (_, kem_key) = DecapsulationKey::generate(rng);
    let (ciphertext, _) = kem_key.encapsulate(rng);
    let ratchet_key = dh::SecretKey::from_bytes([9; 32]).public_key();
    let step = |authentication| RatchetStep {
        previous_chain_len: 4,
        ratchet_key,
        kem_key: kem_key.clone(),
        ciphertext: ciphertext.clone(),
        authentication,
    };
    let header = |acknowledges, step| Header { index: 7, acknowledges, step }.encode().to_vec();
    let hashed = |bytes: Vec<u8>| Sha256::digest(bytes).to_vec();
    vec![
        named("header", header(Acknowledges::No, None)),
        named("header, acknowledging", header(Acknowledges::Yes, None)),
        named("header with a step, hashed", hashed(header(Acknowledges::No, Some(step(None))))),
        named(
            "header with a proof, hashed",
            hashed(header(Acknowledges::No, Some(step(Some(ciphertext.clone()))))),
        ),
    ]
}

fn records() -> Vectors {
    let link = |kind| {
        let link =
            InviteLink { fingerprint: Fingerprint([4; 32]), secret: Secret::new([5; 32]), kind };
        link.to_fragment()
    };
    let row = Row { table: Table::Contacts, key: vec![1, 2], value: b"a row".to_vec().into() };
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    let (peer, relays) = (b"peer".to_vec(), vec![b"one".to_vec(), b"two".to_vec()]);
    let presence = PresenceRecord { written: 1_800_000_000, peer, relays };
    vec![
        named("invite, one-time", link(InviteKind::OneTime { expires_minutes: 30_000_000 })),
        named("invite, long-term", link(InviteKind::LongTerm)),
        named("invite record, used", InviteRecord::Used.encode()),
        named("invite record, withdrawn", InviteRecord::Withdrawn.encode()),
        named("presence", presence.encode()),
        named("row at rest", TableKeys::derive(&Secret::new([6; 32])).seal(&row, rng)),
        named("prefix", Writer::default().bytes16(b"text").finish()),
    ]
}

fn requests() -> Vectors {
    let keys =
        AddressKeys::derive(&Secret::new([3; 32]), Purpose::Mailbox, Direction::Forth, 20_000);
    let nonce = [8; 32];
    let request = |name, op| named(name, Request { id: 77, op }.encode());
    vec![
        request("put record", Op::put_record(&keys, 5, 3_600, b"value".to_vec())),
        request("get record", Op::get_record(&keys, &nonce)),
        request("deposit", Op::deposit(&keys, [7; 16], 3_600, b"envelope".to_vec())),
        request("subscribe", Op::subscribe(&keys, &nonce)),
        request("acknowledge", Op::acknowledge(&keys, [7; 16])),
        request("unsubscribe", Op::Unsubscribe { address: keys.address() }),
    ]
}

fn frames() -> Vectors {
    let record = Record { sequence: 5, value: b"value".to_vec() };
    vec![
        named("relay hello", Frame::Hello { nonce: [8; 32] }.encode()),
        named(
            "relay reply",
            Frame::Reply { id: 77, status: Status::Done, payload: record.encode() }.encode(),
        ),
        named(
            "relay push",
            Frame::Push { address: [9; 32], id: [7; 16], envelope: b"envelope".to_vec() }.encode(),
        ),
        named(
            "direct frame",
            DirectFrame::Envelope { id: [7; 16], envelope: b"envelope" }.encode(),
        ),
        named("ask", DirectFrame::Ask { digest: [6; 32], first: 17, count: 16 }.encode()),
        named(
            "chunk",
            DirectFrame::Chunk { digest: [6; 32], index: 17, chunk: b"sealed" }.encode(),
        ),
        named("missing", DirectFrame::Missing { digest: [6; 32] }.encode()),
    ]
}

fn printed() -> String {
    let mut text = String::new();
    for (name, bytes) in vectors() {
        let hex = data_encoding::HEXLOWER.encode(&bytes);
        writeln!(text, "{name}: {hex}").unwrap();
    }
    text
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_message_and_derivation_is_what_it_was() {
    let printed = printed();
    for (now, then) in printed.lines().zip(VECTORS.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(printed.lines().count(), VECTORS.lines().count());
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
#[ignore = "writes the file that the other test reads"]
fn write_the_vectors_anew() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frozen/v1/wire.txt");
    std::fs::write(path, printed()).unwrap();
}
