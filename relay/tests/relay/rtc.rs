//! A browser's side of WebRTC-direct, as a test needs it: one connectivity check, then DTLS, SCTP and
//! channels.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use dimpl::{Dtls, DtlsCertificate, Output};
use futures::{AsyncRead, AsyncWrite, FutureExt, future::BoxFuture, future::poll_fn};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        muxing::{StreamMuxer, StreamMuxerBox, StreamMuxerEvent},
        transport::{DialOpts, ListenerId, TransportError, TransportEvent},
        upgrade::InboundConnectionUpgrade,
    },
    identity::Keypair,
    multiaddr::Protocol,
    noise,
};
use ring::hmac;
use sctp_proto::{
    Association, AssociationHandle, ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Event,
    Payload, PayloadProtocolIdentifier as Kind, StreamEvent,
};
use sha2::{Digest, Sha256};
use tokio::{
    net::UdpSocket,
    sync::Notify,
    time::{sleep_until, timeout},
};
use volly_core::data_channel::stream_state::{Flag, Read, StreamState};
use volly_relay::{clock::instant, webrtc_direct::Multihash};

use super::quic::certhashes;

const NOWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 1);
const SHA2_256: u64 = 0x12;
const OPEN: [u8; 12] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const ACK: [u8; 1] = [2];
const PATIENCE: Duration = Duration::from_secs(5);

/// How the browser names itself and the relay.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// Of the relay, and its password.
    pub(crate) relay: String,
    /// Of the browser.
    pub(crate) browser: String,
    /// Whether it answers what the relay asks.
    pub(crate) answers: bool,
}

impl Names {
    /// With a description that was changed.
    pub(crate) fn version_1() -> Self {
        let name = "libp2p+webrtc+v1/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef".to_owned();
        Self { relay: name.clone(), browser: name, answers: true }
    }

    /// With one as it was.
    pub(crate) fn version_2() -> Self {
        let relay = "libp2p+webrtc+v2/Tn7bQUVYYqrC2PhS4PeGk/+x".to_owned();
        Self { relay, browser: "t7Fg".to_owned(), answers: true }
    }

    /// A connectivity check as browsers send it (RFC 8445 §7.2.2).
    pub(crate) fn check(&self) -> Vec<u8> {
        let name = format!("{}:{}", self.relay, self.browser);
        let mut check = [&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &[7; 12]].concat();
        put(&mut check, 0x0006, name.as_bytes());
        put(&mut check, 0x0024, &[0x6E, 0, 0x1E, 0xFF]);
        put(&mut check, 0x802A, &[1; 8]);
        put(&mut check, 0x0025, &[]);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.relay.as_bytes());
        set_length(&mut check, 24);
        let signature = hmac::sign(&key, &check);
        put(&mut check, 0x0008, signature.as_ref());
        set_length(&mut check, 8);
        let print = crc32(&check) ^ 0x5354_554E;
        put(&mut check, 0x8028, &print.to_be_bytes());
        check
    }
}

fn put(check: &mut Vec<u8>, kind: u16, value: &[u8]) {
    check.extend(kind.to_be_bytes());
    check.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    check.extend(value);
    check.resize(check.len().next_multiple_of(4), 0);
    set_length(check, 0);
}

fn set_length(check: &mut [u8], more: usize) {
    let length = u16::try_from(check.len() - 20 + more).unwrap();
    check[2..4].copy_from_slice(&length.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

struct State {
    dtls: Dtls,
    relay: Option<[u8; 32]>,
    endpoint: Endpoint,
    association: Option<(AssociationHandle, Association)>,
    connected: bool,
    channels: HashMap<u16, StreamState>,
    arrived: VecDeque<u16>,
    next: u16,
    over: bool,
    wakers: Vec<Waker>,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn new(certificate: DtlsCertificate) -> Self {
        let now = instant();
        let mut dtls = Dtls::new_12(Arc::new(dimpl::Config::default()), certificate, now);
        dtls.set_active(true);
        dtls.handle_timeout(now).unwrap();
        Self {
            dtls,
            relay: None,
            endpoint: Endpoint::new(Arc::new(EndpointConfig::new()), None),
            association: None,
            connected: false,
            channels: HashMap::new(),
            arrived: VecDeque::new(),
            // 0 is for noise.
            next: 2,
            over: false,
            wakers: Vec::new(),
        }
    }

    fn association(&mut self) -> io::Result<&mut Association> {
        let there = self.association.as_mut().filter(|_| !self.over);
        Ok(&mut there.ok_or(io::ErrorKind::NotConnected)?.1)
    }

    fn records(&mut self, out: &mut Vec<Vec<u8>>) -> Option<std::time::Instant> {
        let mut buffer = [0; 2_048];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(record) => out.push(record.to_vec()),
                Output::PeerCert(der) => self.relay = Some(Sha256::digest(der).into()),
                Output::Connected => {
                    let began = self.endpoint.connect(ClientConfig::new(), NOWHERE).unwrap();
                    self.association = Some(began);
                }
                Output::ApplicationData(packet) => {
                    let packet = Bytes::copy_from_slice(packet);
                    let event = self.endpoint.handle(instant(), NOWHERE, None, None, packet);
                    if let Some((_, DatagramEvent::AssociationEvent(event))) = event {
                        self.association.as_mut().unwrap().1.handle_event(event);
                    }
                }
                Output::CloseNotify => self.over = true,
                Output::Timeout(at) => return Some(at),
                _ => {}
            }
        }
    }

    /// What to send, and when to look again.
    fn advance(&mut self) -> (Vec<Vec<u8>>, Option<std::time::Instant>) {
        let now = instant();
        let mut out = Vec::new();
        self.over |= self.dtls.handle_timeout(now).is_err();
        let mut wake = self.records(&mut out);
        if self.association.is_some() {
            self.association.as_mut().unwrap().1.handle_timeout(now);
            self.events();
            loop {
                let transmit = self.association.as_mut().unwrap().1.poll_transmit(now);
                let Some(transmit) = transmit else { break };
                let Payload::RawEncode(packets) = transmit.payload else { continue };
                for packet in packets {
                    self.over |= self.dtls.send_application_data(&packet).is_err();
                    wake = self.records(&mut out);
                }
            }
            wake =
                wake.into_iter().chain(self.association.as_mut().unwrap().1.poll_timeout()).min();
        }
        self.wakers.drain(..).for_each(Waker::wake);
        (out, wake)
    }

    fn events(&mut self) {
        loop {
            match self.association.as_mut().unwrap().1.poll() {
                Some(Event::Connected) => {
                    self.association().unwrap().open_stream(0, Kind::Binary).unwrap();
                    self.channels.insert(0, StreamState::default());
                    self.connected = true;
                }
                Some(Event::Stream(StreamEvent::Opened { id } | StreamEvent::Readable { id })) => {
                    self.read(id);
                }
                Some(Event::Stream(StreamEvent::Finished { id })) => {
                    if let Some(channel) = self.channels.get_mut(&id) {
                        channel.close();
                    }
                }
                Some(Event::AssociationLost { .. } | Event::HandshakeFailed { .. }) => {
                    self.over = true;
                }
                Some(_) => {}
                None => return,
            }
        }
    }

    fn read(&mut self, id: u16) {
        loop {
            let Ok(association) = self.association() else { return };
            let Ok(mut stream) = association.stream(id) else { return };
            let Ok(Some(chunks)) = stream.read_sctp() else { return };
            let mut message = vec![0; chunks.len()];
            chunks.read(&mut message).unwrap();
            if chunks.ppi == Kind::Dcep {
                if message.first() == Some(&3) {
                    self.write(id, &ACK, Kind::Dcep).unwrap();
                    self.channels.insert(id, StreamState::default());
                    self.arrived.push_back(id);
                }
            } else if let Some(channel) = self.channels.get_mut(&id)
                && let Some(flag) = channel.receive(&message).unwrap()
            {
                let _ = self.write(id, &flag.encode(), Kind::Binary);
            }
        }
    }

    fn write(&mut self, id: u16, message: &[u8], kind: Kind) -> io::Result<()> {
        let mut stream = self.association()?.stream(id).map_err(io::Error::other)?;
        stream.write_with_ppi(message, kind).map(drop).map_err(io::Error::other)
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<io::Result<T>> {
        if self.over {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        self.wakers.push(cx.waker().clone());
        Poll::Pending
    }
}

async fn drive(shared: Arc<Shared>, socket: UdpSocket) {
    let mut buffer = [0; 2_048];
    loop {
        let (out, wake) = shared.lock().advance();
        for datagram in out {
            socket.send(&datagram).await.unwrap();
        }
        if shared.lock().over || Arc::strong_count(&shared) == 1 {
            shared.lock().wakers.drain(..).for_each(Waker::wake);
            return;
        }
        tokio::select! {
            Ok(length) = socket.recv(&mut buffer) => {
                // Or it is a question that came twice.
                if buffer[0] >= 20 {
                    let mut state = shared.lock();
                    state.over |= state.dtls.handle_packet(&buffer[..length]).is_err();
                }
            }
            () = sleep_until(wake.unwrap_or_else(|| instant() + PATIENCE).into()) => {}
            () = shared.changed.notified() => {}
        }
    }
}

/// Where an address leads.
pub(crate) fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let Protocol::Ip4(ip) = parts.next()? else { return None };
    let Protocol::Udp(port) = parts.next()? else { return None };
    (parts.next()? == Protocol::WebRTCDirect).then(|| (ip, port).into())
}

/// A connection in which nobody has said who he is.
pub(crate) struct Unknown {
    shared: Arc<Shared>,
    hashes: [Multihash; 2],
}

/// Everything before noise.
pub(crate) async fn connect(address: &Multiaddr, names: &Names) -> io::Result<Unknown> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(socket_address(address).unwrap()).await?;
    let mut buffer = [0; 2_048];
    let mut answered = false;
    for _ in 0..5 {
        socket.send(&names.check()).await?;
        // An answer, and a question.
        for _ in 0..2 {
            let received = timeout(Duration::from_millis(200), socket.recv(&mut buffer)).await;
            let Ok(length) = received else { break };
            match buffer[..length?] {
                [1, 1, ..] => answered = true,
                [0, 1, ..] if names.answers => {
                    socket.send(&[&[1, 1, 0, 0], &buffer[4..20]].concat()).await?;
                }
                _ => {}
            }
        }
        if answered {
            break;
        }
    }
    if !answered {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let identity = wtransport::Identity::self_signed(["browser"]).unwrap();
    let der = identity.certificate_chain().as_slice()[0].der().to_vec();
    let ours = Multihash::wrap(SHA2_256, &Sha256::digest(&der)).unwrap();
    let private_key = identity.private_key().secret_der().to_vec();
    let state = State::new(DtlsCertificate { certificate: der, private_key });
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() });
    tokio::spawn(drive(Arc::clone(&shared), socket));
    let open = poll_fn(|cx| {
        let mut state = shared.lock();
        if state.connected { Poll::Ready(Ok(())) } else { state.wait(cx) }
    });
    timeout(PATIENCE, open).await??;
    let relay = shared.lock().relay.unwrap();
    let relay = Multihash::wrap(SHA2_256, &relay).unwrap();
    if certhashes(address) != [relay] {
        return Err(io::Error::other("another certificate"));
    }
    Ok(Unknown { shared, hashes: [ours, relay] })
}

impl Unknown {
    /// Noise, which the relay begins.
    pub(crate) async fn enter(self, key: &Keypair) -> io::Result<(PeerId, Muxer)> {
        let [ours, relay] = self.hashes.map(|hash| hash.to_bytes());
        let prologue = [&b"libp2p-webrtc-noise:"[..], &ours, &relay].concat();
        let noise = noise::Config::new(key).unwrap().with_prologue(prologue);
        let stream = Stream { shared: Arc::clone(&self.shared), id: 0 };
        let entered = timeout(PATIENCE, noise.upgrade_inbound(stream, "/noise"));
        let (peer, _) = entered.await?.map_err(io::Error::other)?;
        Ok((peer, Muxer(self.shared)))
    }

    /// Sends a message in a channel, whatever it is.
    pub(crate) fn send(&self, id: u16, message: &[u8], control: bool) {
        let kind = if control { Kind::Dcep } else { Kind::Binary };
        let mut state = self.shared.lock();
        let _ = state.association().unwrap().open_stream(id, Kind::Binary);
        state.write(id, message, kind).unwrap();
        self.shared.changed.notify_one();
    }

    /// When the relay has ended it.
    pub(crate) async fn closed(&self) {
        let closed = poll_fn(|cx| self.shared.lock().wait::<()>(cx));
        assert!(closed.await.is_err());
    }
}

pub(crate) struct Muxer(Arc<Shared>);

impl Drop for Muxer {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let _ = state.dtls.close();
        drop(state);
        self.0.changed.notify_one();
    }
}

impl StreamMuxer for Muxer {
    type Substream = Stream;
    type Error = io::Error;

    fn poll_inbound(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let mut state = self.0.lock();
        match state.arrived.pop_front() {
            Some(id) => Poll::Ready(Ok(Stream { shared: Arc::clone(&self.0), id })),
            None => state.wait(cx),
        }
    }

    fn poll_outbound(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let mut state = self.0.lock();
        let id = state.next;
        state.next += 2;
        state.association()?.open_stream(id, Kind::Binary).map_err(io::Error::other)?;
        state.write(id, &OPEN, Kind::Dcep)?;
        state.channels.insert(id, StreamState::default());
        self.0.changed.notify_one();
        Poll::Ready(Ok(Stream { shared: Arc::clone(&self.0), id }))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        Poll::Pending
    }
}

pub(crate) struct Stream {
    shared: Arc<Shared>,
    id: u16,
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.lock();
        let channel = state.channels.get_mut(&self.id).ok_or(io::ErrorKind::BrokenPipe)?;
        match channel.take(into) {
            Read::Bytes(count) => Poll::Ready(Ok(count)),
            Read::Reset => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Read::Nothing => state.wait(cx),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.lock();
        let id = self.id;
        if state
            .association()?
            .stream(id)
            .is_ok_and(|stream| stream.buffered_amount().unwrap_or_default() > 256 * 1_024)
        {
            return state.wait(cx);
        }
        let channel = state.channels.get_mut(&id).ok_or(io::ErrorKind::BrokenPipe)?;
        let (message, count) = channel.write(from).ok_or(io::ErrorKind::BrokenPipe)?;
        state.write(id, &message, Kind::Binary)?;
        self.shared.changed.notify_one();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        if state.channels.get_mut(&self.id).is_some_and(StreamState::end_writing) {
            state.write(self.id, &Flag::Fin.encode(), Kind::Binary)?;
            self.shared.changed.notify_one();
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let id = self.id;
        if let Some(flag) = state.channels.remove(&id).and_then(|mut channel| channel.let_go()) {
            let _ = state.write(id, &flag.encode(), Kind::Binary);
        }
        if let Ok(association) = state.association()
            && let Ok(mut stream) = association.stream(id)
        {
            let _ = stream.close();
        }
        self.shared.changed.notify_one();
    }
}

/// Dials `/ip4/…/udp/…/webrtc-direct/certhash/…`.
pub(crate) struct RtcDialer(pub(crate) Keypair, pub(crate) Names);

impl Transport for RtcDialer {
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
        if socket_address(&address).is_none() {
            return Err(TransportError::MultiaddrNotSupported(address));
        }
        let (key, names) = (self.0.clone(), self.1.clone());
        Ok(async move {
            let (peer, muxer) = connect(&address, &names).await?.enter(&key).await?;
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
