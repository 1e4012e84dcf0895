//! The bootstrap document (protocol.md §13): how a page finds the node behind its own server.
//!
//! The first address is the one the page itself came from, for that is one the browser has just
//! reached, and the only one its content security policy lets it connect to.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use libp2p::{Multiaddr, PeerId};

use crate::host::Host;

/// What the document says.
#[derive(Debug)]
pub struct Bootstrap {
    /// The relay.
    pub peer: PeerId,
    /// Where it is, whoever asks.
    pub addresses: Vec<Multiaddr>,
}

impl Bootstrap {
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
        let mut addresses: Vec<_> = asked_at(headers).into_iter().collect();
        for address in &self.addresses {
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        let quoted: Vec<_> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
        format!("{{\"version\":1,\"peer\":\"{}\",\"addresses\":[{}]}}", self.peer, quoted.join(","))
    }
}

/// Where the page came from. A proxy that ends TLS says so in `X-Forwarded-Proto`; someone who
/// forges it gets a wrong document for himself.
fn asked_at(headers: &HeaderMap) -> Option<Multiaddr> {
    let host = Host::parse(headers.get(header::HOST)?.to_str().ok()?)?;
    let tls = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    Some(if tls { host.tls_multiaddr() } else { host.multiaddr(80) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(host: &'static str, proto: &'static str) -> String {
        let addresses = vec!["/ip4/10.0.0.1/tcp/8080/ws".parse().unwrap()];
        let peer = PeerId::from_bytes(&[0, 1, 7]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
        let document = Bootstrap { peer, addresses }.document(&headers);
        document.split_once("\"addresses\":").unwrap().1.to_owned()
    }

    #[test]
    fn the_address_of_the_page_comes_first_and_none_twice() {
        assert_eq!(
            document("localhost:8080", "http"),
            "[\"/dns4/localhost/tcp/8080/ws\",\"/ip4/10.0.0.1/tcp/8080/ws\"]}"
        );
        assert_eq!(document("10.0.0.1:8080", "http"), "[\"/ip4/10.0.0.1/tcp/8080/ws\"]}");
        assert_eq!(
            document("relay.example", "https"),
            "[\"/dns4/relay.example/tcp/443/tls/ws\",\"/ip4/10.0.0.1/tcp/8080/ws\"]}"
        );
    }

    #[test]
    fn a_forged_host_is_left_out() {
        assert_eq!(document("a\",\"b", "http"), "[\"/ip4/10.0.0.1/tcp/8080/ws\"]}");
    }
}
