//! From a first packet to a peer that is known: QUIC, the request for a session, noise on the first
//! stream (libp2p specifications, webtransport/README.md "Security Handshake").
//!
//! Invariant: ends within [`crate::defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT`], one way or the other.

use std::{collections::HashSet, io};

use futures::{AsyncRead, AsyncReadExt};
use libp2p::{PeerId, core::upgrade::InboundConnectionUpgrade, identity::Keypair, noise};
use tokio::time::{error::Elapsed, timeout};
use wtransport::{endpoint::IncomingSessionFuture, error::ConnectionError, quinn};

use super::{
    Multihash, PATH,
    leash::Leash,
    muxer::{Muxer, Session},
};
use crate::{admission::Place, defaults};

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// It took too long.
    #[error("too slow")]
    Slow(#[from] Elapsed),
    /// QUIC failed.
    #[error("no connection")]
    Quic(#[from] quinn::ConnectionError),
    /// HTTP/3 failed.
    #[error("no session")]
    Session(#[from] ConnectionError),
    /// Something else was asked for.
    #[error("another path")]
    Path,
    /// There was no stream for noise.
    #[error("no stream")]
    Stream(#[from] io::Error),
    /// Noise failed.
    #[error("not authenticated")]
    Noise(#[from] noise::Error),
}

/// Accepts `incoming` as `config` says, and learns who it is. `known` are the hashes that a client may
/// have been told. The connection has `place`, however the handshake ends.
///
/// # Errors
/// See [`HandshakeError`].
pub async fn accept(
    incoming: quinn::Incoming,
    config: &quinn::ServerConfig,
    place: Place,
    key: Keypair,
    known: HashSet<Multihash>,
) -> Result<(PeerId, Muxer), HandshakeError> {
    let (leash, config) = Leash::new(config, place);
    timeout(defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT, async move {
        let connecting = incoming.accept_with(config)?;
        let request = IncomingSessionFuture::with_quic_connecting(connecting).await?;
        if request.path() != PATH {
            request.not_found().await;
            return Err(HandshakeError::Path);
        }
        let session = Session::new(request.accept().await?);
        leash.release();
        let stream = session.accept().await?;
        let noise = noise::Config::new(&key)?.with_webtransport_certhashes(known);
        // The connection is encrypted already: the stream has done its work.
        let (peer, stream) = noise.upgrade_inbound(stream, "/noise").await?;
        tokio::spawn(leave(stream));
        Ok((peer, session.into_muxer()))
    })
    .await?
}

/// Lets the client end the stream. To one that has just written its last message the news that nobody
/// reads any more can come first, and it takes that for a failure (js-libp2p does).
async fn leave(mut stream: impl AsyncRead + Unpin) {
    let _ = timeout(defaults::WEBTRANSPORT_HANDSHAKE_TIMEOUT, stream.read(&mut [0])).await;
}
