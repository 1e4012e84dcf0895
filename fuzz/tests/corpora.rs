//! Makes the seeds: `cargo test -p volly-fuzz --test corpora -- --ignored` writes `corpus/` anew.
//!
//! Right to run when a format has changed. What a campaign found and was put there by hand stays,
//! if its name is another.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test that cannot go on fails, and its modules are a crate of their own"
)]

#[path = "corpora/backups.rs"]
mod backups;
#[path = "corpora/meeting.rs"]
mod meeting;
#[path = "corpora/relay.rs"]
mod relay;

use std::fs;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    api::{
        AcceptInvite, Arrange, Arrangement, CallId, Connection, ContactId, ContactState,
        ContactView, DeleteMessage, EditText, Event, Form, GetSafetyNumber, GetSnapshot,
        GetTimeline, InviteId, InviteState, InviteView, MarkRead, MessageId, MessageState,
        MessageView, Numbered, Path, Profile, Progress, Quote, Reach, React, Restore, SendText,
        SetDraft, SetTimer, Snapshot, StartFailure, Stretch, TellTyping, Trust,
    },
    crypto::{dh, kem::DecapsulationKey, secret::Secret},
    engine::effect::Table,
    identity::AccountSeed,
    rpc::{ToClients, ToServer, frame::Frame as RpcFrame},
    session::SessionState,
    wire::{
        Acknowledges, AnswersRead, Author, Content, DirectFrame, Enclosed, FileInfo, Header,
        Initiator, InviteKind, InviteLink, InviteRecord, Original, PresenceRecord, RatchetStep,
        Reference, Said, Stamp,
        frame::framed,
        mailbox::{Frame, Op, Record, Request, Status},
        pad,
        replica::{Ask, Hello, Item},
    },
};
use volly_fuzz::{
    corpus,
    parties::{Fixture, NOW, fixture},
    seams::{PORT, RUN, without_layout},
    stored::row_bytes,
};

/// Writes what a target accepts, and beside it the same without its last byte.
fn write(target: &str, name: &str, bytes: &[u8]) {
    put(target, name, bytes);
    put(target, &format!("{}{name}-cut", corpus::REFUSED), &bytes[..bytes.len() - 1]);
}

fn put(target: &str, name: &str, bytes: &[u8]) {
    fs::create_dir_all(corpus::folder(target)).unwrap();
    fs::write(corpus::folder(target).join(name), bytes).unwrap();
}

fn refused(target: &str, name: &str, bytes: &[u8]) {
    put(target, &format!("{}{name}", corpus::REFUSED), bytes);
}

#[test]
#[ignore = "writes the files that the other tests read"]
fn write_the_corpora_anew() {
    keys_and_bundles();
    ratchet_headers();
    contents();
    invites_and_presence();
    mailbox();
    streams();
    stored();
    backups::write_all();
    relay::write_all();
    rpc();
    rpc_views();
    typed();
    parties();
}

fn keys_and_bundles() {
    let Fixture { bundle, device, hello, .. } = fixture();
    let (identity, certificate) = (bundle.identity.to_bytes(), bundle.certificate.encode());
    write("identity_key", "key", &identity);
    let weak = [&[1, 1][..], &[0; 31], &identity[33..]].concat();
    refused("identity_key", "small-order", &weak);
    write("device_certificate", "certificate", &certificate);
    write("prekey_bundle", "bundle", &bundle.encode());
    put("prekey_message", "hello", &hello[..4_096]);
    refused("prekey_message", "version", &[2; 2_400]);
    let dh_key = device.certificate().dh_key;
    let initiator = Initiator { dh_key, fingerprint: *device.fingerprint() };
    write("initiator", "initiator", &initiator.encode());
    let enclosed = Enclosed {
        identity: bundle.identity.clone(),
        certificate: bundle.certificate.clone(),
        initiated_at: NOW,
        ratchet_message: b"a message",
    };
    put("enclosed", "enclosed", &enclosed.encode());
    refused("enclosed", "cut", &identity);
}

fn ratchet_headers() {
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    let (_, kem_key) = DecapsulationKey::generate(rng);
    let (ciphertext, _) = kem_key.encapsulate(rng);
    let ratchet_key = dh::PublicKey([9; 32]);
    let mut step = RatchetStep {
        previous_chain_len: 3,
        ratchet_key,
        kem_key,
        ciphertext,
        authentication: None,
    };
    let header = |step| Header { index: 7, acknowledges: Acknowledges::Yes, step }.encode();
    write("ratchet_header", "short", &header(None));
    write("ratchet_header", "step", &header(Some(step.clone())));
    step.authentication = Some(step.ciphertext.clone());
    write("ratchet_header", "authentication", &header(Some(step)));
    refused("ratchet_header", "flags", &[8, 0, 0, 0, 0]);
}

fn contents() {
    let text = "Schön, dass du da bist.".to_owned();
    let ranges = vec![(12, 14), (20, 20)];
    for (name, content) in [
        (
            "hello",
            Content::Hello {
                name: "Ada".into(),
                answers_read: AnswersRead::Yes,
                history: 7,
                first_sequence: 1,
            },
        ),
        ("receipt", Content::Receipt { delivered_up_to: 10, read_up_to: 9, ranges }),
    ] {
        write("content", name, &content.encode());
        put("padding", name, &pad(&content.encode(), 128));
    }
    let stamp = Stamp { sequence: 4, lamport: 7, sent_at_ms: NOW * 1_000 };
    let of = Original { sequence: 2, lamport: 3 };
    let to = Reference { author: Author::Receiver, original: of };
    let info = Box::new(FileInfo {
        key: Secret::new([1; 32]),
        digest: [3; 32],
        size: 123_456,
        name: "photo.jpeg".into(),
        media_type: "image/jpeg".into(),
        width: 640,
        height: 480,
        duration: 0,
        preview: vec![5; 20],
    });
    for (name, said) in [
        ("text", Said::Text { answers: None, lifetime: 0, text: text.clone() }),
        ("answer", Said::Text { answers: Some(to), lifetime: 60, text: text.clone() }),
        ("reaction", Said::Reaction { to, emoji: Some("👍".into()) }),
        ("reaction-back", Said::Reaction { to, emoji: None }),
        ("edit", Said::Edit { of, text }),
        ("deletion", Said::Deletion { of }),
        ("timer", Said::Timer { lifetime: 3_600 }),
        ("file", Said::File { answers: Some(to), lifetime: 60, info }),
        ("piece", Said::Piece { digest: [3; 32], index: 2, chunk: vec![9; 40] }),
    ] {
        write("content", name, &Content::Numbered(stamp, said).encode());
    }
    for kind in [127, 255] {
        let newer = Said::Unknown { kind, rest: vec![7; 5] };
        put("content", &format!("newer-{kind}"), &Content::Numbered(stamp, newer).encode());
    }
    let mut words = Content::Numbered(stamp, Said::Reaction { to, emoji: None }).encode();
    words.truncate(words.len() - 2);
    words.extend_from_slice(b"\0\x02no");
    refused("content", "reaction-of-words", &words);
    put("content", "goodbye", &Content::Goodbye.encode());
    write("content", "typing", &Content::Typing(true).encode());
    let ranges = vec![(11, 12)];
    let touching = Content::Receipt { delivered_up_to: 10, read_up_to: 9, ranges };
    refused("content", "touching", &touching.encode());
    refused("padding", "not-zero", &[0, 0, 0, 1, 7, 0, 1]);
}

fn invites_and_presence() {
    let Fixture { bundle, device, .. } = fixture();
    let link = InviteLink {
        fingerprint: *device.fingerprint(),
        secret: Secret::new([5; 32]),
        kind: InviteKind::OneTime { expires_minutes: 30_000_000 },
    };
    let fragment = link.to_fragment();
    put("invite_link", "fragment", fragment.as_bytes());
    put("invite_link", "link", format!("https://volly.example/a#{fragment}\n").as_bytes());
    refused("invite_link", "cut", &fragment.as_bytes()[1..]);
    let open = InviteRecord::Open { name: "Ada".into(), bundle: Box::new(bundle.clone()) };
    write("invite_record", "open", &open.encode());
    put("invite_record", "used", &InviteRecord::Used.encode());
    put("invite_record", "withdrawn", &InviteRecord::Withdrawn.encode());
    let presence = PresenceRecord { written: NOW, peer: vec![7; 38], relays: vec![vec![8; 38]; 2] };
    write("presence_record", "presence", &presence.encode());
    refused("presence_record", "nowhere", &[&[1][..], &[0; 9]].concat());
}

fn hand_on(request: Request) -> Ask {
    Ask::HandOn { until: 30_000_000, request }
}

fn mailbox() {
    let secret = Secret::new([7; 32]);
    let keys = AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, 20_833);
    let (address, id, nonce) = (keys.address(), [3; 16], [0; 32]);
    for (name, op) in [
        ("put", Op::put_record(&keys, 1, 3_600, vec![1; 40])),
        ("get", Op::get_record(&keys, &nonce)),
        ("deposit", Op::deposit(&keys, id, 3_600, vec![2; 512])),
        ("subscribe", Op::subscribe(&keys, &nonce)),
        ("acknowledge", Op::acknowledge(&keys, id)),
        ("unsubscribe", Op::Unsubscribe { address }),
    ] {
        write("mailbox_request", name, &Request { id: 9, op }.encode());
    }
    let request = |op| Request { id: 9, op };
    let asks = [
        ("put", hand_on(request(Op::put_record(&keys, 1, 3_600, vec![1; 40])))),
        ("deposit", hand_on(request(Op::deposit(&keys, id, 3_600, vec![2; 512])))),
        ("acknowledge", hand_on(request(Op::acknowledge(&keys, id)))),
        ("get", Ask::Fetch { salt: [5; 32], request: request(Op::get_record(&keys, &nonce)) }),
        ("subscribe", Ask::Fetch { salt: [5; 32], request: request(Op::subscribe(&keys, &nonce)) }),
        (
            "offer",
            Ask::Offer {
                id: 9,
                items: vec![Item::Envelope(address, id), Item::Record(address, 7)],
            },
        ),
    ];
    for (name, ask) in asks {
        write("replica_ask", name, &ask.encode());
    }
    refused("replica_ask", "read", &hand_on(request(Op::get_record(&keys, &nonce))).encode());
    let addresses = vec!["/ip4/10.0.0.1/tcp/8080/ws".to_owned(), String::new()];
    write("replica_hello", "hello", &Hello { addresses }.encode());
    let record = Record { sequence: 1 << 60, value: vec![1; 40] }.encode();
    write("mailbox_record", "record", &record);
    let reply = Frame::Reply { id: 9, status: Status::Done, payload: record };
    put("mailbox_frame", "reply", &reply.encode());
    write("mailbox_frame", "hello", &Frame::Hello { nonce }.encode());
    write("mailbox_frame", "push", &Frame::Push { address, id, envelope: vec![2; 512] }.encode());
    refused("mailbox_frame", "status", &[1, 0, 0, 0, 9, 7]);
}

fn streams() {
    write("stream_frames", "two", &[framed(b"one"), framed(&[7; 300]), framed(b"")].concat());
    refused("stream_frames", "long", &[0, 1, 0x11, 0x71]);
    let frame = DirectFrame::Envelope { id: [3; 16], envelope: &[2; 512] };
    put("direct_frame", "envelope", &frame.encode());
    let frame = DirectFrame::Ask { digest: [3; 32], first: 7, count: 16 };
    put("direct_frame", "ask", &frame.encode());
    let frame = DirectFrame::Chunk { digest: [3; 32], index: 7, chunk: &[2; 300] };
    put("direct_frame", "chunk", &frame.encode());
    put("direct_frame", "missing", &DirectFrame::Missing { digest: [3; 32] }.encode());
    refused("direct_frame", "kind", &[4; 20]);
}

fn stored() {
    let Fixture { device, prekeys, pairs, .. } = fixture();
    write("device", "device", &device.encode());
    write("prekeys", "prekeys", &prekeys.encode());
    let [[alice, bob], [settled, other]] = pairs;
    write("session", "alice-young", alice);
    write("session", "bob-young", bob);
    write("session", "settled", settled);
    // Twelve messages of which the last comes first.
    let rng = &mut ChaCha20Rng::seed_from_u64(5);
    let mut sender = SessionState::decode(settled).unwrap();
    let mut receiver = SessionState::decode(other).unwrap();
    let sealed: Vec<_> = (0..12).map(|_| sender.seal(b"late", NOW, rng).unwrap()).collect();
    receiver.open(&sealed[11], NOW).unwrap();
    write("session", "skipped", &receiver.encode());

    for (who, rows) in ["alice", "bob"].into_iter().zip(meeting::rows()) {
        let bytes: Vec<u8> = rows.iter().flat_map(row_bytes).collect();
        put("rows", who, &bytes);
        let cut = rows.iter().cloned().map(|mut row| {
            let is_contact = row.table == Table::Contacts;
            let kept = row.value.len() - usize::from(is_contact);
            row.value = row.value[..kept].to_vec().into();
            row
        });
        let cut: Vec<u8> = cut.flat_map(|row| row_bytes(&row)).collect();
        refused("rows", &format!("{who}-cut-contact"), &cut);
    }
}

fn rpc() {
    let (run, port, call, contact) = (RUN, PORT, CallId(1), ContactId(1));
    let id = MessageId { lamport: 7, side: 1, sequence: 3 };
    let (sent_at, stored_at, state) = (NOW, NOW, Some(MessageState::Sent));
    let message = MessageView {
        id,
        form: Form::Text,
        text: "Is it you?".into(),
        edited: true,
        answers: Some(Quote { id, mine: false, text: Some("Guess who".into()) }),
        our_reaction: None,
        their_reaction: Some("👍".into()),
        lifetime: 3_600,
        sent_at,
        stored_at,
        state,
        shared: true,
    };
    let progress = vec![Progress { first: 1, last: 3, state: MessageState::Read }];
    let (contacts, invites, connection) = (Vec::new(), Vec::new(), Connection::Online);
    let relays = vec!["relay.example".to_owned()];
    let snapshot = Snapshot { number: 4, profile: None, contacts, invites, connection, relays };
    let reply = postcard::to_allocvec(&Ok::<_, volly_core::api::ApiError>(snapshot)).unwrap();
    let event = |event| ToClients::Event { run, event: Numbered { number: 5, event } };
    let request = |request| ToServer::Call { run, port, call, request };
    let text = SendText {
        contact: ContactId(1 << 40),
        text: "Is it you?".into(),
        answers: None,
        token: 0,
    };
    let phrase = AccountSeed::from_bytes([0; 32]).to_words().join(" ");
    for (name, message) in [
        ("hello", ToServer::Hello),
        ("snapshot", request(GetSnapshot {}.into())),
        ("text", request(text.into())),
        (
            "timeline",
            request(GetTimeline { contact: ContactId(1), stretch: Stretch::Before(id) }.into()),
        ),
        ("react", request(React { contact, message: id, emoji: Some("👍".into()) }.into())),
        ("edit", request(EditText { contact, message: id, text: "Is it?".into() }.into())),
        ("arrange", request(Arrange { contact, arrangement: Arrangement::default() }.into())),
        ("timer", request(SetTimer { contact, lifetime: 60 }.into())),
        ("typing", request(TellTyping { contact, is_typing: true }.into())),
        ("delete", request(DeleteMessage { contact, message: id, for_both: true }.into())),
        ("read", request(MarkRead { contact: ContactId(1), up_to: id }.into())),
        ("draft", request(SetDraft { contact: ContactId(1), text: "By the".into() }.into())),
        ("invite", request(AcceptInvite { link: "#AQ".into(), confirm: true }.into())),
        ("number", request(GetSafetyNumber { contact: ContactId(1), verified: Some(true) }.into())),
        ("restore", request(Restore { name: "Ada".into(), phrase }.into())),
    ] {
        put("rpc_frame", name, &without_layout(&RpcFrame::ToServer(message)));
    }
    for (name, message) in [
        ("up", ToClients::Up { run, number: 5, storage_failing: true }),
        ("up-last", ToClients::Up { run, number: u64::MAX, storage_failing: false }),
        ("failed", ToClients::Failed(StartFailure::OtherVersion)),
        ("reply", ToClients::Reply { run, port, call, reply }),
        ("message", event(Event::Message(ContactId(1), message))),
        ("progress", event(Event::Progress(ContactId(1), progress))),
    ] {
        write("rpc_frame", name, &without_layout(&RpcFrame::ToClients(message)));
    }
}

/// What views show of a person, an invite and oneself.
fn rpc_views() {
    let event = |event| ToClients::Event { run: RUN, event: Numbered { number: 5, event } };
    let contact = ContactView {
        id: ContactId(1),
        name: "Ada".into(),
        fingerprint: [7; 32],
        state: ContactState::Established,
        trust: Trust::Verified,
        reach: Some(Reach { path: Path::Direct, round_trip: Some(3) }),
        last: None,
        unread: 300,
        read_up_to: Some(MessageId { lamport: 7, side: 1, sequence: 3 }),
        draft: "By the".into(),
        added_at: NOW,
        is_typing: true,
        answers_read: false,
        lifetime: 60,
        arrangement: Arrangement { pinned: true, muted: false, archived: true, unread: false },
    };
    let (created_at, expires_at, state) = (NOW, NOW + 604_800, InviteState::Open);
    let invite =
        InviteView { id: InviteId(2), fragment: "AQ".into(), state, created_at, expires_at };
    let profile = Profile {
        name: "Bob".into(),
        fingerprint: [8; 32],
        phrase_seen: true,
        relay_only: false,
        answers_read: true,
        shows_typing: false,
    };
    for (name, message) in [
        ("contact", event(Event::Contact(Box::new(contact)))),
        ("open-invite", event(Event::Invite(invite))),
        ("closed-invite", event(Event::InviteClosed(InviteId(2), Some(ContactId(1))))),
        ("profile", event(Event::Profile(profile))),
    ] {
        put("rpc_frame", name, &without_layout(&RpcFrame::ToClients(message)));
    }
}

fn typed() {
    const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
    let document = format!(
        "{PEER}\n/ip4/127.0.0.1/tcp/1/ws/p2p/{PEER}\n/dns4/relay.example/tcp/443/tls/ws\n/ip6/::1/tcp/5/ws\n"
    );
    put("bootstrap", "document", document.as_bytes());
    refused("bootstrap", "no-address", format!("{PEER}\nnonsense\n").as_bytes());
    refused("bootstrap", "long-peer", "z".repeat(40_000).as_bytes());
    for (name, seed) in [("zeroes", [0; 32]), ("fives", [0x5A; 32])] {
        let phrase = AccountSeed::from_bytes(seed).to_words().join(" ");
        put("recovery_phrase", name, phrase.as_bytes());
    }
    let phrase = AccountSeed::from_bytes([1; 32]).to_words().join("\n\t").to_uppercase();
    put("recovery_phrase", "shouted", phrase.as_bytes());
    refused("recovery_phrase", "checksum", ["abandon"; 24].join(" ").as_bytes());
}

fn parties() {
    let Fixture { hello, device, .. } = fixture();
    put("handshake", "hello", hello);
    refused("handshake", "certificate", &device.certificate().encode());
    let cases: [(&str, u8, &[[u8; 4]]); 4] = [
        ("in-order", 0, &[[0, 0, 0, 2], [4, 0, 0, 0], [1, 0, 0, 3], [5, 0, 0, 0], [0, 0, 0, 6]]),
        (
            "late",
            1,
            &[
                [0, 0, 0, 2],
                [0, 0, 0, 3],
                [0, 0, 0, 5],
                [4, 2, 0, 0],
                [1, 0, 0, 1],
                [5, 0, 0, 0],
                [0, 0, 0, 7],
                [4, 2, 0, 0],
                [4, 0, 0, 0],
                [4, 0, 0, 0],
            ],
        ),
        (
            "lost-and-again",
            1,
            &[
                [0, 0, 0, 2],
                [10, 0, 0, 0],
                [0, 0, 0, 2],
                [8, 0, 0, 0],
                [8, 0, 0, 0],
                [14, 0, 0, 0],
                [15, 0, 0, 0],
                [8, 0, 0, 0],
                [1, 0, 0, 4],
                [9, 0, 0, 0],
            ],
        ),
        (
            "forged",
            0,
            &[
                [1, 0, 0, 2],
                [13, 0, 0, 3],
                [13, 0, 9, 4],
                [13, 0, 40, 1],
                [13, 0, 0, 0],
                [14, 1, 255, 255],
                [0, 0, 0, 2],
                [12, 0, 1, 2],
                [5, 0, 0, 0],
                [4, 0, 0, 0],
            ],
        ),
    ];
    for (name, pair, actions) in cases {
        put("two_parties", name, &[&[pair][..], &actions.concat()].concat());
    }
    refused("two_parties", "nothing", &[]);
}
