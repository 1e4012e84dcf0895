//! What comes from another tab, from the server of the page, and from a person's keyboard.

use std::rc::Rc;

use volly_core::{
    api::{ApiError, CallId},
    identity::AccountSeed,
    net::Bootstrap,
    rpc::{
        PortId, RunId, ToClients, ToServer,
        client::Client,
        frame::Frame,
        server::{Server, refusal},
    },
};

use crate::Verdict;

/// Who the view and the engine of [`rpc_frame`] are: a corpus names the same.
pub const PORT: PortId = PortId(7);
/// See [`PORT`].
pub const RUN: RunId = RunId(1);

/// Where a frame holds the fingerprint of its layout.
const LAYOUT: core::ops::Range<usize> = 1..9;

/// Takes the layout out of a frame, so that a corpus outlives a change of the layout.
#[must_use]
pub fn without_layout(frame: &Frame) -> Vec<u8> {
    let mut bytes = frame.encode();
    bytes.drain(LAYOUT);
    bytes
}

/// A frame without its layout, which is put in here: both ends take it. Postcard reads a number in
/// more than one form, so what is asserted is that the value survives, and not its bytes.
pub(crate) fn rpc_frame(bytes: &[u8]) -> Verdict {
    let _ = Frame::decode(bytes);
    let Some((direction, body)) = bytes.split_first() else { return Verdict::Refused };
    let hello = Frame::ToServer(ToServer::Hello).encode();
    let layout = hello.get(LAYOUT).unwrap_or_default();
    let Ok(frame) = Frame::decode(&[&[*direction], layout, body].concat()) else {
        return Verdict::Refused;
    };
    assert!(Frame::decode(&frame.encode()).as_ref() == Ok(&frame), "a frame survives");
    match frame {
        Frame::ToServer(message) => {
            let mut server = Server::start(RUN, false, Rc::new(|_| ()));
            if let Some((call, _)) = server.accept(message) {
                server.reply(call, refusal(ApiError::NotStarted));
            }
        }
        Frame::ToClients(message) => views().into_iter().for_each(|mut view| {
            view.receive(message.clone());
            while view.poll_output().is_some() {}
        }),
    }
    Verdict::Accepted
}

/// A view that waits for an engine, one that waits for its snapshot, and one that follows.
fn views() -> [Client; 3] {
    let up = ToClients::Up { run: RUN, number: 0, storage_failing: false };
    let waiting = Client::connect(PORT);
    let mut fetching = Client::connect(PORT);
    fetching.receive(up.clone());
    let mut following = Client::connect(PORT);
    following.receive(up);
    let reply = refusal(ApiError::Limit { max: 1 });
    following.receive(ToClients::Reply { run: RUN, port: PORT, call: CallId(1), reply });
    [waiting, fetching, following]
}

/// Lines of text: a PeerId, then addresses.
pub(crate) fn bootstrap(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else { return Verdict::Refused };
    let mut lines = text.lines();
    let peer = lines.next().unwrap_or_default();
    let accepted = Bootstrap::new(peer, lines.clone()).is_ok();
    assert!(!accepted || lines.next().is_some(), "a relay has an address");
    Verdict::of(accepted)
}

pub(crate) fn recovery_phrase(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else { return Verdict::Refused };
    let Ok(seed) = AccountSeed::from_words(text) else { return Verdict::Refused };
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").eq_ignore_ascii_case(&seed.to_words().join(" ")));
    Verdict::Accepted
}
