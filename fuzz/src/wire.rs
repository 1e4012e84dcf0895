//! What comes over a network: decoded, within its bounds, and the only encoding of what it says.

use volly_core::{
    limits::{
        MAX_ACKNOWLEDGE, MAX_DELIVERED_RANGES, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, MAX_NAME_BYTES,
        MAX_RECORD_BYTES, MAX_TEXT_BYTES,
    },
    wire::{
        Content, DeviceCertificate, DirectFrame, Enclosed, Header, IdentityKey, Initiator,
        InviteLink, InviteRecord, PreKeyBundle, PreKeyMessage, PresenceRecord,
        frame::{HEADER_BYTES, body_len, framed},
        mailbox::{Frame, Op, Record, Request},
        pad, unpad,
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
        None | Some(Content::Goodbye) => {}
        Some(Content::Hello { name, .. }) => assert!(name.len() <= MAX_NAME_BYTES),
        Some(Content::Text { sequence, text, .. }) => {
            assert!(*sequence > 0 && text.len() <= MAX_TEXT_BYTES);
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
        Op::Acknowledge { ids, .. } => assert!(ids.len() <= MAX_ACKNOWLEDGE),
        Op::GetRecord { .. } | Op::Subscribe { .. } | Op::Unsubscribe { .. } => {}
    }
    let authorised = request.op.authorised_address(&[0; 32]);
    if let Op::Acknowledge { address, .. } | Op::Unsubscribe { address } = &request.op {
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
    assert!(frame.as_ref().is_none_or(|frame| frame.envelope.len() <= MAX_ENVELOPE_BYTES));
    Verdict::of(frame.is_some())
}
