//! What a browser tells itself in the name of a relay (libp2p specification webrtc/webrtc-direct.md,
//! "Browser to public Server v2"): there is no signaling, so the answer to its offer is made here.
//!
//! The relay learns the browser's password from the name under which it is called. That is version 2;
//! version 1 changes the browser's own description, which browsers begin to refuse. Pure.

use libp2p::{Multiaddr, multiaddr::Protocol, multihash::Multihash};

/// What the name of the relay begins with.
const VERSION: &str = "libp2p+webrtc+v2/";

/// Shortest password, and longest name (RFC 8839 §5.4).
const MIN_PASSWORD_BYTES: usize = 22;
const MAX_NAME_BYTES: usize = 256;

/// SHA-256 in a multihash.
const SHA2_256: u64 = 0x12;

/// What noise is bound to, in front of the hashes of both certificates.
const PROLOGUE: &[u8] = b"libp2p-webrtc-noise:";

/// The hash of a certificate.
type Digest = [u8; 32];

/// Where a relay is, and the hash of its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// An address, or a name: browsers look it up.
    host: String,
    /// As SDP has it.
    family: &'static str,
    port: u16,
    certificate: Digest,
}

impl Endpoint {
    /// Of `/<host>/udp/<port>/webrtc-direct/certhash/<hash>`, with or without `/p2p`.
    pub(super) fn read(address: &Multiaddr) -> Option<Self> {
        let mut parts = address.iter();
        let (host, family) = match parts.next()? {
            Protocol::Ip4(ip) => (ip.to_string(), "IP4"),
            Protocol::Ip6(ip) => (ip.to_string(), "IP6"),
            Protocol::Dns(name) | Protocol::Dns4(name) => (name.into_owned(), "IP4"),
            Protocol::Dns6(name) => (name.into_owned(), "IP6"),
            _ => return None,
        };
        let Protocol::Udp(port) = parts.next()? else { return None };
        let (Protocol::WebRTCDirect, Protocol::Certhash(hash)) = (parts.next()?, parts.next()?)
        else {
            return None;
        };
        let known = matches!((parts.next(), parts.next()), (None | Some(Protocol::P2p(_)), None));
        let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-".contains(&byte));
        if !known || !plain || hash.code() != SHA2_256 {
            return None;
        }
        Some(Self { host, family, port, certificate: hash.digest().try_into().ok()? })
    }

    /// The answer of the relay to `offer`.
    pub(super) fn answer(&self, offer: &Offer<'_>) -> String {
        let Self { host, family, port, certificate } = self;
        let name = format!("{VERSION}{}", offer.password);
        let fingerprint: Vec<_> = certificate.iter().map(|byte| format!("{byte:02X}")).collect();
        // A name stands in the candidate alone: what is here is an address.
        let here = if host.parse::<core::net::IpAddr>().is_ok() { host } else { "0.0.0.0" };
        [
            "v=0".to_owned(),
            format!("o=- 0 0 IN {family} {here}"),
            "s=-".to_owned(),
            "t=0 0".to_owned(),
            "a=ice-lite".to_owned(),
            format!("m=application {port} UDP/DTLS/SCTP webrtc-datachannel"),
            format!("c=IN {family} {here}"),
            "a=mid:0".to_owned(),
            format!("a=ice-ufrag:{name}"),
            format!("a=ice-pwd:{name}"),
            format!("a=fingerprint:sha-256 {}", fingerprint.join(":")),
            "a=setup:passive".to_owned(),
            "a=sctp-port:5000".to_owned(),
            "a=max-message-size:16384".to_owned(),
            format!("a=candidate:1 1 UDP 1 {host} {port} typ host"),
            "a=end-of-candidates".to_owned(),
            String::new(),
        ]
        .join("\r\n")
    }

    /// What noise is bound to.
    pub(super) fn prologue(&self, offer: &Offer<'_>) -> Vec<u8> {
        let hashes = [offer.certificate, self.certificate].map(|digest| {
            let hash = Multihash::<64>::wrap(SHA2_256, &digest);
            hash.map(|hash| hash.to_bytes()).unwrap_or_default()
        });
        [PROLOGUE, &hashes.concat()].concat()
    }
}

/// What matters of the browser's offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer<'a> {
    password: &'a str,
    certificate: Digest,
}

impl<'a> Offer<'a> {
    /// `None` when it lacks what matters, or the password is none.
    pub(super) fn read(sdp: &'a str) -> Option<Self> {
        let value = |field| sdp.lines().find_map(|line| line.trim_end().strip_prefix(field));
        let password = value("a=ice-pwd:")?;
        let longest = MAX_NAME_BYTES - VERSION.len();
        let is_password = (MIN_PASSWORD_BYTES..=longest).contains(&password.len())
            && password
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
        let certificate = value("a=fingerprint:sha-256 ").and_then(digest)?;
        is_password.then_some(Self { password, certificate })
    }
}

/// `AB:CD:…`
fn digest(text: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    let mut parts = text.split(':');
    for byte in &mut digest {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "Tn7bQUVYYqrC2PhS4PeGk/+x";

    fn address(host: &str) -> Multiaddr {
        let hash = Multihash::wrap(SHA2_256, &[0xAB; 32]).unwrap();
        let endpoint: Multiaddr = format!("{host}/udp/8082/webrtc-direct").parse().unwrap();
        endpoint.with(Protocol::Certhash(hash))
    }

    fn offer(password: &str, fingerprint: &str) -> String {
        format!(
            "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:{password}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\n"
        )
    }

    fn fingerprint(byte: &str) -> String {
        vec![byte; 32].join(":")
    }

    #[test]
    fn the_answer_has_the_address_the_hash_and_the_password_of_the_browser() {
        let endpoint = Endpoint::read(&address("/ip4/192.0.2.1")).unwrap();
        let offer = offer(PASSWORD, &fingerprint("0f"));
        let answer = endpoint.answer(&Offer::read(&offer).unwrap());
        for line in [
            "a=ice-lite",
            "c=IN IP4 192.0.2.1",
            "m=application 8082 UDP/DTLS/SCTP webrtc-datachannel",
            "a=candidate:1 1 UDP 1 192.0.2.1 8082 typ host",
            "a=ice-ufrag:libp2p+webrtc+v2/Tn7bQUVYYqrC2PhS4PeGk/+x",
            "a=ice-pwd:libp2p+webrtc+v2/Tn7bQUVYYqrC2PhS4PeGk/+x",
            &format!("a=fingerprint:sha-256 {}", fingerprint("AB")),
        ] {
            assert!(answer.contains(&format!("\r\n{line}\r\n")), "{line}\n{answer}");
        }
        assert!(answer.ends_with("\r\n") && !answer.contains("\r\n\r\n"));
    }

    #[test]
    fn a_name_is_a_candidate_and_ipv6_is_another_family() {
        let offer = offer(PASSWORD, &fingerprint("00"));
        let answer = |host| {
            let endpoint = Endpoint::read(&address(host)).unwrap();
            endpoint.answer(&Offer::read(&offer).unwrap())
        };
        let named = answer("/dns4/relay.example");
        assert!(named.contains("c=IN IP4 0.0.0.0\r\n") && named.contains(" relay.example 8082 "));
        let six = answer("/ip6/2001:db8::1");
        assert!(six.contains("c=IN IP6 2001:db8::1\r\n") && six.contains(" 2001:db8::1 8082 "));
    }

    /// The vector of the specification ("Noise prologue").
    #[test]
    fn noise_is_bound_to_both_certificates() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let client = hex("3e79af40d6059617a0d83b83a52ce73b0c1f37a72c6043ad2969e2351bdca870");
        let server = hex("30fc9f469c207419dfdd0aab5f27a86c973c94e40548db9375cca2e915973b99");
        let endpoint = Endpoint {
            certificate: server.try_into().unwrap(),
            ..Endpoint::read(&address("/ip4/192.0.2.1")).unwrap()
        };
        let offer = Offer { password: PASSWORD, certificate: client.try_into().unwrap() };
        let expected = "6c69627032702d7765627274632d6e6f6973653a12203e79af40d6059617a0d83b83a52ce\
                        73b0c1f37a72c6043ad2969e2351bdca870122030fc9f469c207419dfdd0aab5f27a86c97\
                        3c94e40548db9375cca2e915973b99";
        assert_eq!(endpoint.prologue(&offer), hex(expected));
    }

    #[test]
    fn what_could_break_out_of_an_sdp_or_is_no_such_address_is_refused() {
        let good = address("/ip4/192.0.2.1");
        let hash = good.iter().last().unwrap();
        for bad in [
            "/ip4/192.0.2.1/udp/1/webrtc-direct",
            "/ip4/192.0.2.1/tcp/1/ws",
            "/ip4/192.0.2.1/udp/1/quic-v1/webtransport",
        ] {
            assert_eq!(Endpoint::read(&bad.parse().unwrap()), None, "{bad}");
        }
        let named = Multiaddr::empty().with(Protocol::Dns4("a\r\na=b".into()));
        let named = named.with(Protocol::Udp(1)).with(Protocol::WebRTCDirect).with(hash.clone());
        assert_eq!(Endpoint::read(&named), None);
        assert_eq!(Endpoint::read(&good.clone().with(hash)), None, "two hashes");
        assert_eq!(Endpoint::read(&good.with(Protocol::P2pCircuit)), None);
        for password in ["short", &"a".repeat(240), "Tn7bQUVYYqrC2PhS4PeGk:x"] {
            assert_eq!(Offer::read(&offer(password, &fingerprint("00"))), None, "{password}");
        }
        for print in ["", "00:11", &fingerprint("0"), &format!("{}:00", fingerprint("00"))] {
            assert_eq!(Offer::read(&offer(PASSWORD, print)), None, "{print}");
        }
    }
}
