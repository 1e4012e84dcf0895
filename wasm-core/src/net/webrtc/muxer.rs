//! A connection to a browser as a multiplexer: each stream is a data channel.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use send_wrapper::SendWrapper;

use super::{data_channel::DataChannel, peer::Peer};
use crate::net::woken::Woken;

/// See the module.
pub(super) struct Muxer(SendWrapper<State>);

struct State {
    peer: Peer,
    /// A channel of ours that is not open yet.
    opening: Option<DataChannel>,
}

impl Muxer {
    pub(super) fn new(peer: Peer) -> Self {
        Self(SendWrapper::new(State { peer, opening: None }))
    }
}

impl StreamMuxer for Muxer {
    type Substream = Woken<DataChannel>;
    type Error = io::Error;

    fn poll_inbound(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        self.0.peer.register(cx);
        match self.0.peer.take_channel() {
            Some(channel) => Poll::Ready(Ok(Woken::new(channel))),
            None => Poll::Pending,
        }
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Self::Substream>> {
        let opening = match self.0.opening.take() {
            Some(opening) => opening,
            None => self.0.peer.open_channel()?,
        };
        match opening.poll_open(cx) {
            Poll::Ready(opened) => Poll::Ready(opened.map(|()| Woken::new(opening))),
            Poll::Pending => {
                self.0.opening = Some(opening);
                Poll::Pending
            }
        }
    }

    /// Dropping it closes it.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        self.0.peer.register(cx);
        self.0.peer.poll_lost(cx).map(Err)
    }
}
