//! From the circuit to a connection of their own, where a pipe takes the place of what two browsers
//! negotiate.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
    time::Duration,
};

use futures::{
    AsyncReadExt, AsyncWriteExt,
    channel::oneshot,
    future::{Either, join, pending, select},
    io::{ReadHalf, WriteHalf},
};
use futures_timer::Delay;
use libp2p::{
    core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade},
    yamux,
};

use super::*;
use crate::{
    api::Path,
    net::pipe::{Pipe, pipe},
};

/// How a pipe is cut.
#[derive(Clone, Copy)]
enum Cut {
    /// Both nodes hear of it.
    Both,
    /// One hears of it, the other hears nothing more.
    Near,
    Far,
}

/// Two nodes that find each other find a pipe, until it is cut.
#[derive(Clone)]
struct Pipes {
    spawner: LocalSpawner,
    /// What the answerer will find.
    end: Rc<RefCell<Option<Pipe>>>,
    scissors: Rc<RefCell<Option<oneshot::Sender<Cut>>>>,
    refused: Rc<Cell<bool>>,
    /// Bytes that went through the pipe there is.
    carried: Rc<Cell<usize>>,
}

impl Pipes {
    fn new(spawner: &LocalSpawner) -> Self {
        let spawner = spawner.clone();
        let (end, scissors) = (Rc::default(), Rc::default());
        Self { spawner, end, scissors, refused: Rc::default(), carried: Rc::default() }
    }

    fn negotiate(&self) -> Negotiate {
        let pipes = self.clone();
        Box::new(move |role, stream| pipes.clone().connect(role, stream).boxed_local())
    }

    /// A pipe whose two directions are carried by a task.
    fn lay(&self) -> Pipe {
        let (near, one) = pipe(1 << 16);
        let (two, far) = pipe(1 << 16);
        self.carried.set(0);
        let (scissors, cut) = oneshot::channel();
        self.spawner.spawn_local(carry_until(cut, one, two, Rc::clone(&self.carried))).unwrap();
        *self.end.borrow_mut() = Some(far);
        *self.scissors.borrow_mut() = Some(scissors);
        near
    }

    async fn connect(self, role: Role, mut stream: Stream) -> io::Result<StreamMuxerBox> {
        if self.refused.get() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (config, name) = (yamux::Config::default(), "/yamux/1.0.0");
        let muxer = match role {
            Role::Offerer => {
                let near = self.lay();
                stream.write_all(b"offer").await?;
                stream.flush().await?;
                stream.read_exact(&mut [0; 6]).await?;
                config.upgrade_outbound(near, name).await
            }
            Role::Answerer => {
                stream.read_exact(&mut [0; 5]).await?;
                stream.write_all(b"answer").await?;
                stream.flush().await?;
                let near = self.end.borrow_mut().take().unwrap();
                config.upgrade_inbound(near, name).await
            }
        };
        muxer.map(StreamMuxerBox::new)
    }

    fn cut(&self, how: Cut) {
        let _ = self.scissors.borrow_mut().take().unwrap().send(how);
        self.carried.set(0);
    }

    /// Waits for a pipe in silence, for a circuit carries only so much; then talks until what is said goes
    /// through it.
    async fn moved(&self, alice: &mut Node, bob: &mut Node) {
        let all = async {
            while self.scissors.borrow().is_none() {
                Delay::new(Duration::from_millis(10)).await;
            }
            while self.carried.get() < 2 * 65_536 {
                send_directly(alice, bob, 1).await;
                send_directly(bob, alice, 2).await;
            }
        };
        timer::within(PATIENCE, all).await.expect("in time");
    }
}

async fn carry(from: &mut ReadHalf<Pipe>, to: &mut WriteHalf<Pipe>, carried: &Cell<usize>) {
    let mut chunk = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        carried.set(carried.get() + count);
        to.write_all(&chunk[..count]).await.unwrap();
    }
}

/// What is cut on one side only stays as it is on the other for as long as the test runs.
async fn carry_until(cut: oneshot::Receiver<Cut>, near: Pipe, far: Pipe, carried: Rc<Cell<usize>>) {
    let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.split(), far.split());
    let how = {
        let forth = carry(&mut from_near, &mut to_far, &carried);
        let back = carry(&mut from_far, &mut to_near, &carried);
        match select(pin!(join(forth, back)), cut).await {
            Either::Left(_) => return,
            Either::Right((how, _)) => how,
        }
    };
    match how {
        Ok(Cut::Near) => drop((from_near, to_near)),
        Ok(Cut::Far) => drop((from_far, to_far)),
        Ok(Cut::Both) | Err(_) => return,
    }
    pending().await
}

/// The stream ends, and there is another.
async fn down_and_up(nodes: [&mut Node; 2]) {
    for node in nodes {
        node.until(|event| matches!(event, NetEvent::DirectDown(_)).then_some(())).await;
        up(node).await;
    }
}

/// The next stream goes over the relay, the first or the next after a loss.
async fn up(node: &mut Node) {
    let relayed = |event| matches!(event, NetEvent::DirectUp(_, Path::Relayed)).then_some(());
    node.until(relayed).await;
}

/// What goes on, relayed or not.
async fn talk(alice: &mut Node, bob: &mut Node) {
    for _ in 0..5 {
        send_directly(alice, bob, 1).await;
        send_directly(bob, alice, 2).await;
    }
}

/// Two contacts with a stream over the relay.
async fn connected(alice: &mut Node, bob: &mut Node) {
    let (at_alice, at_bob) = (alice.reachable().await, bob.reachable().await);
    for node in [&mut *alice, bob] {
        node.act(NetAction::RelayOnly(false)).await;
    }
    alice.act(reach(1, &at_bob, 7)).await;
    bob.act(reach(2, &at_alice, 7)).await;
    up(alice).await;
    up(bob).await;
}

fn nodes(spawner: &LocalSpawner, relay: &Relay, pipes: &Pipes) -> [Node; 2] {
    [(); 2].map(|()| Node::start_with(spawner, Ok(relay.bootstrap()), Some(pipes.negotiate())))
}

#[test]
fn with_a_connection_of_their_own_two_contacts_need_no_relay() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        connected(&mut alice, &mut bob).await;
        // What is sent while traffic moves comes as well.
        pipes.moved(&mut alice, &mut bob).await;
        relay.kill();
        alice.status(|status| *status == RelayStatus::Connecting).await;
        bob.status(|status| *status == RelayStatus::Connecting).await;
        send_directly(&mut alice, &mut bob, 1).await;
        send_directly(&mut bob, &mut alice, 2).await;
    });
}

#[test]
fn which_way_a_contact_is_reached_and_how_far_that_is_is_told() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        connected(&mut alice, &mut bob).await;
        for node in [&mut alice, &mut bob] {
            let moved = |event| matches!(event, NetEvent::DirectUp(_, Path::Direct)).then_some(());
            node.until(moved).await;
            node.until(|event| matches!(event, NetEvent::RoundTrip(..)).then_some(())).await;
        }
    });
}

#[test]
fn when_their_own_connection_dies_two_contacts_are_back_on_the_relay_and_try_again() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        connected(&mut alice, &mut bob).await;
        for _ in 0..3 {
            pipes.moved(&mut alice, &mut bob).await;
            pipes.cut(Cut::Both);
            down_and_up([&mut alice, &mut bob]).await;
        }
    });
}

#[test]
fn when_only_one_notices_that_their_own_connection_is_dead_the_other_follows() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        connected(&mut alice, &mut bob).await;
        for how in [Cut::Near, Cut::Far] {
            pipes.moved(&mut alice, &mut bob).await;
            pipes.cut(how);
            down_and_up([&mut alice, &mut bob]).await;
        }
        pipes.moved(&mut alice, &mut bob).await;
    });
}

#[test]
fn who_goes_through_the_relay_only_neither_offers_nor_answers() {
    for which in 0..2 {
        let mut pool = LocalPool::new();
        let spawner = pool.spawner();
        let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
        let mut both = nodes(&spawner, &relay, &pipes);
        pool.run_until(async {
            let [alice, bob] = &mut both;
            connected(alice, bob).await;
            pipes.moved(alice, bob).await;
            both[which].act(NetAction::RelayOnly(true)).await;
            let [alice, bob] = &mut both;
            down_and_up([&mut *alice, &mut *bob]).await;
            pipes.carried.set(0);
            talk(alice, bob).await;
            assert_eq!(pipes.carried.get(), 0);
            both[which].act(NetAction::RelayOnly(false)).await;
        });
    }
}

#[test]
fn nothing_is_negotiated_before_the_engine_has_said_that_it_may_be() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        let (at_alice, at_bob) = (alice.reachable().await, bob.reachable().await);
        alice.act(reach(1, &at_bob, 7)).await;
        bob.act(reach(2, &at_alice, 7)).await;
        up(&mut alice).await;
        up(&mut bob).await;
        talk(&mut alice, &mut bob).await;
        assert!(pipes.scissors.borrow().is_none(), "no pipe was laid");
    });
}

#[test]
fn when_there_is_no_way_but_the_relay_it_stays() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    pipes.refused.set(true);
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        connected(&mut alice, &mut bob).await;
        talk(&mut alice, &mut bob).await;
    });
}

#[test]
fn a_negotiation_that_fails_once_is_followed_by_another() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    pipes.refused.set(true);
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        connected(&mut alice, &mut bob).await;
        talk(&mut alice, &mut bob).await;
        pipes.refused.set(false);
        pipes.moved(&mut alice, &mut bob).await;
    });
}
