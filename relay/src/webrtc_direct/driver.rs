//! The task of one connection: datagrams in, datagrams out, timers, and at first noise.
//!
//! Invariant: whoever is not known within [`defaults::WEBRTC_HANDSHAKE_TIMEOUT`] is gone, and the
//! place is given back when the task ends, however that comes.

use std::{io, net::SocketAddr, sync::Arc, time::Instant};

use futures::AsyncWriteExt;
use libp2p::{
    Multiaddr, PeerId,
    core::{muxing::StreamMuxerBox, upgrade::OutboundConnectionUpgrade},
    identity::Keypair,
    noise,
};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    time::{error::Elapsed, sleep_until, timeout},
};

use super::{
    Multihash,
    connection::Connection,
    multiaddr,
    muxer::{Muxer, Shared},
};
use crate::{
    admission::{Handshake, Place},
    arrivals::Connected,
    clock, defaults,
};

/// What noise is bound to, in front of the hashes of both certificates (webrtc-direct.md "Connection
/// Security").
const PROLOGUE: &[u8] = b"libp2p-webrtc-noise:";

/// SHA-256 in a multihash.
const SHA2_256: u64 = 0x12;

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
enum HandshakeError {
    #[error("too slow")]
    Slow(#[from] Elapsed),
    #[error("no connection")]
    Connection(#[from] io::Error),
    #[error("not authenticated")]
    Noise(#[from] noise::Error),
}

/// A connection and what its task needs.
pub(crate) struct Driver {
    pub(crate) connection: Connection,
    pub(crate) socket: Arc<UdpSocket>,
    /// Where it came in.
    pub(crate) local: Multiaddr,
    pub(crate) remote: SocketAddr,
    pub(crate) datagrams: mpsc::Receiver<Vec<u8>>,
    pub(crate) place: Place,
    pub(crate) handshake: Handshake,
    /// Of the relay.
    pub(crate) key: Keypair,
    /// The hash of the relay's certificate.
    pub(crate) certhash: Multihash,
}

impl Driver {
    /// Until the connection is over.
    pub(crate) async fn run(self, connected: mpsc::Sender<Connected>) {
        let Self { connection, socket, local, remote, datagrams, place, handshake, key, certhash } =
            self;
        let _place = place;
        let shared = Shared::new(connection);
        let driving = drive(Arc::clone(&shared), socket, remote, datagrams);
        tokio::pin!(driving);
        let entering = timeout(defaults::WEBRTC_HANDSHAKE_TIMEOUT, enter(shared, key, certhash));
        let entered = tokio::select! {
            () = &mut driving => return,
            entered = entering => entered.map_err(HandshakeError::from).flatten(),
        };
        match entered {
            Ok((peer, muxer)) => {
                drop(handshake);
                let remote = multiaddr(remote);
                // When the swarm is gone the relay is about to end.
                let handing = connected.send(Connected { peer, muxer, local, remote });
                tokio::select! {
                    () = &mut driving => return,
                    _ = handing => {}
                }
            }
            Err(error) => tracing::debug!(%error, "a WebRTC-direct handshake failed"),
        }
        driving.await;
    }
}

/// Learns who it is. The relay speaks first, which DTLS 1.2 allows it to.
async fn enter(
    shared: Arc<Shared>,
    key: Keypair,
    certhash: Multihash,
) -> Result<(PeerId, StreamMuxerBox), HandshakeError> {
    // Dropped at an error, it ends the connection.
    let muxer = Muxer::new(Arc::clone(&shared));
    let (certificate, stream) = shared.noise().await?;
    let theirs = Multihash::wrap(SHA2_256, &certificate).map_err(io::Error::other)?;
    let prologue = [PROLOGUE, &theirs.to_bytes(), &certhash.to_bytes()].concat();
    let noise = noise::Config::new(&key)?.with_prologue(prologue);
    // The connection is encrypted already: the stream has done its work.
    let (peer, mut stream) = noise.upgrade_outbound(stream, "/noise").await?;
    stream.close().await?;
    Ok((peer, StreamMuxerBox::new(muxer)))
}

/// Ends the connection with its task, however that comes, so that nobody waits for it.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.lock().close(clock::instant());
    }
}

async fn drive(
    shared: Arc<Shared>,
    socket: Arc<UdpSocket>,
    remote: SocketAddr,
    mut datagrams: mpsc::Receiver<Vec<u8>>,
) {
    let _end = End(Arc::clone(&shared));
    loop {
        let (out, over, timeout) = {
            let mut connection = shared.lock();
            connection.advance(clock::instant());
            let out: Vec<_> = core::iter::from_fn(|| connection.datagram()).collect();
            (out, connection.is_over(), connection.timeout())
        };
        for datagram in out {
            if let Err(error) = socket.send_to(&datagram, remote).await {
                tracing::debug!(kind = %error.kind(), "a datagram could not be sent");
            }
        }
        if over {
            return;
        }
        tokio::select! {
            datagram = datagrams.recv() => match datagram {
                Some(datagram) => shared.lock().receive(&datagram, clock::instant()),
                // The listener is gone: so is the relay.
                None => return,
            },
            () = shared.changed() => {}
            () = until(timeout) => {}
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => core::future::pending().await,
    }
}
