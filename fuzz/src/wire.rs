//! What comes over a network: decoded, within its bounds, and the only encoding of what it says.

use volly_core::{
    limits::{
        MAX_ASKED_CHUNKS, MAX_DELIVERED_RANGES, MAX_ENVELOPE_BYTES, MAX_FILE_BYTES,
        MAX_FRAME_BYTES, MAX_LIFETIME_SECONDS, MAX_NAME_BYTES, MAX_OFFER, MAX_PREVIEW_BYTES,
        MAX_RECORD_BYTES, MAX_RELAY_ADDRESSES, MAX_SEALED_CHUNK_BYTES, MAX_TEXT_BYTES,
    },
    wire::{
        Content, DeviceCertificate, DirectFrame, Enclosed, Header, IdentityKey, Initiator,
        InviteLink, InviteRecord, PreKeyBundle, PreKeyMessage, PresenceRecord, Said,
        frame::{HEADER_BYTES, body_len, framed},
        is_emoji,
        mailbox::{Frame, Op, Record, Request},
        pad,
        replica::{Ask, Hello, decode_wanted, encode_wanted},
        unpad,
    },
};

use crate::Verdict;

/// Asserts that what decodes encodes to the same bytes.
pub(crate) fn canonical<T, E>(
    bytes: &[u8],
    decoded: Result<T, E>,
    encode: impl FnOnce(&T) -> Vec<u8>,
) -> Option<T> {
    let value = decoded.ok()?;
    assert!(encode(&value) == bytes, "it is not the only encoding");
    Some(value)
}

pub(crate) fn identity_key(bytes: &[u8]) -> Verdict {
    let key = canonical(bytes, IdentityKey::from_bytes(bytes), IdentityKey::to_bytes);
    Verdict::of(key.is_some())
}

pub(crate) fn device_certificate(bytes: &[u8]) -> Verdict {
    let decoded = DeviceCertificate::decode(bytes);
    Verdict::of(canonical(bytes, decoded, DeviceCertificate::encode).is_some())
}

pub(crate) fn prekey_bundle(bytes: &[u8]) -> Verdict {
    let decoded = PreKeyBundle::decode(bytes);
    Verdict::of(canonical(bytes, decoded, PreKeyBundle::encode).is_some())
}

/// The parts of a message overlap: each is associated data of what follows it.
pub(crate) fn prekey_message(bytes: &[u8]) -> Verdict {
    let Ok(message) = PreKeyMessage::decode(bytes) else { return Verdict::Refused };
    assert!(message.prologue.encode() == message.prologue_bytes, "the prologue is as it came");
    assert!([message.prologue_bytes, message.sealed_initiator].concat() == message.head_bytes);
    assert!([message.head_bytes, message.sealed_enclosed].concat() == bytes);
    Verdict::Accepted
}

pub(crate) fn initiator(bytes: &[u8]) -> Verdict {
    Verdict::of(canonical(bytes, Initiator::decode(bytes), Initiator::encode).is_some())
}

pub(crate) fn enclosed(bytes: &[u8]) -> Verdict {
    Verdict::of(canonical(bytes, Enclosed::decode(bytes), |it| it.encode()).is_some())
}

pub(crate) fn ratchet_header(bytes: &[u8]) -> Verdict {
    Verdict::of(canonical(bytes, Header::decode(bytes), Header::encode).is_some())
}

pub(crate) fn padding(bytes: &[u8]) -> Verdict {
    let content = canonical(bytes, unpad(bytes), |content| pad(content, bytes.len()).to_vec());
    Verdict::of(content.is_some())
}

pub(crate) fn content(bytes: &[u8]) -> Verdict {
    let content = canonical(bytes, Content::decode(bytes), Content::encode);
    match &content {
        None | Some(Content::Goodbye | Content::Moved { .. } | Content::Typing(_)) => {}
        Some(Content::Hello { name, .. }) => assert!(name.len() <= MAX_NAME_BYTES),
        Some(Content::Numbered(stamp, said)) => {
            assert!(stamp.sequence > 0);
            match said {
                Said::Edit { text, .. } => assert!(text.len() <= MAX_TEXT_BYTES),
                Said::Text { lifetime, text, .. } => {
                    assert!(text.len() <= MAX_TEXT_BYTES && *lifetime <= MAX_LIFETIME_SECONDS);
                }
                Said::File { lifetime, info, .. } => {
                    assert!((1..=MAX_FILE_BYTES).contains(&info.size));
                    assert!(info.preview.len() <= MAX_PREVIEW_BYTES);
                    assert!(*lifetime <= MAX_LIFETIME_SECONDS);
                }
                Said::Piece { chunk, .. } => assert!(chunk.len() <= MAX_SEALED_CHUNK_BYTES),
                Said::Timer { lifetime } => assert!(*lifetime <= MAX_LIFETIME_SECONDS),
                Said::Reaction { emoji, .. } => assert!(emoji.as_deref().is_none_or(is_emoji)),
                Said::Deletion { of } => assert!(of.sequence > 0),
                Said::Unknown { kind, .. } => assert!(*kind >= 32, "it is numbered"),
            }
        }
        Some(Content::Receipt { delivered_up_to, ranges, .. }) => {
            assert!(ranges.len() <= MAX_DELIVERED_RANGES);
            let mut before = *delivered_up_to;
            for (first, last) in ranges {
                assert!(first > &before.saturating_add(1) && first <= last, "ranges stand apart");
                before = *last;
            }
        }
    }
    Verdict::of(content.is_some())
}

pub(crate) fn invite_link(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else { return Verdict::Refused };
    let Ok(link) = InviteLink::parse(text) else { return Verdict::Refused };
    assert!(text.trim().ends_with(&link.to_fragment()), "a link has one fragment");
    Verdict::Accepted
}

pub(crate) fn invite_record(bytes: &[u8]) -> Verdict {
    let record = canonical(bytes, InviteRecord::decode(bytes), InviteRecord::encode);
    if let Some(InviteRecord::Open { name, .. }) = &record {
        assert!(name.len() <= MAX_NAME_BYTES);
    }
    Verdict::of(record.is_some())
}

pub(crate) fn presence_record(bytes: &[u8]) -> Verdict {
    let record = canonical(bytes, PresenceRecord::decode(bytes), |it| it.encode());
    assert!(record.as_ref().is_none_or(|record| !record.peer.is_empty()));
    Verdict::of(record.is_some())
}

/// The relay goes on to check the signature of whatever decodes.
pub(crate) fn mailbox_request(bytes: &[u8]) -> Verdict {
    let request = canonical(bytes, Request::decode(bytes), Request::encode);
    let Some(request) = request else { return Verdict::Refused };
    assert!(Request::id_of(bytes) == Some(request.id));
    match &request.op {
        Op::PutRecord { value, .. } => assert!(value.len() <= MAX_RECORD_BYTES),
        Op::Deposit { envelope, .. } => assert!(envelope.len() <= MAX_ENVELOPE_BYTES),
        Op::GetRecord { .. }
        | Op::Subscribe { .. }
        | Op::Acknowledge { .. }
        | Op::Unsubscribe { .. } => {}
    }
    let authorised = request.op.authorised_address(&[0; 32]);
    if let Op::Unsubscribe { address } = &request.op {
        assert!(authorised == Some(*address));
    }
    Verdict::Accepted
}

pub(crate) fn mailbox_frame(bytes: &[u8]) -> Verdict {
    let frame = canonical(bytes, Frame::decode(bytes), Frame::encode);
    if let Some(Frame::Push { envelope, .. }) = &frame {
        assert!(envelope.len() <= MAX_ENVELOPE_BYTES);
    }
    Verdict::of(frame.is_some())
}

/// What one relay asks of another; it goes on to check the signature of whatever decodes.
pub(crate) fn replica_ask(bytes: &[u8]) -> Verdict {
    let ask = canonical(bytes, Ask::decode(bytes), Ask::encode);
    match &ask {
        Some(Ask::Offer { items, .. }) => {
            assert!(items.len() <= MAX_OFFER);
            let payload: Vec<u8> = bytes.iter().copied().take(items.len().div_ceil(8)).collect();
            if let Ok(wanted) = decode_wanted(&payload, items.len()) {
                assert!(encode_wanted(&wanted) == payload);
            }
        }
        Some(Ask::HandOn { request, .. } | Ask::Fetch { request, .. }) => {
            let _ = request.op.authorised_address(&[0; 32]);
        }
        None => {}
    }
    Verdict::of(ask.is_some())
}

pub(crate) fn replica_hello(bytes: &[u8]) -> Verdict {
    let hello = canonical(bytes, Hello::decode(bytes), Hello::encode);
    assert!(hello.as_ref().is_none_or(|hello| hello.addresses.len() <= MAX_RELAY_ADDRESSES));
    Verdict::of(hello.is_some())
}

pub(crate) fn mailbox_record(bytes: &[u8]) -> Verdict {
    let record = canonical(bytes, Record::decode(bytes), Record::encode);
    assert!(record.as_ref().is_none_or(|record| record.value.len() <= MAX_RECORD_BYTES));
    Verdict::of(record.is_some())
}

/// Reads one body after the other as the owner of a stream does.
pub(crate) fn stream_frames(bytes: &[u8]) -> Verdict {
    let mut rest = bytes;
    let mut again = Vec::with_capacity(bytes.len());
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER_BYTES>() {
        let Ok(length) = body_len(*header) else { return Verdict::Refused };
        assert!(length <= MAX_FRAME_BYTES);
        let Some((body, next)) = behind.split_at_checked(length) else { break };
        again.extend(framed(body));
        rest = next;
    }
    assert!([&again, rest].concat() == bytes, "frames are as they came");
    Verdict::of(rest.is_empty() && !bytes.is_empty())
}

pub(crate) fn direct_frame(bytes: &[u8]) -> Verdict {
    let frame = canonical(bytes, DirectFrame::decode(bytes), |it| it.encode());
    assert!(match frame {
        Some(DirectFrame::Envelope { envelope, .. }) => envelope.len() <= MAX_ENVELOPE_BYTES,
        Some(DirectFrame::Chunk { chunk, .. }) => chunk.len() <= MAX_SEALED_CHUNK_BYTES,
        Some(DirectFrame::Ask { count, .. }) => (1..=MAX_ASKED_CHUNKS).contains(&count),
        Some(DirectFrame::Missing { .. }) | None => true,
    });
    Verdict::of(frame.is_some())
}
