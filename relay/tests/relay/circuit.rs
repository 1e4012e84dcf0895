//! Two clients that reach each other through the relay.

use futures::StreamExt;
use libp2p::{multiaddr::Protocol, ping, relay, swarm::SwarmEvent};

use crate::support::{ClientBehaviourEvent, TestRelay, circuit, circuit_to, client};

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
