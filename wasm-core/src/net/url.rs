//! Addresses of relays as the URLs that a browser dials.

use libp2p::{Multiaddr, multiaddr::Protocol};

/// Translates `/ip4|ip6|dns|dns4|dns6/…/tcp/…/(ws|tls/ws|wss)`, with or without `/p2p/…` behind.
///
/// `None` for every other address: another transport may know it.
pub(super) fn web_socket_url(address: &Multiaddr) -> Option<String> {
    let mut parts = address.iter();
    let host = match parts.next()? {
        Protocol::Ip4(ip) => ip.to_string(),
        Protocol::Ip6(ip) => format!("[{ip}]"),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => host_name(&name)?,
        _ => return None,
    };
    let Protocol::Tcp(port) = parts.next()? else { return None };
    let (scheme, path) = match parts.next()? {
        Protocol::Ws(path) => ("ws", path),
        Protocol::Wss(path) => ("wss", path),
        Protocol::Tls => match parts.next()? {
            Protocol::Ws(path) => ("wss", path),
            _ => return None,
        },
        _ => return None,
    };
    match (parts.next(), parts.next()) {
        (None | Some(Protocol::P2p(_)), None) => {}
        _ => return None,
    }
    Some(format!("{scheme}://{host}:{port}/{}", path.trim_start_matches('/')))
}

/// A name that cannot change what the URL around it means.
fn host_name(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: Option<&str>) {
        let url = web_socket_url(&address.parse().unwrap());
        assert_eq!(url.as_deref(), expected, "{address}");
    }

    #[test]
    fn addresses_become_urls() {
        const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
        check("/ip4/127.0.0.1/tcp/80/ws", Some("ws://127.0.0.1:80/"));
        check("/ip6/::1/tcp/8080/ws", Some("ws://[::1]:8080/"));
        check("/dns4/relay.example/tcp/443/tls/ws", Some("wss://relay.example:443/"));
        check("/dns/relay.example/tcp/443/wss", Some("wss://relay.example:443/"));
        check(&format!("/ip4/1.2.3.4/tcp/1/ws/p2p/{PEER}"), Some("ws://1.2.3.4:1/"));
    }

    #[test]
    fn other_addresses_are_left_to_others() {
        const PEER: &str = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
        check(&format!("/ip4/1.2.3.4/tcp/1/ws/p2p/{PEER}/p2p-circuit"), None);
        check(&format!("/ip4/1.2.3.4/tcp/1/ws/p2p/{PEER}/p2p-circuit/p2p/{PEER}"), None);
        check("/ip4/1.2.3.4/tcp/1", None);
        check("/ip4/1.2.3.4/udp/1/quic-v1/webtransport", None);
        check("/dns4/user@evil.example/tcp/1/ws", None);
    }
}
