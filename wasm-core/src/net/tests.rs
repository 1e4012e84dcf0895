//! Whole nodes and a relay in one thread, over libp2p's transport in memory.

mod relay;
mod relays;
mod upgrade;

use futures::{
    SinkExt, StreamExt,
    executor::{LocalPool, LocalSpawner},
    task::LocalSpawnExt,
};
use libp2p::{Transport, core::transport::MemoryTransport};

use self::relay::Relay;
use super::*;
use crate::{
    address::{AddressKeys, Direction, Purpose},
    api::ContactId,
    crypto::secret::Secret,
    engine::{
        effect::{EnvelopeId, Ticket},
        input::{RelayError, RelayStatus},
    },
};

/// What a test waits for at most; only a failure takes that long.
const PATIENCE: Duration = Duration::from_secs(30);

struct Node {
    handle: Handle,
    signals: mpsc::Sender<Signal>,
}

impl Node {
    fn start(spawner: &LocalSpawner, bootstrap: Result<Bootstrap, BootstrapError>) -> Self {
        Self::start_with(spawner, bootstrap, None)
    }

    fn start_with(
        spawner: &LocalSpawner,
        bootstrap: Result<Bootstrap, BootstrapError>,
        negotiate: Option<Negotiate>,
    ) -> Self {
        Self::start_knowing(spawner, bootstrap, Vec::new(), negotiate)
    }

    fn start_knowing(
        spawner: &LocalSpawner,
        bootstrap: Result<Bootstrap, BootstrapError>,
        known: Vec<super::Relay>,
        negotiate: Option<Negotiate>,
    ) -> Self {
        let (signals, take_signals) = mpsc::channel(4);
        let config = Config {
            sockets: MemoryTransport::new().map(|socket, _| Box::new(socket) as Socket).boxed(),
            sessions: None,
            fetch: Box::new(move || futures::future::ready(bootstrap.clone()).boxed_local()),
            known,
            remember: Box::new(|_| {}),
            negotiate,
            signals: take_signals.boxed_local(),
        };
        let handle = start(config, |task| spawner.spawn_local(task).unwrap());
        Self { handle, signals }
    }

    async fn act(&mut self, action: NetAction) {
        self.handle.actions.send(action).await.unwrap();
    }

    async fn next(&mut self) -> NetEvent {
        timer::within(PATIENCE, self.handle.events.next()).await.expect("in time").expect("alive")
    }

    /// Skips what is not wanted.
    async fn until<T>(&mut self, mut wanted: impl FnMut(NetEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }

    async fn status(&mut self, wanted: impl Fn(&RelayStatus) -> bool) -> RelayStatus {
        self.until(|event| match event {
            NetEvent::Relay(status) if wanted(&status) => Some(status),
            _ => None,
        })
        .await
    }

    /// The PeerId, once a circuit is reserved.
    async fn reachable(&mut self) -> Vec<u8> {
        let reserved = |status: &RelayStatus| matches!(status, RelayStatus::Online { peer, .. } if !peer.is_empty());
        match self.status(reserved).await {
            RelayStatus::Online { peer, .. } => peer,
            _ => unreachable!(),
        }
    }
}

fn keys() -> AddressKeys {
    AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Forth, 3)
}

fn deposit(ticket: u64, envelope: Vec<u8>) -> NetAction {
    let id = EnvelopeId([9; 16]);
    NetAction::Deposit { ticket: Ticket(ticket), keys: keys(), id, lifetime: 60, envelope }
}

fn reach(contact: u64, peer: &[u8], key: u8) -> NetAction {
    reach_at(contact, &(peer.to_vec(), vec![]), key)
}

fn reach_at(contact: u64, (peer, relays): &(Vec<u8>, Vec<Vec<u8>>), key: u8) -> NetAction {
    let (peer, relays, key) = (peer.clone(), relays.clone(), Secret::new([key; 32]));
    NetAction::ReachDirect { contact: ContactId(contact), peer, relays, key }
}

#[test]
fn a_deposit_is_written_stored_and_pushed() {
    let mut pool = LocalPool::new();
    let relay = Relay::start(&pool.spawner(), None);
    let mut node = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    pool.run_until(async {
        assert!(matches!(node.next().await, NetEvent::Relay(RelayStatus::Connecting)));
        let status = node.status(|status| *status != RelayStatus::Connecting).await;
        let RelayStatus::Online { peer, reserved, hosts } = status else { panic!("{status:?}") };
        assert!(peer.is_empty() && reserved.is_empty() && hosts.len() == 1);
        assert!(!node.reachable().await.is_empty());
        node.act(NetAction::Subscribe(keys())).await;
        node.act(deposit(1, vec![5; 512])).await;
        assert!(matches!(node.next().await, NetEvent::DepositWritten(Ticket(1))));
        assert!(matches!(node.next().await, NetEvent::Deposited(Ticket(1), Ok(()))));
        let NetEvent::Arrived { address, id, envelope } = node.next().await else { panic!() };
        assert_eq!((address, id), (keys().address(), EnvelopeId([9; 16])));
        assert_eq!(envelope, vec![5; 512]);
    });
}

#[test]
fn without_a_relay_requests_are_refused_at_once() {
    let mut pool = LocalPool::new();
    let mut node = Node::start(&pool.spawner(), Err(BootstrapError::NotFetched));
    pool.run_until(async {
        assert!(matches!(node.next().await, NetEvent::Relay(RelayStatus::Connecting)));
        node.act(deposit(1, vec![])).await;
        let event = node.next().await;
        assert!(matches!(event, NetEvent::Deposited(Ticket(1), Err(RelayError::Offline))));
        node.status(|status| *status == RelayStatus::Offline).await;
    });
}

#[test]
fn a_relay_that_dies_is_noticed_and_found_again() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let relay = Relay::start(&spawner, None);
    let mut node = Node::start(&spawner, Ok(relay.bootstrap()));
    pool.run_until(async {
        node.reachable().await;
        relay.stop_answering();
        node.act(deposit(1, vec![])).await;
        assert!(matches!(node.next().await, NetEvent::DepositWritten(Ticket(1))));
        let identity = relay.kill();
        let lost = node.next().await;
        assert!(matches!(lost, NetEvent::Deposited(Ticket(1), Err(RelayError::Lost))));
        assert!(matches!(node.next().await, NetEvent::Relay(RelayStatus::Connecting)));
        let _relay = Relay::start(&spawner, Some(identity));
        node.reachable().await;
    });
}

#[test]
fn a_path_that_has_gone_silent_is_noticed() {
    let mut pool = LocalPool::new();
    let relay = Relay::start(&pool.spawner(), None);
    let mut node = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    pool.run_until(async {
        node.reachable().await;
        relay.freeze();
        node.status(|status| *status == RelayStatus::Connecting).await;
    });
}

#[test]
fn who_has_slept_for_long_connects_anew_and_who_dozed_does_not() {
    let mut pool = LocalPool::new();
    let relay = Relay::start(&pool.spawner(), None);
    let mut node = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    pool.run_until(async {
        node.reachable().await;
        node.signals.try_send(Signal::Slept(Duration::from_secs(10))).unwrap();
        node.act(deposit(1, vec![5; 512])).await;
        node.until(|event| {
            let is_lost = matches!(event, NetEvent::Relay(RelayStatus::Connecting));
            assert!(!is_lost, "the connection is kept");
            matches!(event, NetEvent::Deposited(Ticket(1), Ok(()))).then_some(())
        })
        .await;
        node.signals.try_send(Signal::Slept(Duration::from_secs(3_600))).unwrap();
        let is_lost = |event| matches!(event, NetEvent::Relay(RelayStatus::Connecting));
        node.until(|event| is_lost(event).then_some(())).await;
        node.reachable().await;
    });
}

#[test]
fn without_a_network_the_status_says_so_at_once() {
    let mut pool = LocalPool::new();
    let relay = Relay::start(&pool.spawner(), None);
    let mut node = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    pool.run_until(async {
        node.reachable().await;
        node.signals.try_send(Signal::Connectivity(Connectivity::Offline)).unwrap();
        assert!(matches!(node.next().await, NetEvent::Relay(RelayStatus::Offline)));
        node.signals.try_send(Signal::Connectivity(Connectivity::Online)).unwrap();
        node.reachable().await;
    });
}

/// Sends to `contact`, whom the other side calls by the other of the numbers 1 and 2.
async fn send_directly(from: &mut Node, to: &mut Node, contact: u64) {
    let (id, envelope) = (EnvelopeId([3; 16]), vec![4; 65_536]);
    from.act(NetAction::SendDirect { contact: ContactId(contact), id, envelope }).await;
    let arrived = |event| match event {
        NetEvent::DirectArrived(contact, envelope) => Some((contact, envelope)),
        _ => None,
    };
    assert_eq!(to.until(arrived).await, (ContactId(3 - contact), vec![4; 65_536]));
}

#[test]
fn two_contacts_reach_each_other_directly() {
    let mut pool = LocalPool::new();
    let relay = Relay::start(&pool.spawner(), None);
    let mut alice = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    let mut bob = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    pool.run_until(async {
        let (at_alice, at_bob) = (alice.reachable().await, bob.reachable().await);
        alice.act(reach(1, &at_bob, 7)).await;
        bob.act(reach(2, &at_alice, 7)).await;
        let up = |event| matches!(event, NetEvent::DirectUp(..)).then_some(());
        alice.until(up).await;
        bob.until(up).await;
        send_directly(&mut alice, &mut bob, 1).await;
        send_directly(&mut bob, &mut alice, 2).await;
        alice.act(NetAction::ForgetDirect(ContactId(1))).await;
        bob.until(|event| matches!(event, NetEvent::DirectDown(ContactId(2))).then_some(())).await;
    });
}

#[test]
fn a_peer_with_another_secret_is_refused() {
    let mut pool = LocalPool::new();
    let relay = Relay::start(&pool.spawner(), None);
    let mut alice = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    let mut bob = Node::start(&pool.spawner(), Ok(relay.bootstrap()));
    pool.run_until(async {
        let (at_alice, at_bob) = (alice.reachable().await, bob.reachable().await);
        alice.act(reach(1, &at_bob, 7)).await;
        bob.act(reach(2, &at_alice, 8)).await;
        let mut events = futures::stream::select(alice.handle.events, bob.handle.events);
        let first = timer::within(PATIENCE, events.next()).await.unwrap();
        assert!(matches!(first, Some(NetEvent::DirectDown(_))), "{first:?}");
    });
}
