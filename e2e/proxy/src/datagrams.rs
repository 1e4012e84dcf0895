//! UDP: each client has a socket of its own towards the target, as behind an address translator.

use core::time::Duration;
use std::{
    collections::{HashMap, hash_map::Entry},
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    net::UdpSocket,
    time::{Instant, sleep_until, timeout},
};

use crate::{line::Line, state::Seen};

/// Longest payload of a datagram.
pub(crate) const DATAGRAM_BYTES: usize = 65_535;

/// Clients at a time; further ones are not heard.
const MAX_CLIENTS: usize = 1_024;

/// A client that is silent for this long, both ways, is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(120);

/// One client's way.
struct Way {
    socket: Arc<UdpSocket>,
    line: Line,
    target: SocketAddr,
    seen: Seen,
}

/// Carries datagrams until the program ends.
///
/// # Errors
/// When the socket is gone.
pub async fn run(socket: UdpSocket, seen: Seen) -> io::Result<()> {
    let socket = Arc::new(socket);
    let mut ways: HashMap<SocketAddr, Way> = HashMap::new();
    let mut buffer = vec![0; DATAGRAM_BYTES];
    for seed in 0.. {
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else { continue };
        let Some(target) = seen.state.borrow().target else { continue };
        ways.retain(|_, way| Arc::strong_count(&way.socket) > 1 && way.target == target);
        let full = ways.len() >= MAX_CLIENTS;
        let way = match ways.entry(client) {
            Entry::Occupied(way) => way.into_mut(),
            Entry::Vacant(_) if full => continue,
            Entry::Vacant(place) => {
                let any: SocketAddr = match target {
                    SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                    SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
                };
                let own = Arc::new(UdpSocket::bind(any).await?);
                own.connect(target).await?;
                let begun = seen.begin();
                let back = (Arc::clone(&own), Arc::clone(&socket));
                tokio::spawn(answers(back, client, begun.clone(), seed));
                place.insert(Way { socket: own, line: seen.line(seed), target, seen: begun })
            }
        };
        let datagram = buffer.get(..length).unwrap_or_default();
        for arrives in way.seen.datagram(&mut way.line, length) {
            send_at(arrives, datagram.to_vec(), Arc::clone(&way.socket), None);
        }
    }
    Ok(())
}

/// Carries what the target answers to one client.
async fn answers(
    (from, to): (Arc<UdpSocket>, Arc<UdpSocket>),
    client: SocketAddr,
    seen: Seen,
    seed: u64,
) {
    let mut line = seen.line(!seed);
    let mut buffer = vec![0; DATAGRAM_BYTES];
    while let Ok(received) = timeout(FORGOTTEN_AFTER, from.recv(&mut buffer)).await {
        // The target may not be there yet.
        let Ok(length) = received else { continue };
        let datagram = buffer.get(..length).unwrap_or_default();
        for arrives in seen.datagram(&mut line, length) {
            send_at(arrives, datagram.to_vec(), Arc::clone(&to), Some(client));
        }
    }
}

/// Sends a datagram when it is due; one that cannot be sent is lost.
pub(crate) fn send_at(
    arrives: Instant,
    datagram: Vec<u8>,
    socket: Arc<UdpSocket>,
    to: Option<SocketAddr>,
) {
    tokio::spawn(async move {
        sleep_until(arrives).await;
        let _ = match to {
            Some(to) => socket.send_to(&datagram, to).await,
            None => socket.send(&datagram).await,
        };
    });
}
