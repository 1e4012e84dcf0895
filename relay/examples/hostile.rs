//! A contact that attacks a browser, for the end-to-end tests: `hostile PORT LINK FRAMES`, with the port
//! of the relay and an invite of the victim. Becomes a contact as anybody does, prints `contact`, then
//! `KIND SENT` for each kind of attack, and ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    dead_code,
    reason = "a test, built from what the tests of the relay use"
)]

#[path = "../tests/relay/support.rs"]
mod support;

#[path = "hostile/attacks.rs"]
mod attacks;
#[path = "hostile/contact.rs"]
mod contact;

use std::time::Duration;

use attacks::Attacker;
use contact::Contact;
use futures::StreamExt;
use libp2p::{Multiaddr, PeerId, Swarm, multiaddr::Protocol, swarm::SwarmEvent};
use support::{ClientBehaviour, ClientBehaviourEvent, circuit, circuit_to, client, multiaddr};
use tokio::{sync::mpsc, time::timeout};

/// For what has to go well before anything is attacked.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [port, link, frames] = arguments.as_slice() else { panic!("takes PORT LINK FRAMES") };
    let relay = multiaddr(port.parse().unwrap());
    let mut node = client();
    let (local, control) = (*node.local_peer_id(), node.behaviour().stream.new_control());
    let relay_peer = timeout(PATIENCE, reserved(&mut node, relay.clone())).await.unwrap();
    let relay = relay.with(Protocol::P2p(relay_peer));
    let (dial, dials) = mpsc::channel(4);
    tokio::spawn(drive(node, dials));

    let mut contact = Contact::connect(control.clone(), relay_peer, local).await;
    let (victim, key) = timeout(PATIENCE, contact.meet(link)).await.expect("they meet");
    // It stays a contact: the victim's presence is renewed, and its envelopes are taken.
    tokio::spawn(async move { contact.stay().await });
    println!("contact");
    let circuit = circuit_to(relay, victim);
    let attacker = Attacker { control, local, victim, key, dial, circuit };
    attacker.attack(frames.parse().unwrap()).await;
}

/// Dials the relay, and can be dialled from then on.
async fn reserved(node: &mut Swarm<ClientBehaviour>, relay: Multiaddr) -> PeerId {
    node.dial(relay.clone()).unwrap();
    let peer = loop {
        if let SwarmEvent::ConnectionEstablished { peer_id, .. } = node.select_next_some().await {
            break peer_id;
        }
    };
    node.listen_on(circuit(relay.with(Protocol::P2p(peer)))).unwrap();
    while !matches!(
        node.select_next_some().await,
        SwarmEvent::Behaviour(ClientBehaviourEvent::Relay(
            libp2p::relay::client::Event::ReservationReqAccepted { .. }
        ))
    ) {}
    peer
}

async fn drive(mut node: Swarm<ClientBehaviour>, mut dials: mpsc::Receiver<Multiaddr>) {
    loop {
        tokio::select! {
            _ = node.select_next_some() => {}
            Some(address) = dials.recv() => {
                // It may be connected already.
                let _ = node.dial(address);
            }
        }
    }
}
