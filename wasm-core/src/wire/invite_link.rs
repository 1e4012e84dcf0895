//! The link that one person hands to another (protocol.md §11).

use alloc::string::String;

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::{
    Fingerprint,
    codec::{DecodeError, Reader, Writer},
};
use crate::crypto::secret::Secret;

const VERSION: u8 = 1;
const ONE_TIME: u8 = 0;
const LONG_TERM: u8 = 1;
const LINK_BYTES: usize = 1 + 1 + 32 + 32 + 4;
const FRAGMENT_CHARS: usize = 94;

/// What stands behind the `#` of an invite.
///
/// # Layout
///
/// | offset | bytes | field |
/// | ---: | ---: | --- |
/// | 0 | 1 | version, 1 |
/// | 1 | 1 | kind, 0: one-time, 1: long-term |
/// | 2 | 32 | `fingerprint` |
/// | 34 | 32 | `secret` |
/// | 66 | 4 | when it expires, minutes since the Unix epoch; 0 when long-term |
///
/// 70 bytes, 94 characters of base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteLink {
    /// Of the inviter.
    pub fingerprint: Fingerprint,
    /// Gives the addresses of the record and of the mailbox.
    pub secret: Secret<32>,
    /// How often and how long it can be used.
    pub kind: InviteKind,
}

/// How often and how long an invite can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteKind {
    /// By one guest.
    OneTime {
        /// Minutes since the Unix epoch.
        expires_minutes: u32,
    },
    /// By any number of guests, until its record says that it was withdrawn.
    LongTerm,
}

/// Why a text is no invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It has not the length or the characters of one: it is something else, or was cut off.
    #[error("not an invite")]
    NotAnInvite,
    /// A newer version or kind; a newer app may understand it.
    #[error("unknown version or kind")]
    Unknown,
}

impl InviteLink {
    /// The fragment, without the `#`.
    #[must_use]
    pub fn to_fragment(&self) -> String {
        let (kind, expires_minutes) = match self.kind {
            InviteKind::OneTime { expires_minutes } => (ONE_TIME, expires_minutes),
            InviteKind::LongTerm => (LONG_TERM, 0),
        };
        let bytes = Zeroizing::new(
            Writer::with_capacity(LINK_BYTES)
                .u8(VERSION)
                .u8(kind)
                .bytes(&self.fingerprint.0)
                .bytes(self.secret.expose())
                .u32(expires_minutes)
                .finish(),
        );
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a whole link, a fragment with its `#`, or what stands behind it; white space around
    /// it is ignored. The host is not looked at: any relay's app can open any invite.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        let fragment = text.rsplit_once('#').map_or(text, |(_, fragment)| fragment);
        if fragment.len() != FRAGMENT_CHARS {
            return Err(LinkError::NotAnInvite);
        }
        let bytes =
            BASE64URL_NOPAD.decode(fragment.as_bytes()).map_err(|_| LinkError::NotAnInvite)?;
        Reader::whole(&Zeroizing::new(bytes), |reader| {
            reader.version(VERSION)?;
            let kind = reader.u8()?;
            let fingerprint = Fingerprint(reader.array()?);
            let secret = Secret::new(reader.array()?);
            let kind = match (kind, reader.u32()?) {
                (ONE_TIME, expires_minutes) => InviteKind::OneTime { expires_minutes },
                (LONG_TERM, 0) => InviteKind::LongTerm,
                (LONG_TERM, _) => return Err(DecodeError::Value),
                (newer, _) => return Err(DecodeError::Version(newer)),
            };
            Ok(Self { fingerprint, secret, kind })
        })
        .map_err(|error| match error {
            DecodeError::Version(_) => LinkError::Unknown,
            _ => LinkError::NotAnInvite,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link() -> InviteLink {
        InviteLink {
            fingerprint: Fingerprint([0xF1; 32]),
            secret: Secret::new([0x5E; 32]),
            kind: InviteKind::OneTime { expires_minutes: 29_000_000 },
        }
    }

    #[test]
    fn a_long_term_link_names_no_end() {
        let link = InviteLink { kind: InviteKind::LongTerm, ..link() };
        let fragment = link.to_fragment();
        assert_eq!(InviteLink::parse(&fragment), Ok(link));
        let mut bytes = BASE64URL_NOPAD.decode(fragment.as_bytes()).unwrap();
        bytes[69] = 1;
        let ends = BASE64URL_NOPAD.encode(&bytes);
        assert_eq!(InviteLink::parse(&ends), Err(LinkError::NotAnInvite));
    }

    #[test]
    fn a_link_is_read_in_every_form_that_people_paste() {
        let fragment = link().to_fragment();
        assert_eq!(fragment.len(), FRAGMENT_CHARS);
        for text in [
            fragment.clone(),
            format!("#{fragment}"),
            format!("https://volly.example/#{fragment}"),
            format!(" \n https://volly.example/app?a=b#{fragment}\r\n"),
        ] {
            assert_eq!(InviteLink::parse(&text), Ok(link()), "{text}");
        }
    }

    #[test]
    fn a_link_that_was_cut_or_is_another_link_is_none() {
        let fragment = link().to_fragment();
        for text in ["", "#", "https://volly.example/", &fragment[1..], &format!("{fragment}A")] {
            assert_eq!(InviteLink::parse(text), Err(LinkError::NotAnInvite), "{text}");
        }
    }

    #[test]
    fn a_newer_version_or_kind_is_named_as_such() {
        for (index, byte) in [(0, 2), (1, 2)] {
            let mut bytes = BASE64URL_NOPAD.decode(link().to_fragment().as_bytes()).unwrap();
            bytes[index] = byte;
            let fragment = BASE64URL_NOPAD.encode(&bytes);
            assert_eq!(InviteLink::parse(&fragment), Err(LinkError::Unknown));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_is_the_only_encoding(text in "[ #A-Za-z0-9_-]{90,98}|.*") {
            if let Ok(link) = InviteLink::parse(&text) {
                prop_assert!(text.trim().ends_with(&link.to_fragment()));
            }
        }
    }
}
