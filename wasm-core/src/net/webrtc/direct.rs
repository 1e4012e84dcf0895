//! Dials a relay over WebRTC-direct. What the browser is told is in [`super::direct_sdp`].

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use libp2p::{
    Multiaddr, PeerId,
    core::{
        muxing::StreamMuxerBox,
        transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent},
        upgrade::InboundConnectionUpgrade,
    },
    identity::Keypair,
    noise,
};
use send_wrapper::SendWrapper;
use web_sys::RtcSdpType;

use super::{
    data_channel::DataChannel,
    direct_sdp::{Endpoint, Offer},
    muxer::Muxer,
    peer::Peer,
};

/// For a node with this key. Does not bound the time of a dial; the caller does.
pub(in crate::net) struct WebRtcDirect(pub(in crate::net) Keypair);

impl Transport for WebRtcDirect {
    type Output = (PeerId, StreamMuxerBox);
    type Error = io::Error;
    type ListenerUpgrade = std::future::Pending<io::Result<Self::Output>>;
    type Dial = BoxFuture<'static, io::Result<Self::Output>>;

    fn listen_on(
        &mut self,
        _: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn remove_listener(&mut self, _: ListenerId) -> bool {
        false
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        match Endpoint::read(&address) {
            Some(endpoint) => Ok(SendWrapper::new(connect(endpoint, self.0.clone())).boxed()),
            None => Err(TransportError::MultiaddrNotSupported(address)),
        }
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}

async fn connect(endpoint: Endpoint, key: Keypair) -> io::Result<(PeerId, StreamMuxerBox)> {
    // Nobody has to be asked under which address we are seen: the relay answers where we call from.
    let mut peer = Peer::new(&[])?;
    let channel = peer.open_noise()?;
    peer.offer().await?;
    let sdp = peer.local_sdp()?;
    let offer = Offer::read(&sdp).ok_or(io::ErrorKind::Unsupported)?;
    peer.set_remote(RtcSdpType::Answer, &endpoint.answer(&offer)).await?;
    poll_fn(|cx| poll_open(&mut peer, &channel, cx)).await?;
    let noise = noise::Config::new(&key).map_err(io::Error::other)?;
    let noise = noise.with_prologue(endpoint.prologue(&offer));
    // The relay speaks first. The connection is encrypted already: the channel has done its work.
    let (relay, _) = noise.upgrade_inbound(channel, "/noise").await.map_err(io::Error::other)?;
    Ok((relay, StreamMuxerBox::new(Muxer::new(peer))))
}

/// Ready when there is a connection, and the channel on it.
fn poll_open(peer: &mut Peer, channel: &DataChannel, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    peer.register(cx);
    if let Poll::Ready(error) = peer.poll_lost(cx) {
        return Poll::Ready(Err(error));
    }
    if !peer.is_connected() {
        return Poll::Pending;
    }
    channel.poll_open(cx)
}
