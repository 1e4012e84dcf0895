//! From the circuit to a connection of their own, where a pipe takes the place of what two browsers
//! negotiate.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::{
    AsyncReadExt, AsyncWriteExt,
    future::{AbortHandle, abortable, join},
    io::{ReadHalf, WriteHalf},
};
use libp2p::{
    core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade},
    yamux,
};

use super::*;
use crate::net::pipe::{Pipe, pipe};

/// Two nodes that find each other find a pipe, until it is cut.
#[derive(Clone)]
struct Pipes {
    spawner: LocalSpawner,
    /// What the answerer will find.
    end: Rc<RefCell<Option<Pipe>>>,
    scissors: Rc<RefCell<Option<AbortHandle>>>,
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
        let ((read_one, write_one), (read_two, write_two)) = (one.split(), two.split());
        self.carried.set(0);
        let carried = [Rc::clone(&self.carried), Rc::clone(&self.carried)];
        let [forth, back] = carried;
        let both = join(carry(read_one, write_two, forth), carry(read_two, write_one, back));
        let (carry, scissors) = abortable(both);
        self.spawner.spawn_local(carry.map(|_| ())).unwrap();
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

    fn cut(&self) {
        self.scissors.borrow_mut().take().unwrap().abort();
        self.carried.set(0);
    }

    /// Talks until what is said goes through the pipe.
    async fn moved(&self, alice: &mut Node, bob: &mut Node) {
        let all = async {
            while self.carried.get() < 2 * 65_536 {
                send_directly(alice, bob, 1).await;
                send_directly(bob, alice, 2).await;
            }
        };
        timer::within(PATIENCE, all).await.expect("in time");
    }
}

async fn carry(mut from: ReadHalf<Pipe>, mut to: WriteHalf<Pipe>, carried: Rc<Cell<usize>>) {
    let mut chunk = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        carried.set(carried.get() + count);
        to.write_all(&chunk[..count]).await.unwrap();
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
    let up = |event| matches!(event, NetEvent::DirectUp(_)).then_some(());
    alice.until(up).await;
    bob.until(up).await;
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
fn when_their_own_connection_dies_two_contacts_are_back_on_the_relay_and_try_again() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (relay, pipes) = (Relay::start(&spawner, None), Pipes::new(&spawner));
    let [mut alice, mut bob] = nodes(&spawner, &relay, &pipes);
    pool.run_until(async {
        connected(&mut alice, &mut bob).await;
        for _ in 0..3 {
            pipes.moved(&mut alice, &mut bob).await;
            pipes.cut();
            for node in [&mut alice, &mut bob] {
                let down = |event| matches!(event, NetEvent::DirectDown(_)).then_some(());
                node.until(down).await;
                let up = |event| matches!(event, NetEvent::DirectUp(_)).then_some(());
                node.until(up).await;
            }
        }
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
            for node in [&mut *alice, bob] {
                let down = |event| matches!(event, NetEvent::DirectDown(_)).then_some(());
                node.until(down).await;
                let up = |event| matches!(event, NetEvent::DirectUp(_)).then_some(());
                node.until(up).await;
            }
            pipes.carried.set(0);
            for _ in 0..5 {
                send_directly(alice, bob, 1).await;
                send_directly(bob, alice, 2).await;
            }
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
        for node in [&mut alice, &mut bob] {
            node.until(|event| matches!(event, NetEvent::DirectUp(_)).then_some(())).await;
        }
        for _ in 0..5 {
            send_directly(&mut alice, &mut bob, 1).await;
            send_directly(&mut bob, &mut alice, 2).await;
        }
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
        for _ in 0..5 {
            send_directly(&mut alice, &mut bob, 1).await;
            send_directly(&mut bob, &mut alice, 2).await;
        }
    });
}
