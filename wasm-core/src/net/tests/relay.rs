//! A relay that forwards circuits, answers pings, and keeps nothing: it pushes a deposit back on
//! the stream it came on when that is subscribed.

use std::{cell::Cell, collections::HashSet, io, rc::Rc, task::Poll};

use futures::{
    FutureExt, StreamExt, channel::oneshot, executor::LocalSpawner, future::poll_fn,
    stream::FuturesUnordered, task::LocalSpawnExt,
};
use libp2p::{
    Multiaddr, Stream, Swarm, Transport,
    core::{
        transport::{ListenerId, MemoryTransport},
        upgrade::Version,
    },
    identity::Keypair,
    noise, ping, relay,
    swarm::{self, NetworkBehaviour},
    yamux,
};

use crate::{
    net::{Bootstrap, frames::Frames, swarm::MAILBOX},
    wire::mailbox::{Frame, Op, Request, Status},
};

#[derive(NetworkBehaviour)]
struct Behaviour {
    relay: relay::Behaviour,
    ping: ping::Behaviour,
    streams: libp2p_stream::Behaviour,
}

/// What a relay keeps over a restart.
pub(super) struct Identity {
    key: Keypair,
    address: Multiaddr,
}

/// A relay that runs.
pub(super) struct Relay {
    identity: Identity,
    stop: oneshot::Sender<()>,
    mute: Rc<Cell<bool>>,
    frozen: Rc<Cell<bool>>,
}

impl Relay {
    pub(super) fn start(spawner: &LocalSpawner, identity: Option<Identity>) -> Self {
        let identity = identity.unwrap_or_else(|| Identity {
            key: Keypair::generate_ed25519(),
            address: format!("/memory/{}", free_port()).parse().unwrap(),
        });
        let mut node = node(&identity.key);
        let listener = node.listen_on(identity.address.clone()).unwrap();
        node.add_external_address(identity.address.clone());
        node.behaviour_mut().relay.set_status(Some(relay::Status::Enable));
        let (mute, frozen) = (Rc::<Cell<bool>>::default(), Rc::<Cell<bool>>::default());
        let (stop, stopped) = oneshot::channel();
        let task = run(node, listener, stopped, Rc::clone(&mute), Rc::clone(&frozen));
        spawner.spawn_local(task).unwrap();
        Self { identity, stop, mute, frozen }
    }

    pub(super) fn bootstrap(&self) -> Bootstrap {
        let peer = self.identity.key.public().to_peer_id().to_string();
        Bootstrap::new(&peer, [self.identity.address.to_string().as_str()]).unwrap()
    }

    /// Requests are read, and not answered any more.
    pub(super) fn stop_answering(&self) {
        self.mute.set(true);
    }

    /// Nothing is read or written any more, and nothing is closed.
    pub(super) fn freeze(&self) {
        self.frozen.set(true);
    }

    /// All its connections end at once.
    pub(super) fn kill(self) -> Identity {
        self.stop.send(()).unwrap();
        self.identity
    }
}

/// An address in memory that nobody else in this process has.
fn free_port() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn node(key: &Keypair) -> Swarm<Behaviour> {
    let peer = key.public().to_peer_id();
    let transport = MemoryTransport::new()
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(key).unwrap())
        .multiplex(yamux::Config::default())
        .boxed();
    let unlimited = relay::Config { max_circuit_bytes: 0, ..relay::Config::default() };
    let behaviour = Behaviour {
        relay: relay::Behaviour::new(peer, unlimited),
        ping: ping::Behaviour::default(),
        streams: libp2p_stream::Behaviour::new(),
    };
    Swarm::new(transport, behaviour, peer, swarm::Config::without_executor())
}

async fn run(
    mut node: Swarm<Behaviour>,
    listener: ListenerId,
    mut stopped: oneshot::Receiver<()>,
    mute: Rc<Cell<bool>>,
    frozen: Rc<Cell<bool>>,
) {
    let mut incoming = node.behaviour().streams.new_control().accept(MAILBOX).unwrap();
    let mut mailboxes = FuturesUnordered::new();
    poll_fn(|cx| {
        if stopped.poll_unpin(cx).is_ready() {
            return Poll::Ready(());
        }
        if frozen.get() {
            return Poll::Pending;
        }
        loop {
            let mut moved = node.poll_next_unpin(cx).is_ready();
            if let Poll::Ready(Some((_, stream))) = incoming.poll_next_unpin(cx) {
                mailboxes.push(serve(stream, Rc::clone(&mute)));
                moved = true;
            }
            moved |= matches!(mailboxes.poll_next_unpin(cx), Poll::Ready(Some(_)));
            if !moved {
                return Poll::Pending;
            }
        }
    })
    .await;
    // libp2p gives an address in memory back only when it is asked to.
    node.remove_listener(listener);
}

async fn serve(stream: Stream, mute: Rc<Cell<bool>>) -> io::Result<()> {
    let mut frames = Frames::new(stream);
    let nonce = [6; 32];
    frames.write(&Frame::Hello { nonce }.encode(), ()).await?;
    let mut subscribed = HashSet::new();
    loop {
        let Request { id, op } = Request::decode(&frames.read().await?).unwrap();
        if mute.get() {
            continue;
        }
        let address = op.authorised_address(&nonce);
        let status = if address.is_some() { Status::Done } else { Status::Refused };
        frames.write(&Frame::Reply { id, status, payload: Vec::new() }.encode(), ()).await?;
        match (op, address) {
            (Op::Subscribe { .. }, Some(address)) => {
                subscribed.insert(address);
            }
            (Op::Deposit { id, envelope, .. }, Some(address)) if subscribed.contains(&address) => {
                frames.write(&Frame::Push { address, id, envelope }.encode(), ()).await?;
            }
            _ => {}
        }
    }
}
