//! What comes to the relay from anybody, beside what the core decodes.

use std::net::{Ipv6Addr, SocketAddr};

use volly_core::data_channel::stream_state::{Read, StreamState};
use volly_relay::{
    stun::message::{MAX_GROWTH, answer},
    webrtc_direct::{
        dcep::Control,
        ice::{self, Check},
    },
};

use crate::Verdict;

/// An answer is little longer than what it answers, and is answered by nobody.
pub(crate) fn stun_request(bytes: &[u8]) -> Verdict {
    let from = SocketAddr::from((Ipv6Addr::LOCALHOST, 3_478));
    let Some(response) = answer(bytes, from) else { return Verdict::Refused };
    assert!(response.len() <= bytes.len() + MAX_GROWTH, "{} bytes", response.len());
    assert!(answer(&response, from).is_none(), "an answer is answered");
    Verdict::Accepted
}

/// The same for a connectivity check, and what the relay asks back is no check that it answers.
pub(crate) fn ice_check(bytes: &[u8]) -> Verdict {
    let from = SocketAddr::from((Ipv6Addr::LOCALHOST, 4_000));
    let Some(check) = Check::read(bytes) else { return Verdict::Refused };
    let (response, question) = (check.answer(from), check.question(&[7; 12]));
    for sent in [&response, &question] {
        assert!(sent.len() <= bytes.len() + MAX_GROWTH, "{} bytes", sent.len());
    }
    assert!(Check::read(&response).is_none(), "an answer is answered");
    assert_eq!(ice::answered(&question), None, "a question is an answer");
    Verdict::Accepted
}

/// A message about a data channel.
pub(crate) fn channel_control(bytes: &[u8]) -> Verdict {
    Verdict::of(Control::decode(bytes).is_some())
}

/// Messages of one data channel, each behind a byte that is its length.
pub(crate) fn data_channel(mut bytes: &[u8]) -> Verdict {
    let (sent, mut state, mut read) = (bytes.len(), StreamState::default(), 0);
    while let Some((length, rest)) = bytes.split_first() {
        let Some((message, rest)) = rest.split_at_checked(usize::from(*length)) else { break };
        bytes = rest;
        if state.receive(message).is_err() {
            return Verdict::Refused;
        }
        if let Read::Bytes(count) = state.take(&mut [0; 3]) {
            read += count;
        }
    }
    assert!(read + state.waiting() <= sent, "more than was sent");
    Verdict::of(bytes.is_empty())
}
