//! The UDP port: admits newcomers, has each one do its handshake in a task of its own, and renews
//! the certificates.
//!
//! Invariant: a change of certificates is written down before it is shown, and shown before it is
//! announced. Connections that are there do not notice it.

use std::{
    net::{SocketAddr, UdpSocket},
    path::PathBuf,
    sync::Arc,
};

use libp2p::{Multiaddr, core::muxing::StreamMuxerBox, identity::Keypair};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep,
};
use wtransport::quinn::{
    self, Endpoint, EndpointConfig, IdleTimeout, TokioRuntime, TransportConfig, VarInt,
    crypto::rustls::{NoInitialCipherSuite, QuicServerConfig},
};

use super::{
    Certhashes,
    certificates::{Certificate, CertificateError, Certificates},
    handshake, multiaddr, store,
};
use crate::{
    admission::{Admission, Bounds, Handshake, Place, Verdict},
    arrivals::Connected,
    clock::Clock,
    defaults,
};

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The port is taken.
    #[error("the UDP port of WebTransport cannot be used: {0}")]
    Port(#[from] std::io::Error),
    /// There are no certificates.
    #[error(transparent)]
    Certificates(#[from] store::OpenError),
    /// There is no encryption.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
}

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// It is none.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The library lacks what QUIC begins with.
    #[error(transparent)]
    Cipher(#[from] NoInitialCipherSuite),
}

/// See the module.
pub struct Listener {
    endpoint: Endpoint,
    config: quinn::ServerConfig,
    certificates: Certificates,
    announced: watch::Sender<Certhashes>,
    /// Where it listens.
    local: Multiaddr,
    admission: Admission,
    key: Keypair,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl core::fmt::Debug for Listener {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl Listener {
    /// Takes the port, with the certificates in `folder`.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub fn bind(
        address: SocketAddr,
        folder: PathBuf,
        key: Keypair,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ListenError> {
        let certificates = store::load(&folder, clock.now())?;
        let config = config(certificates.current())?;
        let socket = UdpSocket::bind(address)?;
        let runtime = Arc::new(TokioRuntime);
        let endpoint =
            Endpoint::new(EndpointConfig::default(), Some(config.clone()), socket, runtime)?;
        let announced = watch::Sender::new(certificates.announced());
        let admission = Admission::new(Bounds {
            connections: defaults::WEBTRANSPORT_CONNECTIONS,
            handshakes: defaults::WEBTRANSPORT_HANDSHAKES,
            unproved_handshakes: defaults::WEBTRANSPORT_UNPROVED_HANDSHAKES,
            a_network: defaults::WEBTRANSPORT_CONNECTIONS_A_NETWORK,
        });
        let local = multiaddr(endpoint.local_addr()?);
        Ok(Self { endpoint, config, certificates, announced, local, admission, key, folder, clock })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// What to tell clients, now and later.
    #[must_use]
    pub fn announced(&self) -> watch::Receiver<Certhashes> {
        self.announced.subscribe()
    }

    /// Hands over who has come in, until it is dropped.
    pub async fn run(mut self, connected: mpsc::Sender<Connected>) {
        let mut handshakes = JoinSet::new();
        let clock = Arc::clone(&self.clock);
        loop {
            tokio::select! {
                incoming = self.endpoint.accept() => match incoming {
                    Some(incoming) => self.admit(incoming, &connected, &mut handshakes),
                    None => return,
                },
                Some(_) = handshakes.join_next() => {}
                () = clock.reaches(self.certificates.replaced_at()) => {
                    if !self.renew() {
                        sleep(defaults::WEBTRANSPORT_RENEWAL_PAUSE).await;
                    }
                }
            }
        }
    }

    fn admit(
        &self,
        incoming: quinn::Incoming,
        connected: &mpsc::Sender<Connected>,
        handshakes: &mut JoinSet<()>,
    ) {
        let proved = incoming.remote_address_validated();
        match self.admission.admit(incoming.remote_address().ip(), proved) {
            Verdict::Admitted(place, begun) => {
                handshakes.spawn(self.handshake(incoming, (place, begun), connected.clone()));
            }
            Verdict::Unproved => {
                // Fails for who has proved itself, which this one has not.
                let _ = incoming.retry();
            }
            Verdict::Refused => incoming.refuse(),
        }
    }

    fn handshake(
        &self,
        incoming: quinn::Incoming,
        (place, begun): (Place, Handshake),
        connected: mpsc::Sender<Connected>,
    ) -> impl Future<Output = ()> + use<> {
        let (key, known) = (self.key.clone(), self.certificates.known());
        let (local, remote) = (self.local.clone(), multiaddr(incoming.remote_address()));
        let config = self.config.clone();
        async move {
            let accepted = handshake::accept(incoming, &config, place, key, known).await;
            drop(begun);
            match accepted {
                Ok((peer, muxer)) => {
                    let muxer = StreamMuxerBox::new(muxer);
                    // When the swarm is gone the relay is about to end.
                    let _ = connected.send(Connected { peer, muxer, local, remote }).await;
                }
                Err(error) => tracing::debug!(%error, "a WebTransport handshake failed"),
            }
        }
    }

    /// False when it has to be tried again.
    fn renew(&mut self) -> bool {
        let renewed = match self.certificates.renewed(self.clock.now()) {
            Ok(Some(renewed)) => renewed,
            Ok(None) => return true,
            Err(error) => {
                tracing::error!(%error, "WebTransport has no new certificate");
                return false;
            }
        };
        let config = match config(renewed.current()) {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%error, "WebTransport cannot use its new certificate");
                return false;
            }
        };
        if let Err(error) = store::save(&self.folder, &renewed) {
            // It works without, until the next start.
            tracing::warn!(%error, "the new certificate of WebTransport is not written down");
        }
        self.endpoint.set_server_config(Some(config.clone()));
        self.config = config;
        self.announced.send_replace(renewed.announced());
        self.certificates = renewed;
        tracing::info!("WebTransport shows its next certificate");
        true
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.endpoint.close(VarInt::from_u32(0), &[]);
    }
}

/// Datagrams stay on: browsers take their absence for a fault of HTTP/3.
fn config(certificate: &Certificate) -> Result<quinn::ServerConfig, EncryptionError> {
    let encryption = QuicServerConfig::try_from(certificate.tls()?)?;
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(defaults::WEBTRANSPORT_STREAMS.into())
        .max_concurrent_uni_streams(defaults::WEBTRANSPORT_CONTROL_STREAMS.into())
        .stream_receive_window(defaults::WEBTRANSPORT_STREAM_WINDOW.into())
        .receive_window(defaults::WEBTRANSPORT_WINDOW.into())
        .send_window(defaults::WEBTRANSPORT_WINDOW.into())
        .datagram_receive_buffer_size(Some(defaults::WEBTRANSPORT_DATAGRAM_BYTES))
        .datagram_send_buffer_size(defaults::WEBTRANSPORT_DATAGRAM_BYTES)
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(
            defaults::WEBTRANSPORT_IDLE_MS,
        ))));
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(encryption));
    config
        .transport_config(Arc::new(transport))
        .max_incoming(defaults::WEBTRANSPORT_HANDSHAKES)
        .incoming_buffer_size(defaults::WEBTRANSPORT_EARLY_BYTES)
        .incoming_buffer_size_total(
            defaults::WEBTRANSPORT_EARLY_BYTES
                .saturating_mul(defaults::WEBTRANSPORT_HANDSHAKES as u64),
        );
    Ok(config)
}
