//! From a request to a WebSocket (RFC 6455 §4.2).

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use ring::digest;

/// What every answer is made with (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The answer that makes a WebSocket of a connection, or `None` when the request is no good.
#[must_use]
pub fn answer(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let upgrades = names(headers, &header::CONNECTION, "upgrade")
        && names(headers, &header::UPGRADE, "websocket");
    let version = headers.get(header::SEC_WEBSOCKET_VERSION)?;
    if method != Method::GET || !upgrades || version != "13" {
        return None;
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let fields = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept(key.as_bytes())?),
    ];
    Some((StatusCode::SWITCHING_PROTOCOLS, fields, Body::empty()).into_response())
}

/// Shows that the key was read; it hides nothing, so SHA-1 does.
fn accept(key: &[u8]) -> Option<HeaderValue> {
    let mut hash = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(key);
    hash.update(GUID);
    HeaderValue::from_str(&BASE64.encode(hash.finish().as_ref())).ok()
}

/// Whether `name` is among what a header lists.
fn names(headers: &HeaderMap, header: &HeaderName, name: &str) -> bool {
    let values = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(changed: Option<(HeaderName, &'static str)>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::CONNECTION, "keep-alive, Upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_VERSION, "13"),
            (header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Some((name, value)) = changed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_answer_is_that_of_the_specification() {
        let answer = answer(&Method::GET, &request(None)).unwrap();
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(
            answer.headers().get(header::SEC_WEBSOCKET_ACCEPT).unwrap(),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn another_method_or_version_or_protocol_is_no_upgrade() {
        for changed in [
            (header::CONNECTION, "keep-alive"),
            (header::UPGRADE, "h2c"),
            (header::SEC_WEBSOCKET_VERSION, "12"),
        ] {
            assert!(answer(&Method::GET, &request(Some(changed.clone()))).is_none(), "{changed:?}");
        }
        assert!(answer(&Method::POST, &request(None)).is_none());
        let mut without_key = request(None);
        without_key.remove(header::SEC_WEBSOCKET_KEY);
        assert!(answer(&Method::GET, &without_key).is_none());
    }
}
