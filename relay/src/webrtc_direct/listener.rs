//! The UDP port: answers connectivity checks, and hands every other datagram to the connection of
//! its sender.
//!
//! Invariant: a connection begins with the first message of an encryption, not with a check; so
//! names that somebody makes up cost an answer each, and no memory.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dimpl::DtlsCertificate;
use libp2p::{Multiaddr, identity::Keypair};
use tokio::{net::UdpSocket, sync::mpsc, task::JoinSet};

use super::{
    Multihash,
    certificate::{self, OpenError},
    connection::Connection,
    driver::Driver,
    ice, multiaddr,
    proof::Proofs,
};
use crate::{
    admission::{Admission, Bounds, Verdict},
    arrivals::Connected,
    clock, defaults,
    stun::{admission::Admission as Checks, is_somebody},
};

/// Longest datagram that is read whole; none that a browser sends has more (RFC 8831 §5).
const DATAGRAM_BYTES: usize = 2 * 1_024;

/// What the first byte of a datagram says (RFC 7983 §7).
const STUN: core::ops::RangeInclusive<u8> = 0..=3;
const DTLS: core::ops::RangeInclusive<u8> = 20..=63;

/// A handshake record of DTLS (RFC 6347 §4.1), and in it the first message of a client (§4.2.2).
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: (usize, u8) = (13, 1);

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] OpenError),
    /// There is no encryption.
    #[error("WebRTC-direct has no encryption: {0}")]
    Encryption(#[from] dimpl::Error),
}

/// Where the datagrams of a sender go.
#[derive(Clone, Default)]
struct Senders(Arc<Mutex<HashMap<SocketAddr, mpsc::Sender<Vec<u8>>>>>);

impl Senders {
    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, mpsc::Sender<Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, from: SocketAddr) -> bool {
        self.lock().contains_key(&from)
    }

    /// Whether there is a connection for it. One that does not keep up loses datagrams, as lines do.
    fn hand(&self, datagram: &[u8], from: SocketAddr) -> bool {
        let Some(sender) = self.lock().get(&from).cloned() else { return false };
        let _ = sender.try_send(datagram.to_vec());
        true
    }
}

/// Takes the sender off when its connection ends.
struct Entry(Senders, SocketAddr);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

/// See the module.
pub struct Listener {
    socket: Arc<UdpSocket>,
    /// Where it listens.
    local: Multiaddr,
    certificate: DtlsCertificate,
    certhash: Multihash,
    config: Arc<dimpl::Config>,
    key: Keypair,
    checks: Checks,
    proofs: Proofs,
    admission: Admission,
    senders: Senders,
    connections: JoinSet<()>,
}

impl core::fmt::Debug for Listener {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl Listener {
    /// Listens at `socket`, with the certificate in `folder`.
    ///
    /// # Errors
    /// See [`ListenError`].
    pub fn new(socket: UdpSocket, folder: &Path, key: Keypair) -> Result<Self, ListenError> {
        let certificate = certificate::load(folder)?;
        let config = dimpl::Config::builder()
            .mtu(defaults::WEBRTC_DATAGRAM_BYTES)
            .handshake_timeout(defaults::WEBRTC_HANDSHAKE_TIMEOUT)
            .build()?;
        let bounds = Bounds {
            connections: defaults::WEBRTC_CONNECTIONS,
            handshakes: defaults::WEBRTC_HANDSHAKES,
            unproved_handshakes: defaults::WEBRTC_UNPROVED_HANDSHAKES,
            a_network: defaults::WEBRTC_CONNECTIONS_A_NETWORK,
        };
        Ok(Self {
            local: multiaddr(socket.local_addr().map_err(OpenError::Io)?),
            socket: Arc::new(socket),
            certhash: certificate::hash(&certificate),
            certificate,
            config: Arc::new(config),
            key,
            checks: Checks::default(),
            proofs: Proofs::default(),
            admission: Admission::new(bounds),
            senders: Senders::default(),
            connections: JoinSet::new(),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The hash of its certificate.
    #[must_use]
    pub const fn certhash(&self) -> Multihash {
        self.certhash
    }

    /// Hands over who has come in, until it is dropped.
    pub async fn run(mut self, connected: mpsc::Sender<Connected>) {
        let mut buffer = [0; DATAGRAM_BYTES];
        let socket = Arc::clone(&self.socket);
        loop {
            tokio::select! {
                received = socket.recv_from(&mut buffer) => match received {
                    Ok((length, from)) => {
                        let datagram = buffer.get(..length).unwrap_or_default();
                        self.take(datagram, from, &connected);
                    }
                    Err(error) => {
                        tracing::warn!(kind = %error.kind(), "no datagram could be received");
                        tokio::time::sleep(defaults::ACCEPT_PAUSE).await;
                    }
                },
                Some(ended) = self.connections.join_next() => {
                    if ended.is_err() {
                        tracing::error!("a WebRTC-direct connection ended in a panic");
                    }
                }
            }
        }
    }

    fn take(&mut self, datagram: &[u8], from: SocketAddr, connected: &mpsc::Sender<Connected>) {
        match datagram.first() {
            Some(first) if STUN.contains(first) => self.answer(datagram, from),
            Some(first)
                if DTLS.contains(first)
                    && !self.senders.hand(datagram, from)
                    && is_client_hello(datagram) =>
            {
                self.begin(datagram, from, connected);
            }
            _ => {}
        }
    }

    fn answer(&mut self, datagram: &[u8], from: SocketAddr) {
        let (ip, now) = (from.ip().to_canonical(), clock::monotonic());
        if !is_somebody(ip, from.port()) || !self.checks.admit(ip, now) {
            return;
        }
        if let Some(answered) = ice::answered(datagram) {
            return self.proofs.take(answered, from, now);
        }
        let Some(check) = ice::Check::read(datagram) else { return };
        // What does not fit into the line now is lost: the browser asks again.
        let _ = self.socket.try_send_to(&check.answer(SocketAddr::new(ip, from.port())), from);
        if !self.proofs.has(from, now) && !self.senders.know(from) {
            let question = check.question(&self.proofs.transaction(from));
            let _ = self.socket.try_send_to(&question, from);
        }
    }

    fn begin(&mut self, datagram: &[u8], from: SocketAddr, connected: &mpsc::Sender<Connected>) {
        // Who has to prove himself first begins again by himself.
        let proved = self.proofs.has(from, clock::monotonic());
        let Verdict::Admitted(place, handshake) = self.admission.admit(from.ip(), proved) else {
            return;
        };
        let (sender, datagrams) = mpsc::channel(defaults::WEBRTC_PENDING_DATAGRAMS);
        let _ = sender.try_send(datagram.to_vec());
        self.senders.lock().insert(from, sender);
        let entry = Entry(self.senders.clone(), from);
        let now = clock::instant();
        let driver = Driver {
            connection: Connection::new(Arc::clone(&self.config), self.certificate.clone(), now),
            socket: Arc::clone(&self.socket),
            local: self.local.clone(),
            remote: from,
            datagrams,
            place,
            handshake,
            key: self.key.clone(),
            certhash: self.certhash,
        };
        let connected = connected.clone();
        self.connections.spawn(async move {
            let _entry = entry;
            driver.run(connected).await;
        });
    }
}

fn is_client_hello(datagram: &[u8]) -> bool {
    let (place, kind) = CLIENT_HELLO;
    datagram.first() == Some(&HANDSHAKE) && datagram.get(place) == Some(&kind)
}
