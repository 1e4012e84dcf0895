//! A hold on a QUIC connection whose handle the library for WebTransport has until there is a session.
//!
//! A client that stalls before it asks for one keeps the connection: what waits for it inside of the library
//! does not end when nobody waits for the library. But its encryption is given from here, and can be
//! taken away. Then nothing that the client sends is understood: its next packet ends the connection
//! (RFC 9001, §6.6), or its silence does ([`crate::defaults::WEBTRANSPORT_IDLE_MS`]).
//!
//! Invariant: a connection has its [`Place`] until QUIC itself has let go of it.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::BytesMut;
use quinn_proto::{TransportError, transport_parameters::TransportParameters};
use wtransport::quinn::{
    ConnectionId, ServerConfig, Side,
    crypto::{
        self, CryptoError, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey,
        UnsupportedVersion,
    },
};

use crate::admission::Place;

/// Ends its connection when it is dropped, unless it was [released](Self::release).
#[derive(Debug)]
pub struct Leash {
    cut: Arc<AtomicBool>,
    released: bool,
}

impl Leash {
    /// One for the connection that is accepted with the configuration beside it, which is like
    /// `config`.
    #[must_use]
    pub fn new(config: &ServerConfig, place: Place) -> (Self, Arc<ServerConfig>) {
        let cut = Arc::<AtomicBool>::default();
        let mut config = config.clone();
        let inner = Arc::clone(&config.crypto);
        config.crypto = Arc::new(Crypto { inner, cut: Arc::clone(&cut), _place: place });
        (Self { cut, released: false }, Arc::new(config))
    }

    /// Somebody else will end it.
    pub fn release(mut self) {
        self.released = true;
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        if !self.released {
            self.cut.store(true, Ordering::Relaxed);
        }
    }
}

struct Crypto {
    inner: Arc<dyn crypto::ServerConfig>,
    cut: Arc<AtomicBool>,
    _place: Place,
}

impl crypto::ServerConfig for Crypto {
    fn initial_keys(&self, version: u32, to: &ConnectionId) -> Result<Keys, UnsupportedVersion> {
        self.inner.initial_keys(version, to)
    }

    fn retry_tag(&self, version: u32, to: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        self.inner.retry_tag(version, to, packet)
    }

    fn start_session(
        self: Arc<Self>,
        version: u32,
        parameters: &TransportParameters,
    ) -> Box<dyn crypto::Session> {
        let inner = Arc::clone(&self.inner).start_session(version, parameters);
        Box::new(Session { inner, crypto: self })
    }
}

/// Lives as long as the connection, and holds its place.
struct Session {
    inner: Box<dyn crypto::Session>,
    crypto: Arc<Crypto>,
}

impl Session {
    fn pair(&self, keys: KeyPair<Box<dyn PacketKey>>) -> KeyPair<Box<dyn PacketKey>> {
        let key = |inner| -> Box<dyn PacketKey> {
            Box::new(Key { inner, cut: Arc::clone(&self.crypto.cut) })
        };
        KeyPair { local: key(keys.local), remote: key(keys.remote) }
    }
}

impl crypto::Session for Session {
    fn initial_keys(&self, to: &ConnectionId, side: Side) -> Keys {
        self.inner.initial_keys(to, side)
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.inner.handshake_data()
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        self.inner.peer_identity()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        self.inner.early_crypto()
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.inner.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.inner.is_handshaking()
    }

    fn read_handshake(&mut self, bytes: &[u8]) -> Result<bool, TransportError> {
        self.inner.read_handshake(bytes)
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        self.inner.transport_parameters()
    }

    fn write_handshake(&mut self, into: &mut Vec<u8>) -> Option<Keys> {
        let Keys { header, packet } = self.inner.write_handshake(into)?;
        Some(Keys { header, packet: self.pair(packet) })
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        let keys = self.inner.next_1rtt_keys()?;
        Some(self.pair(keys))
    }

    fn is_valid_retry(&self, to: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.inner.is_valid_retry(to, header, payload)
    }

    fn export_keying_material(
        &self,
        into: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.inner.export_keying_material(into, label, context)
    }
}

struct Key {
    inner: Box<dyn PacketKey>,
    cut: Arc<AtomicBool>,
}

impl Key {
    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }
}

impl PacketKey for Key {
    fn encrypt(&self, packet: u64, bytes: &mut [u8], header: usize) {
        self.inner.encrypt(packet, bytes, header);
    }

    fn decrypt(
        &self,
        packet: u64,
        header: &[u8],
        payload: &mut BytesMut,
    ) -> Result<(), CryptoError> {
        if self.is_cut() { Err(CryptoError) } else { self.inner.decrypt(packet, header, payload) }
    }

    fn tag_len(&self) -> usize {
        self.inner.tag_len()
    }

    fn confidentiality_limit(&self) -> u64 {
        self.inner.confidentiality_limit()
    }

    fn integrity_limit(&self) -> u64 {
        if self.is_cut() { 0 } else { self.inner.integrity_limit() }
    }
}
