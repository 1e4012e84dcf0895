//! The headers on every answer: what a page of ours may do, and who may embed or read it.
//!
//! No Strict-Transport-Security: the relay speaks plain HTTP, and whoever adds TLS adds it there.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use tokio::sync::watch;

use crate::mesh::{Other, announced::policy_source};

/// Everything off but the camera, which scans invites, the microphone, for voice messages,
/// and passkeys, which open the app lock.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), \
    camera=(self), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), \
    geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), \
    microphone=(self), midi=(), payment=(), picture-in-picture=(), publickey-credentials-create=(self), \
    publickey-credentials-get=(self), screen-wake-lock=(), serial=(), storage-access=(), usb=(), \
    window-management=(), xr-spatial-tracking=()";

/// The headers. All but the policy are made once: that names the other relays which are there now.
#[derive(Debug)]
pub struct SecurityHeaders {
    fixed: Vec<(HeaderName, HeaderValue)>,
    hashes: String,
    relay: String,
    others: watch::Receiver<Vec<Other>>,
}

impl SecurityHeaders {
    /// `script_hashes` are the sources (`'sha256-…'`) of the scripts that stand in the page itself,
    /// `webtransport` those (`https://host:port`) of the relay's own WebTransport.
    #[must_use]
    pub fn new(
        script_hashes: &[String],
        webtransport: &[String],
        others: watch::Receiver<Vec<Other>>,
    ) -> Self {
        let list = |sources: &[String]| -> String {
            sources.iter().map(|source| format!(" {source}")).collect()
        };
        let fixed = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        ];
        let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value))).to_vec();
        Self { fixed, hashes: list(script_hashes), relay: list(webtransport), others }
    }

    fn policy(&self) -> HeaderValue {
        let Self { hashes, relay, others, .. } = self;
        let others = others.borrow();
        let addresses = others.iter().flat_map(|other| &other.addresses);
        let others: String =
            addresses.filter_map(policy_source).map(|source| format!(" {source}")).collect();
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
             img-src 'self' blob: data:; media-src blob:; connect-src 'self'{relay}{others}; font-src 'self'; \
             worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types volly"
        );
        HeaderValue::try_from(policy).expect("base64 and ASCII make a header value")
    }

    /// Puts them on an answer.
    #[must_use]
    pub fn put_on(&self, mut response: Response) -> Response {
        let policy = (header::CONTENT_SECURITY_POLICY, self.policy());
        response.headers_mut().extend(self.fixed.iter().cloned().chain([policy]));
        response
    }
}
