//! The bootstrap document (protocol.md §13): how a page finds the node behind its own server.
//!
//! The first address is the one the page itself came from, for that is one the browser has just
//! reached. Besides it the page's content security policy lets it connect to those of WebTransport
//! alone; WebRTC-direct is under no policy. The STUN responder is named at the same host, or not at all.
//! The other relays that are there are named with addresses that the policy allows too.

use core::fmt::Display;

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use tokio::sync::watch;

use crate::{
    host::Host,
    mesh::Other,
    webtransport::{Certhashes, is_webtransport, policy_source, with_hashes},
};

/// Where WebTransport is.
#[derive(Clone, Debug)]
pub struct WebTransport {
    /// Without the hashes of certificates.
    pub addresses: Vec<Multiaddr>,
    /// The hashes of now.
    pub hashes: watch::Receiver<Certhashes>,
}

/// What the document says.
#[derive(Debug)]
pub struct Bootstrap {
    /// The relay.
    pub peer: PeerId,
    /// Where it is, whoever asks.
    pub addresses: Vec<Multiaddr>,
    /// The UDP port of the STUN responder.
    pub stun: Option<u16>,
    /// Where it is by WebTransport.
    pub webtransport: Option<WebTransport>,
    /// Where it is by WebRTC-direct, with the hash of its certificate.
    pub webrtc_direct: Vec<Multiaddr>,
    /// Whether the operator told where it is. Other addresses may not be reachable from where a proxy
    /// is.
    pub told: bool,
    /// The other relays that are there.
    pub others: watch::Receiver<Vec<Other>>,
}

impl Bootstrap {
    /// Where a page has to be allowed to connect.
    #[must_use]
    pub fn policy_sources(&self) -> Vec<String> {
        let addresses = self.webtransport.iter().flat_map(|webtransport| &webtransport.addresses);
        addresses.filter_map(policy_source).collect()
    }

    /// The answer to a request with `headers`.
    #[must_use]
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let fields = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (fields, self.document(headers)).into_response()
    }

    fn document(&self, headers: &HeaderMap) -> String {
        let (host, tls) = (host(headers), is_tls(headers));
        let mut addresses: Vec<_> = host.iter().map(|host| multiaddr(host, tls)).collect();
        for address in &self.addresses {
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        let seen = self.told || !tls;
        if let Some(WebTransport { addresses: at, hashes }) = &self.webtransport
            && seen
        {
            // What no policy can allow would be tried in vain.
            let at = at.iter().filter(|address| policy_source(address).is_some());
            let hashes = hashes.borrow();
            addresses.extend(at.map(|address| with_hashes(address, &hashes)));
        }
        if seen {
            addresses.extend(self.webrtc_direct.iter().cloned());
        }
        let stun = host.zip(self.stun).map(|(host, port)| host.stun_url(port));
        format!(
            "{{\"version\":1,\"peer\":\"{}\",\"addresses\":{},\"stun\":{},\"relays\":[{}]}}",
            self.peer,
            list(addresses),
            list(stun),
            self.relays(tls)
        )
    }

    /// A page that came over TLS opens no socket without it.
    fn relays(&self, tls: bool) -> String {
        let secure = |address: &&Multiaddr| {
            let part = |part| matches!(part, Protocol::Tls | Protocol::Wss(_));
            !tls || is_webtransport(address) || address.iter().any(part)
        };
        let others = self.others.borrow();
        let relays = others.iter().filter_map(|Other { peer, addresses }| {
            let addresses: Vec<_> = addresses.iter().filter(secure).collect();
            let named = format!("{{\"peer\":\"{peer}\",\"addresses\":{}}}", list(&addresses));
            (!addresses.is_empty()).then_some(named)
        });
        relays.collect::<Vec<_>>().join(",")
    }
}

/// A list of texts that need no escape: [`Host`] lets none of the letters through that would.
fn list(texts: impl IntoIterator<Item = impl Display>) -> String {
    let quoted: Vec<_> = texts.into_iter().map(|text| format!("\"{text}\"")).collect();
    format!("[{}]", quoted.join(","))
}

/// Where the page came from.
fn host(headers: &HeaderMap) -> Option<Host> {
    Host::parse(headers.get(header::HOST)?.to_str().ok()?)
}

/// A proxy that ends TLS says so in `X-Forwarded-Proto`; someone who forges it gets a wrong document
/// for himself.
fn is_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

fn multiaddr(host: &Host, tls: bool) -> Multiaddr {
    if tls { host.tls_multiaddr() } else { host.multiaddr(80) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webtransport::Multihash;

    const DIRECT: &str = "/ip4/10.0.0.1/udp/2/webrtc-direct";

    fn bootstrap() -> Bootstrap {
        Bootstrap {
            peer: PeerId::from_bytes(&[0, 1, 7]).unwrap(),
            addresses: vec!["/ip4/10.0.0.1/tcp/8080/ws".parse().unwrap()],
            stun: None,
            webtransport: None,
            webrtc_direct: vec![],
            told: false,
            others: watch::Sender::default().subscribe(),
        }
    }

    fn document(host: &'static str, proto: &'static str) -> String {
        addresses(&bootstrap(), host, proto)
    }

    fn addresses(bootstrap: &Bootstrap, host: &'static str, proto: &'static str) -> String {
        let document = document_of(bootstrap, host, proto);
        document.split_once(",\"stun\":").unwrap().0.to_owned()
    }

    fn stun(stun: Option<u16>, host: &'static str) -> String {
        let document = document_of(&Bootstrap { stun, ..bootstrap() }, host, "http");
        let (_, rest) = document.split_once("\"stun\":").unwrap();
        rest.split_once(",\"relays\":").unwrap().0.to_owned()
    }

    fn document_of(bootstrap: &Bootstrap, host: &'static str, proto: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
        let document = bootstrap.document(&headers);
        document.split_once("\"addresses\":").unwrap().1.to_owned()
    }

    #[test]
    fn the_address_of_the_page_comes_first_and_none_twice() {
        assert_eq!(
            document("localhost:8080", "http"),
            "[\"/dns4/localhost/tcp/8080/ws\",\"/ip4/10.0.0.1/tcp/8080/ws\"]"
        );
        assert_eq!(document("10.0.0.1:8080", "http"), "[\"/ip4/10.0.0.1/tcp/8080/ws\"]");
        assert_eq!(
            document("relay.example", "https"),
            "[\"/dns4/relay.example/tcp/443/tls/ws\",\"/ip4/10.0.0.1/tcp/8080/ws\"]"
        );
    }

    fn webtransport() -> (watch::Sender<Certhashes>, WebTransport) {
        let hash = |byte| Multihash::wrap(0x12, &[byte; 32]).unwrap();
        let announced = watch::Sender::new([hash(1), hash(2)]);
        let texts =
            ["/ip4/10.0.0.1/udp/1/quic-v1/webtransport", "/ip6/::1/udp/1/quic-v1/webtransport"];
        let addresses = texts.map(|text| text.parse().unwrap()).to_vec();
        let hashes = announced.subscribe();
        (announced, WebTransport { addresses, hashes })
    }

    #[test]
    fn webtransport_has_the_hashes_of_now_and_webrtc_direct_comes_last() {
        let (announced, at) = webtransport();
        let [current, next] = *announced.borrow();
        announced.send_replace([next, current]);
        let webrtc_direct = vec![DIRECT.parse().unwrap()];
        let all = Bootstrap { webtransport: Some(at), webrtc_direct, ..bootstrap() };
        assert_eq!(all.policy_sources(), ["https://10.0.0.1:1"]);
        let expected = with_hashes(
            &"/ip4/10.0.0.1/udp/1/quic-v1/webtransport".parse().unwrap(),
            &[next, current],
        );
        let expected = format!(",\"{expected}\",\"{DIRECT}\"]");
        let document = addresses(&all, "localhost:8080", "http");
        assert!(document.ends_with(&expected), "{document}");
    }

    #[test]
    fn behind_a_proxy_a_udp_port_is_where_the_operator_says() {
        for told in [true, false] {
            let webtransport = Some(webtransport().1);
            let webrtc_direct = vec![DIRECT.parse().unwrap()];
            let all = Bootstrap { webtransport, webrtc_direct, told, ..bootstrap() };
            let document = addresses(&all, "relay.example", "https");
            assert_eq!(document.contains("webtransport"), told);
            assert_eq!(document.contains("webrtc-direct"), told);
        }
    }

    #[test]
    fn the_other_relays_are_named_where_the_page_may_go() {
        let peer = PeerId::from_bytes(&[0, 1, 8]).unwrap();
        let plain: Multiaddr = "/ip4/10.0.0.2/tcp/8080/ws".parse().unwrap();
        let secure: Multiaddr = "/dns4/other.example/tcp/443/tls/ws".parse().unwrap();
        let others = watch::Sender::new(vec![Other { peer, addresses: vec![plain, secure] }]);
        let bootstrap = Bootstrap { others: others.subscribe(), ..bootstrap() };
        let named = |tls| bootstrap.relays(tls);
        let secure = "\"/dns4/other.example/tcp/443/tls/ws\"";
        let head = format!("{{\"peer\":\"{peer}\",\"addresses\":[");
        assert_eq!(named(true), format!("{head}{secure}]}}"));
        assert_eq!(named(false), format!("{head}\"/ip4/10.0.0.2/tcp/8080/ws\",{secure}]}}"));
        others.send_replace(vec![]);
        assert_eq!(named(false), "");
    }

    #[test]
    fn a_forged_host_is_left_out() {
        assert_eq!(document("a\",\"b", "http"), "[\"/ip4/10.0.0.1/tcp/8080/ws\"]");
    }

    #[test]
    fn the_stun_responder_is_at_the_host_of_the_page() {
        assert_eq!(stun(Some(3_478), "relay.example:8443"), "[\"stun:relay.example:3478\"]");
        assert_eq!(stun(Some(1), "10.0.0.1"), "[\"stun:10.0.0.1:1\"]");
        assert_eq!(stun(Some(1), "[::1]:8080"), "[\"stun:[::1]:1\"]");
        assert_eq!(stun(Some(1), "a\",\"b"), "[]");
        assert_eq!(stun(None, "relay.example"), "[]");
    }
}
