use proptest::prelude::*;

use super::{
    said::{FILE, MESSAGE, PIECE, TEXT},
    *,
};
use crate::{
    crypto::secret::Secret,
    limits::{
        MAX_FILE_BYTES, MAX_LIFETIME_SECONDS, MAX_PREVIEW_BYTES, MAX_SEALED_CHUNK_BYTES,
        MAX_TEXT_BYTES,
    },
};

fn original() -> impl Strategy<Value = Original> {
    (1..u64::MAX, any::<u64>()).prop_map(|(sequence, lamport)| Original { sequence, lamport })
}

fn reference() -> impl Strategy<Value = Reference> {
    let author = prop_oneof![Just(Author::Sender), Just(Author::Receiver)];
    (author, original()).prop_map(|(author, original)| Reference { author, original })
}

fn info() -> impl Strategy<Value = Box<FileInfo>> {
    let picture = (any::<u16>(), any::<u16>(), any::<u32>());
    let preview = prop::collection::vec(any::<u8>(), 0..300);
    (any::<[u8; 32]>(), any::<[u8; 32]>(), 1..=MAX_FILE_BYTES, ".{0,60}", picture, preview)
        .prop_map(|(key, digest, size, name, (width, height, duration), preview)| {
            let (key, media_type) = (Secret::new(key), "image/jpeg".into());
            let info =
                FileInfo { key, digest, size, name, media_type, width, height, duration, preview };
            Box::new(info)
        })
}

fn said() -> impl Strategy<Value = Said> {
    let emoji = prop::option::of(prop_oneof![Just("👍"), Just("❤️"), Just("👩‍🚀")]);
    prop_oneof![
        (prop::option::of(reference()), 0..=MAX_LIFETIME_SECONDS, ".{0,300}")
            .prop_map(|(answers, lifetime, text)| Said::Text { answers, lifetime, text }),
        (prop::option::of(reference()), 0..=MAX_LIFETIME_SECONDS, info())
            .prop_map(|(answers, lifetime, info)| Said::File { answers, lifetime, info }),
        (any::<[u8; 32]>(), any::<u32>(), prop::collection::vec(any::<u8>(), 0..300))
            .prop_map(|(digest, index, chunk)| Said::Piece { digest, index, chunk }),
        (0..=MAX_LIFETIME_SECONDS).prop_map(|lifetime| Said::Timer { lifetime }),
        (reference(), emoji)
            .prop_map(|(to, emoji)| Said::Reaction { to, emoji: emoji.map(Into::into) }),
        (original(), ".{0,300}").prop_map(|(of, text)| Said::Edit { of, text }),
        original().prop_map(|of| Said::Deletion { of }),
        (prop_oneof![100..TEXT, FILE + 1..=u8::MAX], prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(kind, rest)| Said::Unknown { kind, rest }),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let ranges = prop::collection::vec((2..50_u64, 0..50_u64), 0..=MAX_DELIVERED_RANGES);
    let answers = prop_oneof![Just(AnswersRead::No), Just(AnswersRead::Yes)];
    prop_oneof![
        (".{0,32}", answers, any::<u64>(), 1..u64::MAX).prop_map(
            |(name, answers_read, history, first_sequence)| Content::Hello {
                name,
                answers_read,
                history,
                first_sequence
            }
        ),
        (1..u64::MAX, any::<u64>(), any::<u64>(), said()).prop_map(
            |(sequence, lamport, sent_at_ms, said)| {
                Content::Numbered(Stamp { sequence, lamport, sent_at_ms }, said)
            }
        ),
        (any::<u32>(), any::<u64>(), ranges).prop_map(|(delivered, read_up_to, steps)| {
            let mut before = u64::from(delivered);
            let ranges = steps.iter().map(|(gap, length)| {
                let first = before + gap;
                before = first + length;
                (first, before)
            });
            let ranges = ranges.collect();
            Content::Receipt { delivered_up_to: u64::from(delivered), read_up_to, ranges }
        }),
        Just(Content::Goodbye),
        any::<bool>().prop_map(Content::Typing),
    ]
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_and_nothing_may_follow(content in content()) {
        let mut bytes = content.encode();
        prop_assert_eq!(Content::decode(&bytes), Ok(content.clone()));
        bytes.push(0);
        if matches!(content, Content::Numbered(_, Said::Unknown { .. })) {
            prop_assert!(Content::decode(&bytes).is_ok(), "its end is not known");
        } else {
            prop_assert_eq!(Content::decode(&bytes), Err(DecodeError::Trailing));
        }
    }

    #[test]
    fn any_bytes_are_refused_or_are_the_only_encoding(
        kind in prop_oneof![0..6_u8, 30..40_u8, 126..132_u8],
        mut bytes in prop::collection::vec(prop_oneof![Just(0), Just(1), any::<u8>()], 0..120),
    ) {
        bytes.insert(0, kind);
        if let Ok(content) = Content::decode(&bytes) {
            prop_assert_eq!(content.encode(), bytes);
        }
    }
}

const STAMP: Stamp = Stamp { sequence: 3, lamport: 5, sent_at_ms: 0 };
const OF: Original = Original { sequence: 2, lamport: 4 };

#[test]
fn a_text_above_its_bound_is_refused() {
    for said in
        [|text| Said::Text { answers: None, lifetime: 0, text }, |text| Said::Edit { of: OF, text }]
    {
        let content = |length| Content::Numbered(STAMP, said("a".repeat(length)));
        assert!(Content::decode(&content(MAX_TEXT_BYTES).encode()).is_ok());
        assert_eq!(
            Content::decode(&content(MAX_TEXT_BYTES + 1).encode()),
            Err(DecodeError::TooLong { length: MAX_TEXT_BYTES + 1, max: MAX_TEXT_BYTES })
        );
    }
}

#[test]
fn a_reaction_that_is_not_one_emoji_is_refused() {
    let to = Reference { author: Author::Receiver, original: OF };
    let decoded = |emoji: &str| {
        let said = Said::Reaction { to, emoji: Some(emoji.into()) };
        Content::decode(&Content::Numbered(STAMP, said).encode())
    };
    assert!(decoded("👍").is_ok());
    for text in ["a", "👍👍", "👍 "] {
        assert_eq!(decoded(text), Err(DecodeError::Value), "{text}");
    }
}

#[test]
fn a_lifetime_above_its_bound_is_refused_and_none_is_not_written() {
    for (lifetime, fits) in [(1, true), (MAX_LIFETIME_SECONDS, true), (u32::MAX, false)] {
        let text = Said::Text { answers: None, lifetime, text: "hi".into() };
        for said in [text, Said::Timer { lifetime }] {
            let decoded = Content::decode(&Content::Numbered(STAMP, said).encode());
            assert_eq!(decoded.is_ok(), fits, "{lifetime}");
        }
    }
    let text = Said::Text { answers: None, lifetime: 1, text: "hi".into() };
    let mut bytes = Content::Numbered(STAMP, text).encode();
    bytes[29] = 0;
    assert_eq!(Content::decode(&bytes), Err(DecodeError::Value), "zero is said by no flag");
}

#[test]
fn ranges_out_of_order_overlapping_or_touching_are_refused() {
    for ranges in [vec![(11, 12)], vec![(10, 12)], vec![(20, 19)], vec![(20, 25), (26, 30)]] {
        let receipt = Content::Receipt { delivered_up_to: 10, read_up_to: 0, ranges };
        assert_eq!(Content::decode(&receipt.encode()), Err(DecodeError::Value));
    }
}

#[test]
fn what_a_later_version_says_can_be_counted_if_it_is_numbered() {
    let text = Said::Text { answers: None, lifetime: 0, text: "hi".into() };
    let mut bytes = Content::Numbered(STAMP, text).encode();
    for (kind, is_message) in [(PIECE + 1, false), (MESSAGE - 1, false), (FILE + 1, true)] {
        bytes[0] = kind;
        let Ok(Content::Numbered(stamp, said)) = Content::decode(&bytes) else { panic!("{kind}") };
        assert_eq!((stamp, said.is_message()), (STAMP, is_message), "{kind}");
    }
    for kind in [0, 2, NUMBERED - 1] {
        bytes[0] = kind;
        assert_eq!(Content::decode(&bytes), Err(DecodeError::Value), "{kind}");
    }
    // A flag that is not known makes a text one of a later version.
    bytes[0] = TEXT;
    bytes[25] = 0x80;
    let Ok(Content::Numbered(STAMP, said)) = Content::decode(&bytes) else { panic!() };
    assert!(matches!(said, Said::Unknown { kind: TEXT, .. }) && said.is_message());
}

#[test]
fn what_is_said_of_a_file_is_bounded() {
    let decoded = |change: &dyn Fn(&mut FileInfo)| {
        let mut info = FileInfo {
            key: Secret::new([1; 32]),
            digest: [2; 32],
            size: 1,
            name: String::new(),
            media_type: String::new(),
            width: 0,
            height: 0,
            duration: 0,
            preview: Vec::new(),
        };
        change(&mut info);
        let said = Said::File { answers: None, lifetime: 0, info: Box::new(info) };
        Content::decode(&Content::Numbered(STAMP, said).encode()).map(|_| ())
    };
    assert_eq!(decoded(&|_| {}), Ok(()));
    assert_eq!(decoded(&|info| info.size = 0), Err(DecodeError::Value));
    assert_eq!(decoded(&|info| info.size = MAX_FILE_BYTES + 1), Err(DecodeError::Value));
    let (length, max) = (MAX_PREVIEW_BYTES + 1, MAX_PREVIEW_BYTES);
    let refused = Err(DecodeError::TooLong { length, max });
    assert_eq!(decoded(&|info| info.preview = vec![0; length]), refused);
    let (length, max) = (MAX_SEALED_CHUNK_BYTES + 1, MAX_SEALED_CHUNK_BYTES);
    let piece = Said::Piece { digest: [2; 32], index: 0, chunk: vec![0; length] };
    let decoded = Content::decode(&Content::Numbered(STAMP, piece).encode());
    assert_eq!(decoded.map(|_| ()), Err(DecodeError::TooLong { length, max }));
}
