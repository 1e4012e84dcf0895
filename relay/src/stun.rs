//! The STUN responder: tells whoever asks over UDP from which address it was asked (RFC 8489), so
//! that two browsers behind address translators find each other without anybody else's server.
//!
//! ```text
//!  datagram ──► admission ──► message::answer ──► datagram, or silence
//! ```
//!
//! Invariant: one datagram in is at most one datagram out, to where it came from, and at most
//! [`message::MAX_GROWTH`] bytes longer. Nothing is kept of who asked but how often, by a number
//! that a random key makes of the address.
//!
//! Does not do: TCP, authentication, the protocol from before the magic cookie (RFC 3489), other
//! methods than Binding, or relaying (TURN). On a machine with several addresses it answers from the
//! one the system takes; such a relay should listen on one address.

pub mod admission;
pub mod message;

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::UdpSocket;

use self::{
    admission::Admission,
    message::{MAX_REQUEST_BYTES, answer},
};
use crate::{clock, defaults};

/// Answers until it is dropped.
pub async fn serve(socket: UdpSocket) {
    let mut admission = Admission::default();
    // One more byte than a request may have shows one that is too long.
    let mut datagram = [0; MAX_REQUEST_BYTES + 1];
    loop {
        let (length, from) = match socket.recv_from(&mut datagram).await {
            Ok(received) => received,
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "no STUN request could be received");
                tokio::time::sleep(defaults::ACCEPT_PAUSE).await;
                continue;
            }
        };
        let ip = from.ip().to_canonical();
        if !is_somebody(ip, from.port()) || !admission.admit(ip, clock::monotonic()) {
            continue;
        }
        let request = datagram.get(..length).unwrap_or_default();
        let Some(response) = answer(request, SocketAddr::new(ip, from.port())) else { continue };
        // What does not fit into the line now is lost, as datagrams are: the client asks again.
        if let Err(error) = socket.try_send_to(&response, from)
            && error.kind() != io::ErrorKind::WouldBlock
        {
            tracing::debug!(kind = %error.kind(), "a STUN answer could not be sent");
        }
    }
}

/// Whether one host can be there. Others are forged, and would have many be answered.
#[must_use]
pub fn is_somebody(ip: IpAddr, port: u16) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    port != 0 && !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_at_an_address_of_many_or_none() {
        for ip in ["0.0.0.0", "::", "255.255.255.255", "224.0.0.251", "ff02::fb"] {
            assert!(!is_somebody(ip.parse().unwrap(), 9), "{ip}");
        }
        for ip in ["127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"] {
            assert!(is_somebody(ip.parse().unwrap(), 9), "{ip}");
            assert!(!is_somebody(ip.parse().unwrap(), 0), "{ip}");
        }
    }
}
