//! What the operator says: command line before environment before default.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    path::PathBuf,
    str::FromStr,
};

use clap::{Args, Parser, Subcommand};
use libp2p::{Multiaddr, multiaddr::Protocol};
use tracing::level_filters::LevelFilter;

use crate::{
    host::Host,
    web_socket_transport::multiaddr,
    webrtc_direct::{self, is_webrtc_direct},
    webtransport::{self, is_webtransport},
};

/// The companion relay: serves the app, forwards circuits, keeps sealed envelopes for people who
/// are away.
#[derive(Debug, Parser)]
#[command(name = "volly-relay", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the relay until it is told to stop.
    Serve(Config),
}

/// The settings of `serve`.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "VOLLY_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where to listen for WebTransport (UDP), or off; like --listen when it is not given.
    #[arg(long, env = "VOLLY_WEBTRANSPORT", value_name = "ADDRESS|off")]
    pub webtransport: Option<WebTransport>,
    /// Folder of the identity key, the certificates and the database; made when it is missing.
    #[arg(long, env = "VOLLY_DATA", default_value = "volly-data")]
    pub data: PathBuf,
    /// Addresses at which clients find this relay: host, host:port or a multiaddr (one that ends in
    /// /webtransport or /webrtc-direct is completed with the certificates).
    #[arg(long, env = "VOLLY_ADVERTISE", value_delimiter = ',')]
    pub advertise: Vec<Advertised>,
    /// UDP port at which browsers learn under which address they are seen (STUN), so that two of them
    /// connect directly: a number, 0 for a free one, or off. Left out: the one after that of `listen`.
    #[arg(long, env = "VOLLY_STUN")]
    pub stun: Option<UdpPort>,
    /// UDP port of WebRTC-direct, for browsers without WebTransport: a number, 0 for a free one, or
    /// off. Left out: the second after that of `listen`.
    #[arg(long, env = "VOLLY_WEBRTC_DIRECT", value_name = "PORT|off")]
    pub webrtc_direct: Option<UdpPort>,
    /// Where other relays connect (TCP, and UDP at the same port), or off. Left out: off, or any port
    /// when --peer names one.
    #[arg(long, env = "VOLLY_MESH", value_name = "ADDRESS|off")]
    pub mesh: Option<MeshAt>,
    /// Another relay, as its multiaddr: /ip4/…/tcp/… or /dns4/…/udp/…/quic-v1, with /p2p/… behind
    /// it where it shall be this one and no other. Those that it knows are found through it.
    #[arg(long, env = "VOLLY_PEER", value_delimiter = ',')]
    pub peer: Vec<Multiaddr>,
    /// How much to log: off, error, warn, info, debug. Never says who uses the relay.
    #[arg(long, env = "VOLLY_LOG", default_value = "info")]
    pub log: LevelFilter,
}

/// Where something beside the TCP port listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UdpPort {
    /// There is none.
    Off,
    /// At this UDP port; 0 takes a free one.
    Port(u16),
}

impl FromStr for UdpPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::Port).map_err(|_| "neither a port nor off".into())
    }
}

/// Where other relays connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeshAt {
    /// Nowhere.
    Off,
    /// There; port 0 takes a free one.
    At(SocketAddr),
}

impl FromStr for MeshAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            address => {
                address.parse().map(Self::At).map_err(|_| "neither address:port nor off".into())
            }
        }
    }
}

/// What the operator says of WebTransport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebTransport {
    /// There is none.
    Off,
    /// It listens there; port 0 takes a free one.
    At(SocketAddr),
}

impl FromStr for WebTransport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            address => {
                address.parse().map(Self::At).map_err(|_| "neither address:port nor off".into())
            }
        }
    }
}

/// An address that the operator gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advertised {
    /// Reached without encryption of the transport at this port, or at that of `listen`.
    Host(Host),
    /// As it is.
    Multiaddr(Multiaddr),
}

impl FromStr for Advertised {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return text.parse().map(Self::Multiaddr).map_err(|error| format!("{error}"));
        }
        Host::parse(text)
            .map(Self::Host)
            .ok_or_else(|| "neither host, host:port nor multiaddr".into())
    }
}

impl Config {
    /// Where other relays connect, if they do.
    #[must_use]
    pub fn mesh(&self) -> Option<SocketAddr> {
        match self.mesh {
            Some(MeshAt::At(address)) => Some(address),
            Some(MeshAt::Off) => None,
            None => (!self.peer.is_empty()).then(|| SocketAddr::new(self.listen.ip(), 0)),
        }
    }

    /// Where other relays connect from outside, given that they do at `port`: at the hosts that the
    /// operator tells.
    #[must_use]
    pub fn mesh_addresses(&self, port: u16) -> Vec<Multiaddr> {
        let hosts = self.advertise.iter().filter_map(|advertised| match advertised {
            Advertised::Host(host) => Some(host.address()),
            Advertised::Multiaddr(_) => None,
        });
        hosts
            .flat_map(|host| {
                let quic = host.clone().with(Protocol::Udp(port)).with(Protocol::QuicV1);
                [host.with(Protocol::Tcp(port)), quic]
            })
            .collect()
    }

    /// The addresses to tell, given the one that was bound. Never empty.
    #[must_use]
    pub fn addresses(&self, bound: SocketAddr) -> Vec<Multiaddr> {
        let told = self.advertise.iter().filter_map(|advertised| match advertised {
            Advertised::Host(host) => Some(host.multiaddr(bound.port())),
            Advertised::Multiaddr(address) => {
                let other = is_webtransport(address) || is_webrtc_direct(address);
                (!other).then(|| address.clone())
            }
        });
        let mut addresses: Vec<_> = told.collect();
        if addresses.is_empty() {
            let seen = reachable(bound).into_iter();
            addresses.extend(seen.map(|ip| multiaddr(SocketAddr::new(ip, bound.port()))));
        }
        addresses
    }

    /// The addresses of WebTransport to tell, without the hashes of certificates, given the one that
    /// was bound. Of what the operator tells those of a host alone and those of WebTransport count:
    /// an address behind a proxy is not that of the relay.
    #[must_use]
    pub fn webtransport_addresses(&self, bound: SocketAddr) -> Vec<Multiaddr> {
        self.told_or_seen(bound, is_webtransport, webtransport::at_port)
    }

    /// The same for WebRTC-direct.
    #[must_use]
    pub fn webrtc_direct_addresses(&self, bound: SocketAddr) -> Vec<Multiaddr> {
        self.told_or_seen(bound, is_webrtc_direct, webrtc_direct::at_port)
    }

    fn told_or_seen(
        &self,
        bound: SocketAddr,
        is_of_the_kind: fn(&Multiaddr) -> bool,
        at_port: fn(Multiaddr, u16) -> Multiaddr,
    ) -> Vec<Multiaddr> {
        if self.advertise.is_empty() {
            let seen = reachable(bound).into_iter();
            return seen.map(|ip| at_port(ip.into(), bound.port())).collect();
        }
        let told = self.advertise.iter().filter_map(|advertised| match advertised {
            Advertised::Host(host) => Some(at_port(host.address(), bound.port())),
            Advertised::Multiaddr(address) => is_of_the_kind(address).then(|| address.clone()),
        });
        told.collect()
    }
}

/// The IP addresses at which a bound address is reached; those of the network first.
#[must_use]
pub fn reachable(bound: SocketAddr) -> Vec<IpAddr> {
    if !bound.ip().is_unspecified() {
        return vec![bound.ip()];
    }
    let mut addresses = Vec::new();
    if bound.is_ipv6() {
        addresses.extend(local_address("[::]:0", "[2001:db8::1]:9"));
    }
    addresses.extend(local_address("0.0.0.0:0", "192.0.2.1:9"));
    addresses.push(Ipv4Addr::LOCALHOST.into());
    addresses.dedup();
    addresses
}

/// The address this machine would use towards `remote`. Sends nothing: connecting a UDP socket
/// only looks up the route.
fn local_address(any: &str, remote: &str) -> Option<IpAddr> {
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(arguments: &[&str]) -> Config {
        let arguments = ["volly-relay", "serve"].iter().chain(arguments);
        let Command::Serve(config) = Cli::try_parse_from(arguments).unwrap().command;
        config
    }

    #[test]
    fn what_is_advertised_replaces_what_is_seen() {
        let bound = "127.0.0.1:99".parse().unwrap();
        let texts = |config: Config| -> Vec<_> {
            config.addresses(bound).iter().map(ToString::to_string).collect()
        };
        assert_eq!(texts(config(&[])), ["/ip4/127.0.0.1/tcp/99/ws"]);
        let told =
            ["--advertise", "relay.example,10.0.0.1:80", "--advertise", "/dns4/a/tcp/1/tls/ws"];
        assert_eq!(
            texts(config(&told)),
            ["/dns4/relay.example/tcp/99/ws", "/ip4/10.0.0.1/tcp/80/ws", "/dns4/a/tcp/1/tls/ws"]
        );
    }

    #[test]
    fn the_stun_port_is_a_number_or_off_or_left_out() {
        assert_eq!(config(&[]).stun, None);
        assert_eq!(config(&["--stun", "3478"]).stun, Some(UdpPort::Port(3_478)));
        assert_eq!(config(&["--stun", "off"]).stun, Some(UdpPort::Off));
        for text in ["", "on", "-1", "65536", "1.2.3.4:5"] {
            assert!(text.parse::<UdpPort>().is_err(), "{text}");
        }
    }

    #[test]
    fn relays_meet_where_the_operator_says_or_when_one_is_named() {
        assert_eq!(config(&[]).mesh(), None);
        let peer = "/ip4/10.0.0.1/tcp/4001,/dns4/relay.example/udp/1/quic-v1";
        let named = config(&["--peer", peer]);
        assert_eq!((named.mesh(), named.peer.len()), (Some("127.0.0.1:0".parse().unwrap()), 2));
        assert_eq!(config(&["--peer", peer, "--mesh", "off"]).mesh(), None);
        let told = config(&["--mesh", "0.0.0.0:4001", "--advertise", "a.example,/ip4/1.1.1.1"]);
        assert_eq!(told.mesh(), Some("0.0.0.0:4001".parse().unwrap()));
        let texts: Vec<_> = told.mesh_addresses(4_001).iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["/dns4/a.example/tcp/4001", "/dns4/a.example/udp/4001/quic-v1"]);
        assert!("on".parse::<MeshAt>().is_err());
    }

    #[test]
    fn webtransport_is_told_where_the_relay_itself_is() {
        let bound = "127.0.0.1:99".parse().unwrap();
        let texts = |arguments: &[&str]| -> Vec<_> {
            let addresses = config(arguments).webtransport_addresses(bound);
            addresses.iter().map(ToString::to_string).collect()
        };
        assert_eq!(texts(&[]), ["/ip4/127.0.0.1/udp/99/quic-v1/webtransport"]);
        let told = "relay.example:443,/dns4/a/tcp/1/tls/ws,/dns4/b/udp/2/quic-v1/webtransport";
        assert_eq!(
            texts(&["--advertise", told]),
            [
                "/dns4/relay.example/udp/99/quic-v1/webtransport",
                "/dns4/b/udp/2/quic-v1/webtransport"
            ]
        );
        let others: Vec<_> = config(&["--advertise", told]).addresses(bound);
        assert!(!others.iter().any(is_webtransport));
        assert_eq!(config(&["--webtransport", "off"]).webtransport, Some(WebTransport::Off));
        assert!("of".parse::<WebTransport>().is_err());
    }

    #[test]
    fn nonsense_is_an_error() {
        for told in ["", "a b", "/ip4/1.2.3", "host:port"] {
            assert!(told.parse::<Advertised>().is_err(), "{told}");
        }
    }

    #[test]
    fn an_address_of_the_network_is_found_or_loopback_is_told() {
        let all = reachable("0.0.0.0:1".parse().unwrap());
        assert_eq!(all.last(), Some(&Ipv4Addr::LOCALHOST.into()));
        assert!(all.iter().all(|ip| !ip.is_unspecified()));
    }
}
