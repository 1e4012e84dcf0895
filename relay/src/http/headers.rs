//! The headers on every answer: what a page of ours may do, and who may embed or read it.
//!
//! No Strict-Transport-Security: the relay speaks plain HTTP, and whoever adds TLS adds it there.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// Everything off but the camera, which scans invites.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), \
    camera=(self), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), \
    geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), \
    microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-create=(), \
    publickey-credentials-get=(), screen-wake-lock=(), serial=(), storage-access=(), usb=(), \
    window-management=(), xr-spatial-tracking=()";

/// The headers, made once.
#[derive(Debug)]
pub struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    /// `script_hashes` are the sources (`'sha256-…'`) of the scripts that stand in the page itself.
    #[must_use]
    pub fn new(script_hashes: &[String]) -> Self {
        let hashes: String = script_hashes.iter().map(|hash| format!(" {hash}")).collect();
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
             img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; worker-src 'self'; \
             manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types volly"
        );
        let fixed = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        ];
        let policy = HeaderValue::try_from(policy).expect("base64 and ASCII make a header value");
        let fixed = fixed.map(|(name, value)| (name, HeaderValue::from_static(value)));
        Self([(header::CONTENT_SECURITY_POLICY, policy)].into_iter().chain(fixed).collect())
    }

    /// Puts them on an answer.
    #[must_use]
    pub fn put_on(&self, mut response: Response) -> Response {
        response.headers_mut().extend(self.0.iter().cloned());
        response
    }
}
