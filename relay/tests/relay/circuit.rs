//! Two clients that reach each other through the relay.

use std::time::Duration;

use futures::StreamExt;
use libp2p::{Multiaddr, multiaddr::Protocol, ping, relay, swarm::SwarmEvent};
use tokio::time::timeout;

use crate::support::{ClientBehaviourEvent, TestRelay, circuit, circuit_to, client};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn one_reserves_and_the_other_comes_through() {
    let relay = TestRelay::start().await;
    let mut listener = client();
    listener.listen_on(circuit(relay.multiaddr())).unwrap();
    loop {
        let event = listener.select_next_some().await;
        if let SwarmEvent::Behaviour(ClientBehaviourEvent::Relay(
            relay::client::Event::ReservationReqAccepted { limit, .. },
        )) = event
        {
            let limit = limit.unwrap();
            assert_eq!(limit.data_in_bytes(), Some(volly_relay::defaults::CIRCUIT_BYTES));
            break;
        }
    }
    let there = *listener.local_peer_id();
    tokio::spawn(async move {
        loop {
            listener.select_next_some().await;
        }
    });

    let mut dialer = client();
    dialer.dial(circuit_to(relay.multiaddr(), there)).unwrap();
    loop {
        match dialer.select_next_some().await {
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, .. } if peer_id == there => {
                let address = endpoint.get_remote_address();
                assert!(address.iter().any(|part| part == Protocol::P2pCircuit));
            }
            SwarmEvent::Behaviour(ClientBehaviourEvent::Ping(ping::Event {
                peer, result, ..
            })) if peer == there => {
                result.unwrap();
                break;
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
}

/// Has somebody reserved at one address of a relay, and somebody else reach them by another.
pub(crate) async fn reached_over_circuit(reserved_at: Multiaddr, dialled: Multiaddr) {
    let mut listener = client();
    listener.listen_on(circuit(reserved_at)).unwrap();
    let there = *listener.local_peer_id();
    let reserved = async {
        while !matches!(
            listener.select_next_some().await,
            SwarmEvent::Behaviour(ClientBehaviourEvent::Relay(
                relay::client::Event::ReservationReqAccepted { .. }
            ))
        ) {}
    };
    timeout(PATIENCE, reserved).await.unwrap();
    tokio::spawn(async move {
        loop {
            listener.select_next_some().await;
        }
    });
    let mut dialer = client();
    dialer.dial(circuit_to(dialled, there)).unwrap();
    let reached = async {
        loop {
            if let SwarmEvent::Behaviour(ClientBehaviourEvent::Ping(ping)) =
                dialer.select_next_some().await
                && ping.peer == there
            {
                break ping.result.unwrap();
            }
        }
    };
    timeout(PATIENCE, reached).await.unwrap();
}
