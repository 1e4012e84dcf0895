//! The STUN responders that a bootstrap document names (protocol.md §13), checked before the browser
//! is told of them.
//!
//! Invariant: a browser asks nobody but the host that its page came from, which knows its IP address
//! already. Other schemes (TURN) and other hosts are left out.

/// Responders that are asked.
///
/// Lower: a relay with one for each family of addresses may have one left out. Higher: a browser takes
/// longer to find its candidates, and warns of more than four.
const MAX_SERVERS: usize = 2;

/// Entries of the list that are looked at.
const MAX_ENTRIES: usize = 8;

/// The usable ones of `urls` for a page that came from `host`, as `location.hostname` gives it.
pub(super) fn usable<'a>(host: &str, urls: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let at_host = |url: &&str| is_at(url, host);
    urls.into_iter()
        .take(MAX_ENTRIES)
        .filter(at_host)
        .take(MAX_SERVERS)
        .map(str::to_owned)
        .collect()
}

/// Whether it is `stun:` of this host with a port, and nothing else (RFC 7064).
fn is_at(url: &str, host: &str) -> bool {
    let Some((named, port)) = url.strip_prefix("stun:").and_then(|rest| rest.rsplit_once(':'))
    else {
        return false;
    };
    // Digits alone: `parse` would take a sign.
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port != 0);
    !host.is_empty() && named.eq_ignore_ascii_case(host) && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responders_at_the_host_of_the_page_are_used() {
        for (host, url) in [
            ("relay.example", "stun:relay.example:8081"),
            ("192.0.2.1", "stun:192.0.2.1:3478"),
            ("[2001:db8::1]", "stun:[2001:db8::1]:3478"),
        ] {
            assert_eq!(usable(host, [url]), [url]);
        }
    }

    #[test]
    fn a_page_asks_nobody_else_and_nothing_else() {
        let urls = [
            "stun:other.example:3478",
            "stun:relay.example.other:3478",
            "stun:a.relay.example:3478",
            "turn:relay.example:3478",
            "stuns:relay.example:3478",
            "stun:relay.example",
            "stun:relay.example:",
            "stun:relay.example:0",
            "stun:relay.example:+1",
            "stun:relay.example:65536",
            "stun:relay.example:1?transport=tcp",
            "stun://relay.example:1",
            "",
        ];
        for url in urls {
            assert!(usable("relay.example", [url]).is_empty(), "{url}");
        }
        assert!(usable("", ["stun::1"]).is_empty());
    }

    #[test]
    fn the_number_of_responders_is_bounded() {
        let (good, bad) = ("stun:a:1", "stun:b:1");
        assert_eq!(usable("a", [good; MAX_SERVERS + 1]).len(), MAX_SERVERS);
        assert!(usable("a", [[bad; MAX_ENTRIES].as_slice(), &[good]].concat()).is_empty());
    }
}
