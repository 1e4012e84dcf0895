use proptest::prelude::*;

use super::*;
use crate::{
    address::{Direction, Purpose},
    crypto::secret::Secret,
    limits::{MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, MAX_RECORD_BYTES},
};

const NONCE: Nonce = [9; 32];

fn keys(secret: u8) -> AddressKeys {
    AddressKeys::derive(&Secret::new([secret; 32]), Purpose::Mailbox, Direction::Forth, 1)
}

fn every_op() -> Vec<Op> {
    let keys = keys(1);
    vec![
        Op::put_record(&keys, 7, 60, vec![1; MAX_RECORD_BYTES]),
        Op::get_record(&keys, &NONCE),
        Op::deposit(&keys, [3; 16], 60, vec![2; MAX_ENVELOPE_BYTES]),
        Op::subscribe(&keys, &NONCE),
        Op::acknowledge(&keys, [4; 16]),
        Op::Unsubscribe { address: keys.address() },
    ]
}

fn every_frame() -> Vec<Frame> {
    let record = Record { sequence: 1, value: vec![5; MAX_RECORD_BYTES] };
    let mut frames = vec![
        Frame::Hello { nonce: NONCE },
        Frame::Reply { id: 1, status: Status::Done, payload: record.encode() },
        Frame::Push { address: [1; 32], id: [2; 16], envelope: vec![3; MAX_ENVELOPE_BYTES] },
    ];
    frames.extend(Status::ALL.map(|status| Frame::Reply { id: 2, status, payload: vec![] }));
    frames
}

#[test]
fn everything_comes_back_as_it_went_and_fits_into_a_frame() {
    for op in every_op() {
        let request = Request { id: u32::MAX, op };
        let body = request.encode();
        assert!(body.len() <= MAX_FRAME_BYTES);
        assert_eq!(Request::id_of(&body), Some(u32::MAX));
        assert_eq!(Request::decode(&body), Ok(request));
    }
    for frame in every_frame() {
        let body = frame.encode();
        assert!(body.len() <= MAX_FRAME_BYTES);
        assert_eq!(Frame::decode(&body), Ok(frame));
    }
}

/// The layout of protocol.md §10, byte by byte.
#[test]
fn the_bytes_are_those_of_the_protocol_page() {
    let AddressPublicKeys { read, write } = keys(1).public();
    let Op::Deposit { signature, .. } = Op::deposit(&keys(1), [3; 16], 0x0102_0304, vec![8, 9])
    else {
        panic!("a deposit");
    };
    let request = Request { id: 5, op: Op::deposit(&keys(1), [3; 16], 0x0102_0304, vec![8, 9]) };
    let expected = [
        &[0, 0, 0, 5, 3][..],
        &read,
        &write,
        &[3; 16],
        &[1, 2, 3, 4],
        &[0, 0, 0, 2, 8, 9],
        &signature,
    ]
    .concat();
    assert_eq!(request.encode(), expected);
    let reply = Frame::Reply { id: 5, status: Status::Full, payload: vec![] };
    assert_eq!(reply.encode(), [1, 0, 0, 0, 5, 4]);
    assert_eq!(Frame::Hello { nonce: NONCE }.encode(), [&[0, 1][..], &NONCE].concat());
}

#[test]
fn a_proof_holds_for_its_address_and_for_nothing_else() {
    let address = keys(1).address();
    for op in every_op() {
        assert_eq!(op.authorised_address(&NONCE), Some(address));
    }
    for mut op in every_op() {
        match &mut op {
            Op::PutRecord { sequence, .. } => *sequence += 1,
            Op::Deposit { id, .. } | Op::Acknowledge { id, .. } => *id = [0; 16],
            Op::GetRecord { keys: theirs, .. } | Op::Subscribe { keys: theirs, .. } => {
                *theirs = keys(2).public();
            }
            Op::Unsubscribe { .. } => continue,
        }
        assert_eq!(op.authorised_address(&NONCE), None);
    }
}

#[test]
fn a_read_is_good_for_one_stream_and_what_is_handed_on_for_every_stream() {
    let keys = keys(1);
    assert_eq!(Op::subscribe(&keys, &NONCE).authorised_address(&[0; 32]), None);
    assert_eq!(Op::get_record(&keys, &NONCE).authorised_address(&[0; 32]), None);
    let put = Op::put_record(&keys, 1, 1, vec![]);
    assert_eq!(put.authorised_address(&[0; 32]), Some(keys.address()));
    let acknowledge = Op::acknowledge(&keys, [4; 16]);
    assert_eq!(acknowledge.authorised_address(&[0; 32]), Some(keys.address()));
}

#[test]
fn a_writer_cannot_read_and_a_reader_cannot_write() {
    let keys = keys(1);
    let address = keys.address();
    let by_writer = keys.sign_write(labels::RELAY_SUBSCRIBE, &[&NONCE, &address]);
    let op = Op::Subscribe { keys: keys.public(), signature: by_writer };
    assert_eq!(op.authorised_address(&NONCE), None);
    let signature = keys.sign_write(labels::RELAY_ACKNOWLEDGE, &[&address, &[0; 16]]);
    let op = Op::Acknowledge { keys: keys.public(), id: [0; 16], signature };
    assert_eq!(op.authorised_address(&NONCE), None, "a writer deletes nothing");
    let by_reader = with_deposit_parts(&address, &[0; 16], 1, &[], |parts| {
        keys.sign_read(labels::RELAY_DEPOSIT, parts)
    });
    let op = Op::Deposit {
        keys: keys.public(),
        id: [0; 16],
        lifetime: 1,
        envelope: vec![],
        signature: by_reader,
    };
    assert_eq!(op.authorised_address(&NONCE), None);
}

#[test]
fn what_is_longer_than_its_bound_does_not_decode() {
    let op = Op::put_record(&keys(1), 1, 1, vec![0; MAX_RECORD_BYTES + 1]);
    assert!(Request::decode(&Request { id: 1, op }.encode()).is_err());
    let op = Op::deposit(&keys(1), [0; 16], 1, vec![0; MAX_ENVELOPE_BYTES + 1]);
    assert!(Request::decode(&Request { id: 1, op }.encode()).is_err());
}

#[test]
fn no_shorter_and_no_longer_body_decodes() {
    for op in every_op() {
        let mut body = Request { id: 1, op }.encode();
        assert!(Request::decode(&body[..body.len() - 1]).is_err());
        body.push(0);
        assert!(Request::decode(&body).is_err());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_decode_to_themselves_or_not_at_all(
        mut body in proptest::collection::vec(any::<u8>(), 0..400),
        kind in 0_u8..8,
    ) {
        if let Ok(frame) = Frame::decode(&body) {
            prop_assert_eq!(frame.encode(), body.clone());
        }
        if let Some(op) = body.get_mut(4) {
            *op = kind;
        }
        if let Ok(request) = Request::decode(&body) {
            prop_assert_eq!(request.encode(), body);
        }
    }
}
