//! A relay of its own for each test, and clients as browsers are: libp2p over a WebSocket,
//! WebTransport or WebRTC-direct.

#[path = "quic.rs"]
pub(crate) mod quic;
#[path = "rtc.rs"]
pub(crate) mod rtc;
#[path = "web_socket.rs"]
pub(crate) mod web_socket;

use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt, future::Either};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, Transport,
    core::{muxing::StreamMuxerBox, transport::OrTransport, upgrade},
    identity::Keypair,
    multiaddr::Protocol,
    noise, ping, relay,
    swarm::{NetworkBehaviour, SwarmEvent},
    yamux,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use volly_core::wire::{
    frame,
    mailbox::{Frame, Nonce, Op, PROTOCOL, Request, Status},
};
use volly_relay::{
    Relay,
    clock::{Clock, SystemClock},
    config::Config,
};

use self::{
    quic::{QuicDialer, certhashes},
    rtc::{Names, RtcDialer},
    web_socket::Dialer,
};

/// A relay with its folder.
pub(crate) struct TestRelay {
    pub(crate) relay: Relay,
    pub(crate) folder: TempDir,
}

impl TestRelay {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn start_in(folder: TempDir) -> Self {
        Self::start_at(folder, Arc::new(SystemClock)).await
    }

    pub(crate) async fn start_at(folder: TempDir, clock: Arc<dyn Clock>) -> Self {
        let config = config(&folder);
        Self { relay: Relay::start_at(&config, clock).await.unwrap(), folder }
    }

    /// One that meets others. Whatever ran in the folder a moment ago may still hold its file.
    pub(crate) async fn start_among(folder: TempDir, config: &Config) -> Self {
        let config = Config { data: folder.path().to_owned(), ..config.clone() };
        let mut tries = 0;
        loop {
            match Relay::start(&config).await {
                Ok(relay) => return Self { relay, folder },
                Err(error) => assert!(tries < 500, "{error}"),
            }
            tries += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The address that a client dials.
    pub(crate) fn multiaddr(&self) -> Multiaddr {
        multiaddr(self.relay.address.port()).with(Protocol::P2p(self.relay.peer))
    }

    /// The address of WebTransport, as the bootstrap document has it now.
    pub(crate) async fn webtransport(&self) -> Multiaddr {
        let address = self.announced("webtransport").await;
        assert_eq!(certhashes(&address).len(), 2, "{address}");
        address
    }

    /// The address of WebRTC-direct, as the bootstrap document has it.
    pub(crate) async fn webrtc_direct(&self) -> Multiaddr {
        let address = self.announced("webrtc-direct").await;
        assert_eq!(certhashes(&address).len(), 1, "{address}");
        address
    }

    async fn announced(&self, kind: &str) -> Multiaddr {
        let document = get(self.relay.address, "GET", "/bootstrap.json").await;
        let found = document.split('"').find(|text| text.contains(&format!("/{kind}/certhash/")));
        found.unwrap().parse::<Multiaddr>().unwrap().with(Protocol::P2p(self.relay.peer))
    }
}

/// The settings of a relay on ports that the system chooses.
pub(crate) fn config(folder: &TempDir) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: folder.path().to_owned(),
        webtransport: None,
        advertise: vec![],
        stun: None,
        webrtc_direct: None,
        mesh: None,
        peer: vec![],
        log: tracing::level_filters::LevelFilter::OFF,
    }
}

/// The whole answer to one request.
pub(crate) async fn answer(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    answer
}

pub(crate) async fn get(address: SocketAddr, method: &str, path: &str) -> String {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    answer(address, &head).await
}

pub(crate) fn multiaddr(port: u16) -> Multiaddr {
    format!("/ip4/127.0.0.1/tcp/{port}/ws").parse().unwrap()
}

#[derive(NetworkBehaviour)]
pub(crate) struct ClientBehaviour {
    pub(crate) relay: relay::client::Behaviour,
    pub(crate) ping: ping::Behaviour,
    pub(crate) stream: libp2p_stream::Behaviour,
}

/// A client that has not dialled yet.
pub(crate) fn client() -> Swarm<ClientBehaviour> {
    client_pinging(Duration::from_millis(50))
}

/// One that pings that often.
pub(crate) fn client_pinging(interval: Duration) -> Swarm<ClientBehaviour> {
    let key = Keypair::generate_ed25519();
    let peer = key.public().to_peer_id();
    let (relayed, relay) = relay::client::new(peer);
    let web_sockets = OrTransport::new(relayed, Dialer(Ipv4Addr::UNSPECIFIED))
        .upgrade(upgrade::Version::V1Lazy)
        .authenticate(noise::Config::new(&key).unwrap())
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let udp = OrTransport::new(QuicDialer(key.clone()), RtcDialer(key.clone(), Names::version_2()));
    let transport = OrTransport::new(web_sockets, udp)
        .map(|connection, _| match connection {
            Either::Left(connection)
            | Either::Right(Either::Left(connection) | Either::Right(connection)) => connection,
        })
        .boxed();
    let ping = ping::Behaviour::new(ping::Config::new().with_interval(interval));
    let behaviour = ClientBehaviour { relay, ping, stream: libp2p_stream::Behaviour::new() };
    let config = libp2p::swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(Duration::from_secs(60));
    Swarm::new(transport, behaviour, peer, config)
}

/// Waits for an answer to a ping; panics when a connection ends.
pub(crate) async fn pinged(client: &mut Swarm<ClientBehaviour>) {
    loop {
        match client.select_next_some().await {
            SwarmEvent::Behaviour(ClientBehaviourEvent::Ping(ping::Event { result, .. })) => {
                result.unwrap();
                return;
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error:?}"),
            SwarmEvent::ConnectionClosed { cause, .. } => panic!("closed: {cause:?}"),
            _ => {}
        }
    }
}

/// A mailbox stream of a client of its own. The client lives as long as this.
pub(crate) struct Mailbox {
    stream: libp2p::Stream,
    pub(crate) nonce: Nonce,
    next_id: u32,
    pushes: VecDeque<Frame>,
    driver: tokio::task::JoinHandle<()>,
    control: libp2p_stream::Control,
    relay: PeerId,
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Mailbox {
    pub(crate) async fn connect(address: Multiaddr) -> Self {
        Self::try_connect(address).await.unwrap()
    }

    pub(crate) async fn try_connect(address: Multiaddr) -> io::Result<Self> {
        let mut client = client();
        let control = client.behaviour().stream.new_control();
        client.dial(address.clone()).map_err(io::Error::other)?;
        let peer = loop {
            match client.select_next_some().await {
                SwarmEvent::ConnectionEstablished { peer_id, .. } => break peer_id,
                SwarmEvent::OutgoingConnectionError { error, .. } => {
                    return Err(io::Error::other(error));
                }
                _ => {}
            }
        };
        let driver = tokio::spawn(async move {
            loop {
                client.select_next_some().await;
            }
        });
        Self::over(control, peer, driver).await
    }

    /// The one of a client that `driver` drives and that is connected to `relay`.
    pub(crate) async fn over(
        mut control: libp2p_stream::Control,
        relay: PeerId,
        driver: tokio::task::JoinHandle<()>,
    ) -> io::Result<Self> {
        let (stream, nonce) = open(&mut control, relay).await?;
        let pushes = VecDeque::new();
        Ok(Self { stream, nonce, next_id: 0, pushes, driver, control, relay })
    }

    /// A second mailbox stream on the same connection.
    pub(crate) async fn another_stream(&mut self) -> io::Result<libp2p::Stream> {
        Ok(open(&mut self.control, self.relay).await?.0)
    }

    /// Sends a request and waits for its answer; keeps what is pushed meanwhile.
    pub(crate) async fn ask(&mut self, op: Op) -> (Status, Vec<u8>) {
        self.try_ask(op).await.unwrap()
    }

    pub(crate) async fn try_ask(&mut self, op: Op) -> io::Result<(Status, Vec<u8>)> {
        let id = self.send(op).await?;
        loop {
            match read_frame(&mut self.stream).await? {
                Frame::Reply { id: of, status, payload } if of == id => {
                    return Ok((status, payload));
                }
                push @ Frame::Push { .. } => self.pushes.push_back(push),
                other => return Err(io::Error::other(format!("unexpected {other:?}"))),
            }
        }
    }

    /// Sends a request without waiting.
    pub(crate) async fn send(&mut self, op: Op) -> io::Result<u32> {
        self.next_id += 1;
        self.send_body(&Request { id: self.next_id, op }.encode()).await?;
        Ok(self.next_id)
    }

    pub(crate) async fn send_body(&mut self, body: &[u8]) -> io::Result<()> {
        self.stream.write_all(&frame::framed(body)).await?;
        self.stream.flush().await
    }

    /// Sends bytes that are perhaps no frame.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next frame, whatever it is.
    pub(crate) async fn frame(&mut self) -> io::Result<Frame> {
        read_frame(&mut self.stream).await
    }

    /// The next push: address, id, envelope.
    pub(crate) async fn push(&mut self) -> ([u8; 32], [u8; 16], Vec<u8>) {
        let push = match self.pushes.pop_front() {
            Some(push) => push,
            None => self.frame().await.unwrap(),
        };
        let Frame::Push { address, id, envelope } = push else { panic!("{push:?} is no push") };
        (address, id, envelope)
    }
}

/// Opens a mailbox stream and reads the greeting.
async fn open(
    control: &mut libp2p_stream::Control,
    relay: PeerId,
) -> io::Result<(libp2p::Stream, Nonce)> {
    let protocol = StreamProtocol::new(PROTOCOL);
    let mut stream = control.open_stream(relay, protocol).await.map_err(io::Error::other)?;
    let Frame::Hello { nonce } = read_frame(&mut stream).await? else {
        return Err(io::Error::other("the relay does not speak first"));
    };
    Ok((stream, nonce))
}

async fn read_frame(stream: &mut libp2p::Stream) -> io::Result<Frame> {
    let mut header = [0; frame::HEADER_BYTES];
    stream.read_exact(&mut header).await?;
    let mut body = vec![0; frame::body_len(header).map_err(io::Error::other)?];
    stream.read_exact(&mut body).await?;
    Frame::decode(&body).map_err(io::Error::other)
}

/// For [`super::circuit`].
pub(crate) fn circuit(relay: Multiaddr) -> Multiaddr {
    relay.with(Protocol::P2pCircuit)
}

/// For [`super::circuit`].
pub(crate) fn circuit_to(relay: Multiaddr, peer: PeerId) -> Multiaddr {
    circuit(relay).with(Protocol::P2p(peer))
}
