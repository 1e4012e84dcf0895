//! The UDP ports beside the TCP port.

use std::{io, net::SocketAddr};

use tokio::net::UdpSocket;

use crate::config::UdpPort;

/// Takes the port that the operator chose for `name`, or that `place` after the one of a relay that
/// listens at `relay`, or another one; or none when it is switched off.
///
/// # Errors
///
/// When the port that the operator chose is taken.
pub async fn bind(
    port: Option<UdpPort>,
    relay: SocketAddr,
    place: u16,
    name: &str,
) -> io::Result<Option<UdpSocket>> {
    let at = |port| UdpSocket::bind(SocketAddr::new(relay.ip(), port));
    match port {
        Some(UdpPort::Off) => Ok(None),
        Some(UdpPort::Port(port)) => at(port).await.map(Some),
        None => {
            if let Some(next) = relay.port().checked_add(place)
                && let Ok(socket) = at(next).await
            {
                return Ok(Some(socket));
            }
            let socket = at(0).await?;
            let port = socket.local_addr()?.port();
            tracing::warn!(
                port,
                name,
                "its UDP port beside that of --listen is taken; it has another"
            );
            Ok(Some(socket))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_port_is_the_chosen_one_or_the_next_or_another_that_is_free() {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        assert!(bind(Some(UdpPort::Off), loopback(9), 1, "").await.unwrap().is_none());
        let taken = UdpSocket::bind(loopback(0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(bind(Some(UdpPort::Port(port)), loopback(9), 1, "").await.is_err());
        let other = bind(None, loopback(port - 1), 1, "").await.unwrap().unwrap();
        assert_ne!(other.local_addr().unwrap().port(), port);
        drop(taken);
        let next = bind(None, loopback(port - 1), 1, "").await.unwrap().unwrap();
        assert_eq!(next.local_addr().unwrap().port(), port);
        assert!(bind(None, loopback(u16::MAX), 1, "").await.unwrap().is_some());
    }
}
