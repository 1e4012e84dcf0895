//! The node over WebTransport (libp2p specifications, webtransport/README.md): a UDP port beside
//! the TCP port.
//!
//! ```text
//!  UDP ──► listener ── admission ── handshake ──► arrivals ──► node (libp2p)
//!             └─ certificates, known by their hashes, which bootstrap.json announces
//! ```
//!
//! A browser needs no authority for it: it is told the hashes of two self-signed certificates, this
//! one and the next, and noise proves whose they are.
//!
//! Invariant: what stands in front of the node is bounded in number and in time, and a connection
//! outlives the certificate that it was made with.
//! Does not dial, and takes no certificate of an authority.

pub mod certificates;
pub mod handshake;
pub mod leash;
pub mod listener;
pub mod muxer;
pub mod store;

use std::net::SocketAddr;

use libp2p::{Multiaddr, multiaddr::Protocol, multihash};

use crate::host::Host;

/// What a client asks for (libp2p specifications, webtransport/README.md "WebTransport endpoint").
pub const PATH: &str = "/.well-known/libp2p-webtransport?type=noise";

/// The hash of a certificate, as an address has it.
pub type Multihash = multihash::Multihash<64>;

/// The hashes of the certificate in use and of the next.
pub type Certhashes = [Multihash; 2];

/// Whether it is an address of this kind.
#[must_use]
pub fn is_webtransport(address: &Multiaddr) -> bool {
    address.iter().any(|part| part == Protocol::WebTransport)
}

/// `/udp/…/quic-v1/webtransport` at a host.
#[must_use]
pub fn at_port(host: Multiaddr, port: u16) -> Multiaddr {
    host.with(Protocol::Udp(port)).with(Protocol::QuicV1).with(Protocol::WebTransport)
}

/// `/ip4/…/udp/…/quic-v1/webtransport`.
#[must_use]
pub fn multiaddr(address: SocketAddr) -> Multiaddr {
    at_port(address.ip().into(), address.port())
}

/// `address` up to `/webtransport`, with `hashes` behind.
#[must_use]
pub fn with_hashes(address: &Multiaddr, hashes: &Certhashes) -> Multiaddr {
    let endpoint = address.iter().take_while(|part| !matches!(part, Protocol::Certhash(_)));
    endpoint.chain(hashes.iter().map(|hash| Protocol::Certhash(*hash))).collect()
}

/// The source that lets a page connect there (Content Security Policy Level 3, §2.3.1). `None` for
/// an IPv6 address, which that grammar cannot express.
#[must_use]
pub fn policy_source(address: &Multiaddr) -> Option<String> {
    let mut parts = address.iter();
    let host = match parts.next()? {
        Protocol::Ip4(ip) => ip.to_string(),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => {
            Host::parse(&name).map(|_| name.to_ascii_lowercase())?
        }
        _ => return None,
    };
    let Protocol::Udp(port) = parts.next()? else { return None };
    Some(format!("https://{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_the_endpoint_and_nothing_that_could_change_it() {
        let cases = [
            ("/ip4/10.0.0.1/udp/8080/quic-v1/webtransport", Some("https://10.0.0.1:8080")),
            ("/dns4/Relay.example/udp/1/quic-v1/webtransport", Some("https://relay.example:1")),
            ("/ip6/::1/udp/8080/quic-v1/webtransport", None),
            ("/dns4/a;script-src */udp/1/quic-v1/webtransport", None),
            ("/ip4/10.0.0.1/tcp/8080/ws", None),
        ];
        for (address, source) in cases {
            assert_eq!(policy_source(&address.parse().unwrap()).as_deref(), source, "{address}");
        }
    }

    #[test]
    fn hashes_take_the_place_of_those_before() {
        let hash = |byte| Multihash::wrap(0x12, &[byte; 32]).unwrap();
        let plain: Multiaddr = "/ip4/10.0.0.1/udp/1/quic-v1/webtransport".parse().unwrap();
        let first = with_hashes(&plain, &[hash(1), hash(2)]);
        assert_eq!(first.iter().count(), 6);
        assert_eq!(
            with_hashes(&first, &[hash(3), hash(4)]),
            with_hashes(&plain, &[hash(3), hash(4)])
        );
    }
}
