//! What the operator says: command line before environment before default.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    path::PathBuf,
    str::FromStr,
};

use clap::{Args, Parser, Subcommand};
use libp2p::Multiaddr;
use tracing::level_filters::LevelFilter;

use crate::{host::Host, web_socket_transport::multiaddr};

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
    /// Folder of the identity key and the database; made when it is missing.
    #[arg(long, env = "VOLLY_DATA", default_value = "volly-data")]
    pub data: PathBuf,
    /// Addresses at which clients find this relay: host, host:port or a multiaddr.
    #[arg(long, env = "VOLLY_ADVERTISE", value_delimiter = ',')]
    pub advertise: Vec<Advertised>,
    /// How much to log: off, error, warn, info, debug. Never says who uses the relay.
    #[arg(long, env = "VOLLY_LOG", default_value = "info")]
    pub log: LevelFilter,
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
    /// The addresses to tell, given the one that was bound. Never empty.
    #[must_use]
    pub fn addresses(&self, bound: SocketAddr) -> Vec<Multiaddr> {
        let told = self.advertise.iter().map(|advertised| match advertised {
            Advertised::Host(host) => host.multiaddr(bound.port()),
            Advertised::Multiaddr(address) => address.clone(),
        });
        let mut addresses: Vec<_> = told.collect();
        if addresses.is_empty() {
            let seen = reachable(bound).into_iter();
            addresses.extend(seen.map(|ip| multiaddr(SocketAddr::new(ip, bound.port()))));
        }
        addresses
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
