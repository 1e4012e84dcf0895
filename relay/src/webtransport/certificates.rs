//! The certificates of the listener: which one is shown, which are announced, and when the next one
//! takes over.
//!
//! ```text
//!  shown      ├──────── current ────────┤
//!  valid    ├─┴───────────────────────┬─┤
//!                                   ├─┴─ next ──────────────────┬─┤
//!           └ SKEW                  └ SKEW on either side of the change
//! ```
//!
//! Browsers take a certificate by its hash when it is of P-256 and valid for 14 days at most
//! (W3C WebTransport, §"verify a certificate hash").
//!
//! Invariant: the certificate that is shown is valid, also for a client whose clock is off by
//! [`SKEW`]. Reads no clock and no file.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use wtransport::{
    Identity,
    tls::{
        WEBTRANSPORT_ALPN,
        rustls::{
            self,
            crypto::ring,
            pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
            version::TLS13,
        },
        self_signed::time::OffsetDateTime,
    },
};

use super::{Certhashes, Multihash};

/// Seconds for which a certificate is valid: 13 days.
///
/// Lower: a client that was away for longer than this twice finds no certificate that it knows.
/// Higher: browsers refuse more than 14 days, and count the skew.
pub const VALIDITY: u64 = 13 * 24 * 3_600;

/// Seconds by which the clock of a client may be off.
///
/// Lower: a client whose clock is wrong is refused. Higher: taken twice from [`VALIDITY`].
pub const SKEW: u64 = 3_600;

/// 9999-12-31 23:59:59 in seconds since the Unix epoch: no well-defined end (RFC 5280 §4.1.2.5).
const END_OF_TIME: u64 = 253_402_300_799;

/// SHA-256 in a multihash.
const SHA2_256: u64 = 0x12;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The time is none that a certificate can say.
    #[error("the clock stands at a time for which there is no certificate")]
    Time,
    /// It could not be made.
    #[error("a certificate could not be made: {0}")]
    Made(#[from] wtransport::tls::error::InvalidSan),
    /// Certificate and key do not fit together.
    #[error("a certificate cannot be used: {0}")]
    Used(#[from] rustls::Error),
}

/// A certificate with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// From when on it is valid, in seconds since the Unix epoch.
    pub not_before: u64,
    /// Until when.
    pub not_after: u64,
    /// X.509 in DER.
    pub der: Vec<u8>,
    /// PKCS #8 in DER.
    pub key: Vec<u8>,
}

impl core::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { not_before, not_after, .. } = self;
        f.debug_struct("Certificate")
            .field("not_before", not_before)
            .field("not_after", not_after)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    fn generate(not_before: u64) -> Result<Self, CertificateError> {
        Self::between(not_before, not_before.saturating_add(VALIDITY))
    }

    /// One that is valid at any time (RFC 5280 §4.1.2.5).
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn lasting() -> Result<Self, CertificateError> {
        Self::between(0, END_OF_TIME)
    }

    fn between(not_before: u64, not_after: u64) -> Result<Self, CertificateError> {
        // Who connects by hash looks at no name, but a certificate must have one.
        let identity = Identity::self_signed_builder()
            .subject_alt_names(["localhost"])
            .validity_period(date(not_before)?, date(not_after)?)
            .build()?;
        let der = identity.certificate_chain().as_slice().first().map(|first| first.der().to_vec());
        let key = identity.private_key().secret_der().to_vec();
        Ok(Self { not_before, not_after, der: der.unwrap_or_default(), key })
    }

    /// The one that takes over from this one.
    fn successor(&self) -> Result<Self, CertificateError> {
        Self::generate(self.replaced_at().saturating_sub(SKEW))
    }

    const fn replaced_at(&self) -> u64 {
        self.not_after.saturating_sub(SKEW)
    }

    const fn may_be_shown(&self, now: u64) -> bool {
        self.not_before <= now && now < self.replaced_at()
    }

    fn hash(&self) -> Multihash {
        let digest = Sha256::digest(&self.der);
        Multihash::wrap(SHA2_256, &digest).expect("32 bytes fit into a multihash of 64")
    }

    /// TLS 1.3 with this certificate, for HTTP/3 alone.
    ///
    /// # Errors
    /// When the key is not the one of the certificate, or either is none.
    pub fn tls(&self) -> Result<rustls::ServerConfig, CertificateError> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut tls = rustls::ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(self.der.clone())], key)?;
        tls.alpn_protocols = vec![WEBTRANSPORT_ALPN.to_vec()];
        Ok(tls)
    }
}

fn date(seconds: u64) -> Result<OffsetDateTime, CertificateError> {
    let seconds = i64::try_from(seconds).map_err(|_| CertificateError::Time)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| CertificateError::Time)
}

/// See the picture above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates {
    /// The hash of the one before the current, for who was told of that and the current.
    pub(super) previous: Option<[u8; 32]>,
    pub(super) current: Certificate,
    pub(super) next: Certificate,
}

impl Certificates {
    /// Two new ones, the first of which is valid at `now`.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn generate(now: u64) -> Result<Self, CertificateError> {
        let current = Certificate::generate(now.saturating_sub(SKEW))?;
        let next = current.successor()?;
        Ok(Self { previous: None, current, next })
    }

    /// Those for `now`, if these are not: the next takes over when its time has come, and two new
    /// ones when the relay was away for longer than that, or its clock was set.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn renewed(&self, now: u64) -> Result<Option<Self>, CertificateError> {
        if self.current.may_be_shown(now) {
            return Ok(None);
        }
        if !self.next.may_be_shown(now) {
            return Self::generate(now).map(Some);
        }
        let previous = Some(Sha256::digest(&self.current.der).into());
        let current = self.next.clone();
        let next = current.successor()?;
        Ok(Some(Self { previous, current, next }))
    }

    /// When [`Self::renewed`] has something to say.
    #[must_use]
    pub const fn replaced_at(&self) -> u64 {
        self.current.replaced_at()
    }

    /// The one that is shown.
    #[must_use]
    pub const fn current(&self) -> &Certificate {
        &self.current
    }

    /// What is announced.
    #[must_use]
    pub fn announced(&self) -> Certhashes {
        [self.current.hash(), self.next.hash()]
    }

    /// What a client may have been told.
    #[must_use]
    pub fn known(&self) -> HashSet<Multihash> {
        let previous = self.previous.and_then(|hash| Multihash::wrap(SHA2_256, &hash).ok());
        self.announced().into_iter().chain(previous).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const HOUR: u64 = 3_600;

    #[test]
    fn a_day_changes_nothing_and_thirteen_bring_the_next() {
        let first = Certificates::generate(NOW).unwrap();
        for hour in 0..24 {
            assert_eq!(first.renewed(NOW + hour * HOUR).unwrap(), None);
        }
        let mut certificates = first.clone();
        for half_hour in 0..=2 * 13 * 24 {
            let now = NOW + half_hour * HOUR / 2;
            certificates = certificates.renewed(now).unwrap().unwrap_or(certificates);
            let shown = certificates.current();
            // Also for a client whose clock is off.
            assert!(shown.not_before <= now - SKEW);
            assert!(now + SKEW <= shown.not_after);
        }
        assert_eq!(certificates.current, first.next);
        assert_eq!(certificates.announced()[0], first.announced()[1]);
        assert_ne!(certificates.announced()[1], first.announced()[1]);
    }

    #[test]
    fn who_was_told_of_the_last_two_still_finds_both() {
        let first = Certificates::generate(NOW).unwrap();
        let second = first.renewed(first.replaced_at()).unwrap().unwrap();
        let told: HashSet<_> = first.announced().into_iter().collect();
        assert!(told.is_subset(&second.known()));
        assert_eq!(second.known().len(), 3);
        let third = second.renewed(second.replaced_at()).unwrap().unwrap();
        assert!(!third.known().contains(&first.announced()[0]));
    }

    #[test]
    fn after_a_long_absence_or_a_clock_that_was_set_both_are_new() {
        let old = Certificates::generate(NOW).unwrap();
        for now in [NOW + 2 * VALIDITY, NOW - 2 * HOUR] {
            let new = old.renewed(now).unwrap().unwrap();
            assert!(new.current.may_be_shown(now));
            assert!(new.known().is_disjoint(&old.known()));
        }
        assert_eq!(Certificates::generate(0).unwrap().renewed(0).unwrap(), None);
        assert!(Certificates::generate(u64::MAX).is_err());
    }

    #[test]
    fn a_certificate_is_what_browsers_take_by_its_hash() {
        let Certificates { current, next, .. } = Certificates::generate(NOW).unwrap();
        assert!(current.not_after - current.not_before < 14 * 24 * HOUR);
        let tls = current.tls().unwrap();
        assert_eq!(tls.alpn_protocols, [b"h3"]);
        // The key of another, and none.
        assert!(Certificate { key: next.key, ..current.clone() }.tls().is_err());
        assert!(Certificate { key: vec![], ..current }.tls().is_err());
    }
}
