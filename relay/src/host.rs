//! `host[:port]`, as it stands in a URL and in the Host header of a request.

use std::net::{IpAddr, SocketAddr};

use libp2p::{Multiaddr, multiaddr::Protocol};

/// A host that passed the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: Name,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Ip(IpAddr),
    /// Letters, digits, `-` and `.` only, so that it can stand in any header and document.
    Dns(String),
}

impl Host {
    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`; at most 253 letters of name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(Self { name: Name::Ip(address.ip()), port: Some(address.port()) });
        }
        if let Some(v6) = text.strip_prefix('[') {
            let ip = v6.strip_suffix(']')?.parse().ok()?;
            return Some(Self { name: Name::Ip(IpAddr::V6(ip)), port: None });
        }
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let name = match name.parse() {
            Ok(ip) => Name::Ip(IpAddr::V4(ip)),
            Err(_) => Name::Dns(is_dns_name(name).then(|| name.to_ascii_lowercase())?),
        };
        Some(Self { name, port })
    }

    /// The WebSocket there, without TLS.
    #[must_use]
    pub fn multiaddr(&self, default_port: u16) -> Multiaddr {
        self.tcp(default_port).with(Protocol::Ws("/".into()))
    }

    /// The WebSocket there, behind TLS.
    #[must_use]
    pub fn tls_multiaddr(&self) -> Multiaddr {
        self.tcp(443).with(Protocol::Tls).with(Protocol::Ws("/".into()))
    }

    /// A STUN responder there (RFC 7064), whatever the port of the host is.
    #[must_use]
    pub fn stun_url(&self, port: u16) -> String {
        match &self.name {
            Name::Ip(ip) => format!("stun:{}", SocketAddr::new(*ip, port)),
            Name::Dns(name) => format!("stun:{name}:{port}"),
        }
    }

    /// Without a port.
    #[must_use]
    pub fn address(&self) -> Multiaddr {
        match &self.name {
            Name::Ip(ip) => Multiaddr::from(*ip),
            Name::Dns(name) => Multiaddr::empty().with(Protocol::Dns4(name.into())),
        }
    }

    fn tcp(&self, default_port: u16) -> Multiaddr {
        self.address().with(Protocol::Tcp(self.port.unwrap_or(default_port)))
    }
}

fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_become_addresses_that_a_browser_can_dial() {
        let cases = [
            ("localhost:8080", "/dns4/localhost/tcp/8080/ws"),
            ("Relay.Example", "/dns4/relay.example/tcp/80/ws"),
            ("192.168.1.2:9", "/ip4/192.168.1.2/tcp/9/ws"),
            ("10.0.0.1", "/ip4/10.0.0.1/tcp/80/ws"),
            ("[::1]:7", "/ip6/::1/tcp/7/ws"),
            ("[fd00::1]", "/ip6/fd00::1/tcp/80/ws"),
        ];
        for (text, expected) in cases {
            assert_eq!(Host::parse(text).unwrap().multiaddr(80).to_string(), expected);
        }
        let host = Host::parse("relay.example").unwrap();
        assert_eq!(host.tls_multiaddr().to_string(), "/dns4/relay.example/tcp/443/tls/ws");
    }

    #[test]
    fn what_could_break_out_of_a_header_or_document_is_no_host() {
        for text in
            ["", "a/b", "a\"b", "a b", "a;b", ".", "a..b", "é", "a:b", "a:99999", "[::1", "[a]"]
        {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        assert_eq!(Host::parse(&"a.".repeat(127).repeat(2)), None);
    }
}
