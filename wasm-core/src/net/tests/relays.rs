//! Two relays, either of which may go.

use super::{super::timer::within, *};

/// Between two looks at whether the second relay is there.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the first says when it knows the second.
fn naming(relays: &[Relay; 2]) -> Bootstrap {
    let [first, second] = relays.each_ref().map(Relay::bootstrap);
    first.naming([second.relay])
}

fn start(spawner: &LocalSpawner) -> [Relay; 2] {
    [Relay::start(spawner, None), Relay::start(spawner, None)]
}

/// The PeerId and the relays, once circuits are reserved at two.
async fn at_both(node: &mut Node) -> (Vec<u8>, Vec<Vec<u8>>) {
    let both = |status: &RelayStatus| matches!(status, RelayStatus::Online { reserved, .. } if reserved.len() == 2);
    match node.status(both).await {
        RelayStatus::Online { peer, reserved, .. } => (peer, reserved),
        _ => unreachable!(),
    }
}

/// Skips changes of who is there, and fails when nobody is.
async fn until_one_is_left(node: &mut Node) {
    loop {
        match node.next().await {
            NetEvent::Relay(RelayStatus::Online { hosts, .. }) if hosts.len() == 1 => return,
            NetEvent::Relay(RelayStatus::Online { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_death_of_either_relay_is_no_interruption() {
    for dead in 0..2 {
        let mut pool = LocalPool::new();
        let relays = start(&pool.spawner());
        let mut node = Node::start(&pool.spawner(), Ok(naming(&relays)));
        pool.run_until(async {
            at_both(&mut node).await;
            node.act(NetAction::Subscribe(keys())).await;
            let mut relays = Vec::from(relays);
            relays.remove(dead).kill();
            until_one_is_left(&mut node).await;
            node.act(deposit(1, vec![5; 512])).await;
            let done =
                |event| matches!(event, NetEvent::Deposited(Ticket(1), Ok(()))).then_some(());
            node.until(done).await;
            let arrived = |event| matches!(event, NetEvent::Arrived { .. }).then_some(());
            node.until(arrived).await;
        });
    }
}

#[test]
fn who_comes_later_is_subscribed_at_too() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let [first, second] = start(&spawner);
    let bootstrap = first.bootstrap().naming([second.bootstrap().relay]);
    let identity = second.kill();
    let mut node = Node::start(&spawner, Ok(bootstrap));
    pool.run_until(async {
        node.reachable().await;
        node.act(NetAction::Subscribe(keys())).await;
        let _second = Relay::start(&spawner, Some(identity));
        // Nobody looks at a page whose second link pauses for long. While that dials it pauses not yet.
        while within(LOOK_EVERY, at_both(&mut node)).await.is_none() {
            node.act(NetAction::Reconnect).await;
        }
        first.kill();
        until_one_is_left(&mut node).await;
        node.act(deposit(1, vec![5; 512])).await;
        node.until(|event| matches!(event, NetEvent::Arrived { .. }).then_some(())).await;
    });
}

#[test]
fn a_relay_that_is_remembered_is_enough() {
    let mut pool = LocalPool::new();
    let relay = Relay::start(&pool.spawner(), None);
    let known = vec![relay.bootstrap().relay];
    let nobody = Err(BootstrapError::NotFetched);
    let mut node = Node::start_knowing(&pool.spawner(), nobody, known, None);
    pool.run_until(async {
        node.reachable().await;
    });
}

#[test]
fn contacts_meet_again_at_the_other_relay() {
    let mut pool = LocalPool::new();
    let relays = start(&pool.spawner());
    let mut alice = Node::start(&pool.spawner(), Ok(naming(&relays)));
    let mut bob = Node::start(&pool.spawner(), Ok(naming(&relays)));
    pool.run_until(async {
        let (at_alice, at_bob) = (at_both(&mut alice).await, at_both(&mut bob).await);
        alice.act(reach_at(1, &at_bob, 7)).await;
        bob.act(reach_at(2, &at_alice, 7)).await;
        let up = |event| matches!(event, NetEvent::DirectUp(..)).then_some(());
        alice.until(up).await;
        bob.until(up).await;
        send_directly(&mut alice, &mut bob, 1).await;
        let [first, _second] = relays;
        first.kill();
        alice.until(up).await;
        bob.until(up).await;
        send_directly(&mut alice, &mut bob, 1).await;
        send_directly(&mut bob, &mut alice, 2).await;
    });
}

#[test]
fn contacts_who_share_one_of_their_relays_meet_there() {
    let mut pool = LocalPool::new();
    let relays = start(&pool.spawner());
    let mut alice = Node::start(&pool.spawner(), Ok(naming(&relays)));
    let mut bob = Node::start(&pool.spawner(), Ok(relays[1].bootstrap()));
    pool.run_until(async {
        let (at_alice, at_bob) = (at_both(&mut alice).await, bob.reachable().await);
        let second = relays[1].bootstrap().relay.peer.to_bytes();
        alice.act(reach_at(1, &(at_bob, vec![second]), 7)).await;
        bob.act(reach_at(2, &at_alice, 7)).await;
        let up = |event| matches!(event, NetEvent::DirectUp(..)).then_some(());
        alice.until(up).await;
        bob.until(up).await;
        send_directly(&mut alice, &mut bob, 1).await;
    });
}
