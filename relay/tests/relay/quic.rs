//! A client over WebTransport: the relay's own multiplexer, from the other side.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    AsyncRead, AsyncWrite, FutureExt,
    future::{BoxFuture, poll_fn},
};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        muxing::{StreamMuxerBox, StreamMuxerExt},
        transport::{DialOpts, ListenerId, TransportError, TransportEvent},
        upgrade::OutboundConnectionUpgrade,
    },
    identity::Keypair,
    multiaddr::Protocol,
    noise,
};
use volly_relay::webtransport::{Multihash, PATH, muxer::Session};
use wtransport::{ClientConfig, Endpoint, RecvStream, SendStream, quinn, tls::Sha256Digest};

/// Those of an address.
pub(crate) fn certhashes(address: &Multiaddr) -> Vec<Multihash> {
    let hash = |part| if let Protocol::Certhash(hash) = part { Some(hash) } else { None };
    address.iter().filter_map(hash).collect()
}

/// A client that takes the certificates of `address` alone.
pub(crate) fn client_config(address: &Multiaddr) -> ClientConfig {
    let digest = |hash: Multihash| Sha256Digest::new(hash.digest().try_into().unwrap());
    let hashes = certhashes(address).into_iter().map(digest);
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    ClientConfig::builder().with_bind_address(bind).with_server_certificate_hashes(hashes).build()
}

/// A QUIC connection that has asked for no session. `streams` are those that the relay may open: with
/// none it cannot even say what it wants.
pub(crate) async fn connected(address: &Multiaddr, streams: u32) -> io::Result<quinn::Connection> {
    let mut parts = address.iter();
    let (Some(Protocol::Ip4(ip)), Some(Protocol::Udp(port))) = (parts.next(), parts.next()) else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let mut transport = quinn::TransportConfig::default();
    transport
        .max_concurrent_uni_streams(streams.into())
        .keep_alive_interval(Some(Duration::from_secs(1)));
    let mut config = client_config(address).quic_config().clone();
    config.transport_config(Arc::new(transport));
    let endpoint = quinn::Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
    let connecting = endpoint.connect_with(config, (ip, port).into(), "localhost");
    connecting.map_err(io::Error::other)?.await.map_err(io::Error::other)
}

/// A stream, as the client of another implementation has it.
pub(crate) struct Raw {
    pub(crate) send: SendStream,
    pub(crate) receive: RecvStream,
}

impl AsyncRead for Raw {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.receive.quic_stream_mut().poll_read(cx, into).map_err(io::Error::from)
    }
}

impl AsyncWrite for Raw {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.send.quic_stream_mut()).poll_write(cx, from).map_err(io::Error::from)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.send.quic_stream_mut().finish().map_err(io::Error::other))
    }
}

/// Dials `/ip4/…/udp/…/quic-v1/webtransport/certhash/…`.
pub(crate) struct QuicDialer(pub(crate) Keypair);

impl Transport for QuicDialer {
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
        let parts: Vec<_> = address.iter().collect();
        let [Protocol::Ip4(ip), Protocol::Udp(port), Protocol::QuicV1, ..] = parts[..] else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let key = self.0.clone();
        Ok(async move {
            let endpoint = Endpoint::client(client_config(&address))?;
            let url = format!("https://{ip}:{port}{PATH}");
            let connection = endpoint.connect(url).await.map_err(io::Error::other)?;
            let mut muxer = Session::new(connection).into_muxer();
            let stream = poll_fn(|cx| muxer.poll_outbound_unpin(cx)).await?;
            let noise = noise::Config::new(&key).map_err(io::Error::other)?;
            let hashes = certhashes(&address).into_iter().collect();
            let noise = noise.with_webtransport_certhashes(hashes);
            let (peer, _) =
                noise.upgrade_outbound(stream, "/noise").await.map_err(io::Error::other)?;
            Ok((peer, StreamMuxerBox::new(muxer)))
        }
        .boxed())
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}
