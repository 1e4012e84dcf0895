//! The companion relay: serves the app, forwards circuits, keeps sealed envelopes for people who
//! are away.
//!
//! ```text
//!  browser ── TCP ──► http ── the app, /healthz, /bootstrap.json
//!                      └─ WebSocket at / ──► web_socket_transport ──► node (libp2p)
//!          ── UDP ──► webtransport, webrtc_direct ──► arrivals ───────────┤
//!                                               circuits ◄──────────────┤
//!                                               mailbox::session ◄──────┘ /volly/mailbox/1
//!                                                  └──► mailbox::writer ──► mailbox::store (redb)
//!          ── UDP ──► stun ── the address it was asked from
//!  relays  ── TCP, UDP ──► mesh ── what clients have signed, handed on and taken in
//! ```
//!
//! Blind: it sees addresses that only two people can link, sealed envelopes and IP addresses, and
//! stores and logs none of the latter.

pub mod admission;
pub mod arrivals;
pub mod clock;
pub mod config;
pub mod defaults;
pub mod host;
pub mod http;
pub mod identity;
pub mod log;
pub mod mailbox;
pub mod mailbox_streams;
pub mod mesh;
pub mod node;
pub mod noise;
pub mod private_file;
pub mod slim;
pub mod stun;
pub mod udp;
pub mod web_socket;
pub mod web_socket_transport;
pub mod webrtc_direct;
pub mod webtransport;

use std::{fs::DirBuilder, io, net::SocketAddr, os::unix::fs::DirBuilderExt, sync::Arc, thread};

use libp2p::{Multiaddr, PeerId, identity::Keypair, multiaddr::Protocol};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::mpsc,
    task::{JoinSet, spawn_blocking},
    time,
};

use self::{
    arrivals::Connected,
    clock::{Clock, SystemClock},
    config::{Config, WebTransport},
    http::{
        assets::Assets,
        bootstrap::{self, Bootstrap},
    },
    mailbox::{
        Limits,
        recent::Recent,
        session::{self, Service},
        store::{Store, StoreError},
        switchboard::Switchboard,
        writer::{self, Desk, Writer},
    },
    mailbox_streams::MailboxStream,
    mesh::{Mesh, announced::Announced, node::Node, swarm::MeshError},
    node::Entrances,
    webrtc_direct::{listener::Listener as RtcListener, with_hash},
    webtransport::listener::{ListenError, Listener},
};

/// Why the relay does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or the data folder cannot be used.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no node.
    #[error(transparent)]
    Node(#[from] node::NodeError),
    /// There is no WebTransport.
    #[error(transparent)]
    WebTransport(#[from] ListenError),
    /// There is no WebRTC-direct.
    #[error(transparent)]
    WebRtcDirect(#[from] webrtc_direct::listener::ListenError),
    /// Other relays cannot come in.
    #[error(transparent)]
    Mesh(#[from] MeshError),
}

/// A part of the relay has ended by itself.
#[derive(Debug, thiserror::Error)]
#[error("a part of the relay has ended unexpectedly")]
pub struct Ended;

/// A relay that runs. Dropping it ends it without waiting for the writer.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    /// The UDP port of its STUN responder, when there is one.
    pub stun: Option<u16>,
    /// Where it listens for WebTransport.
    pub webtransport: Option<SocketAddr>,
    /// Where it listens for WebRTC-direct.
    pub webrtc_direct: Option<SocketAddr>,
    /// Its libp2p name.
    pub peer: PeerId,
    /// Where other relays connect, with its name.
    pub mesh: Vec<Multiaddr>,
    others: Mesh,
    tasks: JoinSet<()>,
    writer: Writer,
    writer_thread: writer::Handle,
}

impl Relay {
    /// Starts a relay.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        Self::start_at(config, Arc::new(SystemClock)).await
    }

    /// Starts a relay whose certificates follow `clock`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_at(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&config.data)?;
        let key = identity::load(&config.data)?;
        let store = Store::open(&config.data.join("mailbox.redb"))?;
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let responder = udp::bind(config.stun, address, 1, "STUN").await?;
        let stun = responder.as_ref().map(UdpSocket::local_addr).transpose()?;
        let stun = stun.map(|bound| bound.port());
        let addresses = config.addresses(address);
        let peer = key.public().to_peer_id();
        let quic = listen_quic(config, address, &key, &clock)?;
        let webtransport = quic.as_ref().map(Listener::address).transpose()?;
        let rtc = listen_rtc(config, address, &key).await?;
        let webrtc_direct = rtc.as_ref().map(RtcListener::address).transpose()?;

        let (sockets, accepted) = mpsc::channel(defaults::PENDING_SOCKETS);
        let (streams, opened) = mpsc::channel(defaults::PENDING_STREAMS);
        let (connections, connected) = mpsc::channel(defaults::PENDING_ARRIVALS);
        let listening = webtransport.map(webtransport::multiaddr);
        let listening = listening.into_iter().chain(webrtc_direct.map(webrtc_direct::multiaddr));
        let entrances = Entrances { accepted, connected, listening: listening.collect() };
        let swarm = node::build(&key, entrances, &addresses, streams)?;
        let (service, writer_thread) = service(store, peer)?;
        let writer = service.writer.clone();
        let announced = quic.as_ref().zip(webtransport).map(|(quic, at)| bootstrap::WebTransport {
            addresses: config.webtransport_addresses(at),
            hashes: quic.announced(),
        });
        let rtc_addresses = rtc.as_ref().zip(webrtc_direct).map(|(rtc, at)| {
            let addresses = config.webrtc_direct_addresses(at).into_iter();
            addresses.map(|address| with_hash(&address, rtc.certhash())).collect()
        });
        let others = service.mesh.clone();
        let known = Announced { addresses: addresses.clone(), webtransport: announced.clone() };
        let (relays, mesh) = meet(config, &key, service.clone(), known).await?;
        let bootstrap = Bootstrap {
            peer,
            addresses,
            webtransport: announced,
            webrtc_direct: rtc_addresses.unwrap_or_default(),
            told: !config.advertise.is_empty(),
            stun,
            others: others.others(),
        };

        let mut tasks = JoinSet::new();
        tasks.spawn(listen(quic, connections.clone()));
        if let Some(rtc) = rtc {
            tasks.spawn(rtc.run(connections));
        }
        tasks.spawn(http::run(listener, Assets::embedded(), bootstrap, sockets));
        tasks.spawn(node::run(swarm));
        if let Some(relays) = relays {
            tasks.spawn(relays.run());
        }
        tasks.spawn(serve_streams(opened, service));
        tasks.spawn(sweep(writer.clone()));
        if let Some(socket) = responder {
            tasks.spawn(stun::serve(socket));
        }
        Ok(Self {
            address,
            stun,
            webtransport,
            webrtc_direct,
            peer,
            mesh,
            others,
            tasks,
            writer,
            writer_thread,
        })
    }

    /// How many other relays are there.
    #[must_use]
    pub fn other_relays(&self) -> usize {
        self.others.peers().len()
    }

    /// Waits until a part ends that should not.
    ///
    /// # Errors
    /// Always, for that is what it waits for.
    pub async fn ended(&mut self) -> Result<(), Ended> {
        tokio::select! {
            _ = self.tasks.join_next() => Err(Ended),
            () = self.writer.ended() => Err(Ended),
        }
    }

    /// Stops accepting, ends every connection, and waits until what was accepted is written.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        drop(self.writer);
        let writer_thread = self.writer_thread;
        let written = spawn_blocking(move || writer_thread.join());
        if time::timeout(defaults::SHUTDOWN_TIMEOUT, written).await.is_err() {
            tracing::warn!("the last writes are given up; none of them was acknowledged");
        }
    }
}

fn service(store: Store, peer: PeerId) -> Result<(Service, writer::Handle), io::Error> {
    let switchboard = Arc::<Switchboard>::default();
    let recent = Arc::<Recent>::default();
    let desk = Desk {
        store: store.clone(),
        switchboard: Arc::clone(&switchboard),
        recent: Arc::clone(&recent),
        limits: Limits::default(),
    };
    let (writer, handle) = writer::start(desk)?;
    Ok((Service { store, writer, switchboard, recent, mesh: Mesh::new(peer) }, handle))
}

/// Where other relays come in, if they do.
async fn meet(
    config: &Config,
    key: &Keypair,
    service: Service,
    known: Announced,
) -> Result<(Option<Node>, Vec<Multiaddr>), MeshError> {
    let Some(address) = config.mesh() else { return Ok((None, Vec::new())) };
    let told = |port| config.mesh_addresses(port);
    let (node, bound) = Node::listen(key, address, &config.peer, told, service, known).await?;
    let peer = key.public().to_peer_id();
    let named = bound.into_iter().map(|address| address.with(Protocol::P2p(peer)));
    Ok((Some(node), named.collect()))
}

/// The port beside the TCP port. When the system has chosen that, and the same number is taken here,
/// it chooses this one too.
fn listen_quic(
    config: &Config,
    tcp: SocketAddr,
    key: &Keypair,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Listener>, ListenError> {
    let bind = |address| {
        Listener::bind(address, config.data.clone(), key.clone(), Arc::clone(clock)).map(Some)
    };
    match config.webtransport {
        Some(WebTransport::Off) => Ok(None),
        Some(WebTransport::At(address)) => bind(address),
        None => match bind(tcp) {
            Err(ListenError::Port(_)) if config.listen.port() == 0 => {
                bind(SocketAddr::new(tcp.ip(), 0))
            }
            bound => bound,
        },
    }
}

async fn listen_rtc(
    config: &Config,
    tcp: SocketAddr,
    key: &Keypair,
) -> Result<Option<RtcListener>, StartError> {
    let Some(socket) = udp::bind(config.webrtc_direct, tcp, 2, "WebRTC-direct").await? else {
        return Ok(None);
    };
    Ok(Some(RtcListener::new(socket, &config.data, key.clone())?))
}

/// Runs the listener if there is one, and never ends if there is none.
async fn listen(quic: Option<Listener>, connections: mpsc::Sender<Connected>) {
    match quic {
        Some(quic) => quic.run(connections).await,
        None => connections.closed().await,
    }
}

/// One task a stream: what goes wrong in one, a panic too, ends that one.
async fn serve_streams(mut opened: mpsc::Receiver<MailboxStream>, service: Service) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            stream = opened.recv() => match stream {
                Some(stream) => {
                    let service = service.clone();
                    sessions.spawn(serve_stream(stream, service));
                }
                None => return,
            },
            Some(ended) = sessions.join_next() => {
                if ended.is_err() {
                    tracing::error!("a mailbox stream ended in a panic");
                }
            }
        }
    }
}

async fn serve_stream(mut stream: MailboxStream, service: Service) {
    let Ok(salt) = clock::random() else { return };
    if session::serve(&mut stream.stream, service, salt).await.is_err() {
        tracing::debug!("a mailbox stream ended with an error");
    }
}

async fn sweep(writer: Writer) {
    let mut interval = time::interval(defaults::SWEEP_INTERVAL);
    interval.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        writer.sweep().await;
    }
}

/// How many threads the relay should run on: the cores, but two at least, for a read of the store
/// may wait for the disk.
#[must_use]
pub fn worker_threads() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}
