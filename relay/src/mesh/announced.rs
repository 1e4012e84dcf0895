//! Where browsers find this relay, for the others to tell, and theirs, checked before it is told.

use core::future::pending;

use libp2p::{Multiaddr, multiaddr::Protocol};
use volly_core::{
    limits::{MAX_RELAY_ADDRESS_BYTES, MAX_RELAY_ADDRESSES},
    wire::replica::Hello,
};

use crate::{
    http::bootstrap::WebTransport,
    web_socket_transport,
    webtransport::{self, with_hashes},
};

/// Where browsers find this relay. The certificates of WebTransport change.
#[derive(Clone, Debug)]
pub struct Announced {
    /// WebSockets.
    pub addresses: Vec<Multiaddr>,
    /// WebTransport, when there is one.
    pub webtransport: Option<WebTransport>,
}

impl Announced {
    /// What there is to say now.
    #[must_use]
    pub fn hello(&self) -> Hello {
        let sockets = self.addresses.iter().map(ToString::to_string);
        let sessions = self.webtransport.iter().flat_map(|it| {
            let hashes = *it.hashes.borrow();
            it.addresses.iter().map(move |address| with_hashes(address, &hashes).to_string())
        });
        Hello { addresses: sockets.chain(sessions).collect() }
    }

    /// Waits until there is something else to say.
    pub async fn changed(&mut self) {
        let Some(webtransport) = &mut self.webtransport else { return pending().await };
        if webtransport.hashes.changed().await.is_err() {
            pending().await
        }
    }
}

/// The source that lets a page connect to an address of a relay; `None` for what a page cannot use.
#[must_use]
pub fn policy_source(address: &Multiaddr) -> Option<String> {
    let circuit = |part| matches!(part, Protocol::P2pCircuit | Protocol::P2p(_));
    if address.iter().any(circuit) {
        return None;
    }
    if webtransport::is_webtransport(address) {
        return webtransport::policy_source(address);
    }
    web_socket_transport::policy_source(address)
}

/// The addresses that another relay tells, as far as they can be told on.
#[must_use]
pub fn usable(hello: &Hello) -> Vec<Multiaddr> {
    let addresses = hello.addresses.iter().take(MAX_RELAY_ADDRESSES);
    addresses
        .filter(|text| text.len() <= MAX_RELAY_ADDRESS_BYTES)
        .filter_map(|text| text.parse().ok())
        .filter(|address| policy_source(address).is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_cannot_use_is_not_told_on() {
        let peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
        let good = [
            "/ip4/10.0.0.1/tcp/8080/ws",
            "/dns4/relay.example/tcp/443/tls/ws",
            "/ip4/10.0.0.1/udp/8080/quic-v1/webtransport",
        ];
        let bad = [
            "/ip4/10.0.0.1/tcp/8080".to_owned(),
            "/ip4/10.0.0.1/udp/8080/quic-v1".to_owned(),
            "/dns4/a b/tcp/1/ws".to_owned(),
            "/dns4/a;script-src */tcp/1/ws".to_owned(),
            "/ip4/10.0.0.1/tcp/1/ws/quic-v1".to_owned(),
            format!("/ip4/10.0.0.1/tcp/1/ws/p2p/{peer}/p2p-circuit"),
            "nonsense".to_owned(),
        ];
        let addresses = bad.into_iter().take(4).chain(good.map(str::to_owned)).collect();
        let texts: Vec<_> = usable(&Hello { addresses }).iter().map(ToString::to_string).collect();
        assert_eq!(texts, good);
        let addresses = vec!["nonsense".to_owned(), format!("/ip4/1.1.1.1/tcp/1/ws/p2p/{peer}")];
        assert_eq!(usable(&Hello { addresses }), []);
    }
}
