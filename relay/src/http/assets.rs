//! The app, embedded when the relay is built (from `dist/`, which Trunk fills).
//!
//! Debug builds read the folder at run time. Without an app every path shows how to build it.

use std::borrow::Cow;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::{BASE64, HEXLOWER};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "../dist"]
struct Dist;

const NO_APP: &str = "<!doctype html><meta charset=utf-8><title>Volly</title>\
    <h1>This relay was built without the app</h1>\
    <p>Build it with <code>trunk build --release</code> in <code>web/</code>, which fills \
    <code>dist/</code>, then build the relay again.</p>";

/// One file as it is sent.
#[derive(Clone, Debug)]
pub struct File {
    /// The body.
    pub bytes: Cow<'static, [u8]>,
    /// SHA-256 of the body.
    pub hash: [u8; 32],
}

/// The files of the app.
#[derive(Debug)]
pub struct Assets {
    find: fn(&str) -> Option<File>,
    inline_scripts: Vec<String>,
}

impl Assets {
    /// Those that are built in.
    #[must_use]
    pub fn embedded() -> Self {
        Self::new(|path| {
            let file = Dist::get(path)?;
            Some(File { hash: file.metadata.sha256_hash(), bytes: file.data })
        })
    }

    /// Those that `find` knows.
    #[must_use]
    pub fn new(find: fn(&str) -> Option<File>) -> Self {
        let index = find("index.html").map(|file| file.bytes).unwrap_or_default();
        let inline_scripts = inline_scripts(&String::from_utf8_lossy(&index));
        Self { find, inline_scripts }
    }

    /// `'sha256-…'` of each script that stands in the page.
    #[must_use]
    pub fn inline_script_hashes(&self) -> &[String] {
        &self.inline_scripts
    }

    /// The page.
    #[must_use]
    pub fn index(&self, headers: &HeaderMap) -> Response {
        self.file("index.html", headers).unwrap_or_else(no_app)
    }

    /// The file at the path of a URL. A path that a person may have typed or bookmarked (its last
    /// part has no dot) shows the page, which knows its own routes.
    #[must_use]
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let path = path.trim_start_matches('/');
        let is_route = path.rsplit('/').next().is_some_and(|last| !last.contains('.'));
        if is_route {
            return self.index(headers);
        }
        let plain =
            path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
        let file = if plain && !path.contains("..") { self.file(path, headers) } else { None };
        file.unwrap_or_else(|| (StatusCode::NOT_FOUND, "not found\n").into_response())
    }

    fn file(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let plain = (self.find)(path)?;
        let smaller = ["br", "gzip"].into_iter().filter(|coding| accepts(headers, coding));
        let (coding, file) = smaller
            .filter_map(|coding| {
                let ending = if coding == "gzip" { "gz" } else { coding };
                Some((Some(coding), (self.find)(&format!("{path}.{ending}"))?))
            })
            .next()
            .unwrap_or((None, plain));
        let tag = format!("\"{}\"", HEXLOWER.encode(file.hash.get(..16)?));
        let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| {
            known.to_str().is_ok_and(|known| known.split(',').any(|known| known.trim() == tag))
        });
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            file.bytes.into_response()
        };
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(path)));
        fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        fields.insert(header::ETAG, HeaderValue::try_from(tag).ok()?);
        if let Some(coding) = coding {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        Some(response)
    }
}

fn no_app() -> Response {
    let html = [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
    (StatusCode::SERVICE_UNAVAILABLE, html, NO_APP).into_response()
}

/// Whether the client takes `coding`; `;q=0` refuses it.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        parts.next() == Some(coding) && !parts.any(|part| part == "q=0" || part == "q=0.0")
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" | "ftl" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A name with the hash of its content never means anything else.
fn cache_control(path: &str) -> &'static str {
    let hex_run = path
        .split(|c: char| !c.is_ascii_hexdigit())
        .any(|run| run.len() >= 16 && path.contains(&format!("-{run}")));
    if hex_run { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// The sources of the scripts between `<script…>` and `</script>` that are not loaded by `src`.
fn inline_scripts(page: &str) -> Vec<String> {
    let scripts = page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    });
    scripts.map(|script| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(script)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(path: &str) -> Option<File> {
        let bytes: &[u8] = match path {
            "index.html" => b"<script type=\"module\">1</script><script src=\"a.js\"></script>",
            "app-0123456789abcdef_bg.wasm" => b"wasm",
            "app-0123456789abcdef_bg.wasm.br" => b"br",
            "app-0123456789abcdef_bg.wasm.gz" => b"gz",
            "sw.js" => b"sw",
            "manifest.webmanifest" => b"{}",
            _ => return None,
        };
        Some(File { bytes: bytes.into(), hash: Sha256::digest(bytes).into() })
    }

    fn get(path: &str, field: header::HeaderName, value: &'static str) -> Response {
        let headers = HeaderMap::from_iter([(field, HeaderValue::from_static(value))]);
        Assets::new(find).answer(path, &headers)
    }

    fn field(response: &Response, name: header::HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn the_best_coding_the_client_takes_is_sent() {
        let cases =
            [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", "")];
        for (accepted, coding) in cases {
            let response = get("/app-0123456789abcdef_bg.wasm", header::ACCEPT_ENCODING, accepted);
            assert_eq!(field(&response, header::CONTENT_ENCODING), coding);
            assert_eq!(field(&response, header::CONTENT_TYPE), "application/wasm");
        }
    }

    #[test]
    fn only_a_name_with_a_hash_is_kept_for_ever() {
        let cache = |path| {
            let response = get(path, header::ACCEPT, "*/*");
            assert_eq!(response.status(), StatusCode::OK);
            field(&response, header::CACHE_CONTROL).to_owned()
        };
        assert!(cache("/app-0123456789abcdef_bg.wasm").contains("immutable"));
        for path in ["/sw.js", "/manifest.webmanifest", "/index.html", "/chats"] {
            assert_eq!(cache(path), "no-cache");
        }
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let first = get("/sw.js", header::ACCEPT, "*/*");
        let tag = field(&first, header::ETAG).to_owned().leak();
        assert_eq!(get("/sw.js", header::IF_NONE_MATCH, tag).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get("/sw.js", header::IF_NONE_MATCH, "\"x\"").status(), StatusCode::OK);
    }

    #[test]
    fn what_is_not_there_is_not_found_and_what_is_a_route_is_the_page() {
        for path in ["/missing.js", "/../Cargo.toml", "/a%2e.js", "/.env"] {
            assert_eq!(get(path, header::ACCEPT, "*/*").status(), StatusCode::NOT_FOUND, "{path}");
        }
        let page = get("/chats/1", header::ACCEPT, "*/*");
        assert_eq!(field(&page, header::CONTENT_TYPE), "text/html; charset=utf-8");
    }

    #[test]
    fn scripts_in_the_page_are_named_by_their_hash() {
        // printf 1 | openssl dgst -sha256 -binary | base64
        let expected = "'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='";
        assert_eq!(Assets::new(find).inline_script_hashes(), [expected]);
    }

    #[test]
    fn without_an_app_the_page_says_how_to_build_it() {
        let response = Assets::new(|_| None).answer("/", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
