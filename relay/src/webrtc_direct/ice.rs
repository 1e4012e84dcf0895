//! The connectivity checks of a browser, as a lite agent answers them (RFC 8445 §2.5, §7.3). Pure.
//!
//! There is no signaling: the browser makes up the relay's answer by itself, and puts into the name
//! under which it calls all that the relay has to know (libp2p specification
//! webrtc/webrtc-direct.md, "Browser to public Server"). So every check says its own password, and
//! nothing is kept between two of them. A lite agent asks nothing; this one may, to see that a newcomer is
//! where it says.
//!
//! | version | name of the relay, and its password | name of the browser |
//! | --- | --- | --- |
//! | 1 | `libp2p+webrtc+v1/…` | the same |
//! | 2 | `libp2p+webrtc+v2/` and the password of the browser | any |
//!
//! Invariant: only a well-formed and rightly signed request has an answer, and no answer has one.
//! That it is rightly signed says nothing of who sent it; it shows that it arrived as it was sent.

use std::net::SocketAddr;

use ring::hmac;

use crate::stun::message::{
    self as stun, BINDING_REQUEST, BINDING_SUCCESS, COOKIE, FINGERPRINT, HEADER_BYTES,
    MAX_REQUEST_BYTES, OPTIONAL_FROM, Response, TRANSACTION_BYTES, XOR_MAPPED_ADDRESS,
};

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const ICE_CONTROLLED: u16 = 0x8029;

/// The relay's question proposes no path (RFC 8445 §5.1.2.1).
const LOWEST_PRIORITY: [u8; 4] = 1_u32.to_be_bytes();

/// MESSAGE-INTEGRITY with its type and length (RFC 8489 §14.5).
const INTEGRITY_BYTES: usize = 24;

const VERSION_1: &str = "libp2p+webrtc+v1/";
const VERSION_2: &str = "libp2p+webrtc+v2/";

/// Shortest and longest name, and shortest password (RFC 8839 §5.4).
const MIN_NAME_BYTES: usize = 4;
const MAX_NAME_BYTES: usize = 256;
const MIN_PASSWORD_BYTES: usize = 22;

/// A check that is well-formed and rightly signed.
#[derive(Debug)]
pub struct Check<'a> {
    transaction: &'a [u8; TRANSACTION_BYTES],
    names: Names<'a>,
}

impl<'a> Check<'a> {
    /// `None` for anything else.
    #[must_use]
    pub fn read(datagram: &'a [u8]) -> Option<Self> {
        if datagram.len() > MAX_REQUEST_BYTES {
            return None;
        }
        let (kind, transaction, attributes) = header(datagram)?;
        let names = verified(datagram, attributes).filter(|_| kind == BINDING_REQUEST)?;
        Some(Self { transaction, names })
    }

    /// The answer, for a check that came from `from`.
    #[must_use]
    pub fn answer(&self, from: SocketAddr) -> Vec<u8> {
        let mut response = Response::new(BINDING_SUCCESS, self.transaction);
        response.put(XOR_MAPPED_ADDRESS, &stun::xor_mapped(from, self.transaction));
        signed(response, self.names.relay)
    }

    /// A check of the relay's own, for whoever sent this one: only who is where he says can answer it.
    #[must_use]
    pub fn question(&self, transaction: &[u8; TRANSACTION_BYTES]) -> Vec<u8> {
        let Names { relay, browser, password } = self.names;
        let mut request = Response::new(BINDING_REQUEST, transaction);
        request.put(USERNAME, format!("{browser}:{relay}").as_bytes());
        request.put(PRIORITY, &LOWEST_PRIORITY);
        request.put(ICE_CONTROLLED, transaction.first_chunk::<8>().unwrap_or(&[0; 8]));
        signed(request, password)
    }
}

/// The transaction of an answer to a question.
#[must_use]
pub fn answered(datagram: &[u8]) -> Option<&[u8; TRANSACTION_BYTES]> {
    let (kind, transaction, _) = header(datagram)?;
    (kind == BINDING_SUCCESS).then_some(transaction)
}

/// The type, the transaction and the attributes of a STUN message.
fn header(datagram: &[u8]) -> Option<(u16, &[u8; TRANSACTION_BYTES], &[u8])> {
    let (header, attributes) = datagram.split_first_chunk::<HEADER_BYTES>()?;
    let (kind, rest) = header.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (cookie, transaction) = rest.split_first_chunk()?;
    let whole = usize::from(u16::from_be_bytes(*length)) == attributes.len();
    let right = whole && *cookie == COOKIE;
    let kind = u16::from_be_bytes(*kind);
    Some((kind, transaction.first_chunk()?, attributes)).filter(|_| right)
}

/// With a signature and a fingerprint.
fn signed(mut message: Response, password: &str) -> Vec<u8> {
    message.set_length(message.0.len() - HEADER_BYTES + INTEGRITY_BYTES);
    let signature = hmac::sign(&key(password), &message.0);
    message.put(MESSAGE_INTEGRITY, signature.as_ref());
    message.put_fingerprint();
    message.0
}

fn key(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

/// What a check calls both sides, if it is signed with the relay's password.
fn verified<'a>(datagram: &[u8], mut rest: &'a [u8]) -> Option<Names<'a>> {
    let (mut names, mut verified) = (None, false);
    loop {
        let before = datagram.get(..datagram.len().checked_sub(rest.len())?)?;
        let (kind, value, behind) = stun::attribute(rest)?;
        match kind {
            FINGERPRINT => {
                let right = value == stun::fingerprint(before).to_be_bytes();
                return names.filter(|_| verified && right && behind.is_empty());
            }
            // What follows the signature is not looked at.
            _ if verified => {}
            USERNAME => names = Some(Names::read(core::str::from_utf8(value).ok()?)?),
            MESSAGE_INTEGRITY => {
                // Over all before it, with the length that the message has with it.
                let mut signed = Response(before.to_vec());
                signed.set_length(before.len() - HEADER_BYTES + INTEGRITY_BYTES);
                hmac::verify(&key(names?.relay), &signed.0, value).ok()?;
                verified = true;
            }
            PRIORITY | USE_CANDIDATE => {}
            _ if kind >= OPTIONAL_FROM => {}
            _ => return None,
        }
        rest = behind;
    }
}

/// What both sides are called in a check.
#[derive(Clone, Copy, Debug)]
struct Names<'a> {
    /// Also its password.
    relay: &'a str,
    browser: &'a str,
    /// Of the browser.
    password: &'a str,
}

impl<'a> Names<'a> {
    /// From `<of the relay>:<of the browser>`, if it is of a version that is known.
    fn read(name: &'a str) -> Option<Self> {
        let (relay, browser) = name.split_once(':')?;
        let password = match relay.strip_prefix(VERSION_2) {
            Some(password) => password,
            None => relay.strip_prefix(VERSION_1).filter(|_| relay == browser).map(|_| relay)?,
        };
        let whole = password.len() >= MIN_PASSWORD_BYTES && is_name(relay) && is_name(browser);
        whole.then_some(Self { relay, browser, password })
    }
}

/// 4 to 256 `ice-char`s (RFC 8839 §5.4).
fn is_name(text: &str) -> bool {
    (MIN_NAME_BYTES..=MAX_NAME_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

#[cfg(test)]
mod tests;
