//! Passkeys: made, and asked for the one thing that they give us, 32 bytes that nobody else can get.
//!
//! No signature is looked at and nothing is sent anywhere: what opens the database is the passkey's
//! pseudo-random function (WebAuthn Level 3 §10.1.4).

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use volly_core::api::WEBAUTHN_PRF_INPUT;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::window;

/// ES256 and RS256 of the IANA registry of COSE algorithms: every authenticator has one of them.
const ALGORITHMS: [i32; 2] = [-7, -257];

/// Whether this page can have passkeys: they belong to a name, not to an IP address.
pub(crate) fn passkeys() -> bool {
    let host = window().location().hostname().unwrap_or_default();
    let is_address = host.contains(':') || host.split('.').all(|part| part.parse::<u8>().is_ok());
    let known = Reflect::get(&window(), &"PublicKeyCredential".into());
    !is_address && known.is_ok_and(|known| known.is_function())
}

/// Makes a passkey, and gives its bytes; `None` when nobody wanted it, or it has no such function.
pub(crate) async fn make_passkey() -> Option<[u8; 32]> {
    let user = object([
        ("id", random().into()),
        ("name", "Volly".into()),
        ("displayName", "Volly".into()),
    ])?;
    let algorithms = Array::new();
    for algorithm in ALGORITHMS {
        algorithms
            .push(&object([("type", "public-key".into()), ("alg", algorithm.into())])?.into());
    }
    let selection =
        object([("residentKey", "required".into()), ("userVerification", "required".into())])?;
    let options = object([
        ("challenge", random().into()),
        ("rp", object([("name", "Volly".into())])?.into()),
        ("user", user.into()),
        ("pubKeyCredParams", algorithms.into()),
        ("authenticatorSelection", selection.into()),
        ("extensions", extensions()?.into()),
    ])?;
    let made = credential("create", options).await?;
    match output(&made) {
        Some(bytes) => Some(bytes),
        // Many give it only when they are asked.
        None => ask_passkey().await,
    }
}

/// Asks for a passkey of this page; `None` when there is none, or nobody wanted it.
pub(crate) async fn ask_passkey() -> Option<[u8; 32]> {
    let options = object([
        ("challenge", random().into()),
        ("userVerification", "required".into()),
        ("extensions", extensions()?.into()),
    ])?;
    output(&credential("get", options).await?)
}

async fn credential(method: &str, options: Object) -> Option<JsValue> {
    let credentials = get(&window().navigator(), "credentials")?;
    let method: Function = get(&credentials, method)?.dyn_into().ok()?;
    let request: JsValue = object([("publicKey", options.into())])?.into();
    let asked = method.call1(&credentials, &request).ok()?;
    JsFuture::from(Promise::from(asked)).await.ok().filter(JsValue::is_object)
}

fn extensions() -> Option<Object> {
    let first = object([("first", Uint8Array::from(WEBAUTHN_PRF_INPUT).into())])?;
    object([("prf", object([("eval", first.into())])?.into())])
}

/// The bytes in the answer of a passkey.
fn output(credential: &JsValue) -> Option<[u8; 32]> {
    let results: Function = get(credential, "getClientExtensionResults")?.dyn_into().ok()?;
    let results = results.call0(credential).ok()?;
    let first = ["prf", "results", "first"].iter().try_fold(results, |at, name| get(&at, name))?;
    let buffer: ArrayBuffer = first.dyn_into().ok()?;
    Uint8Array::new(&buffer).to_vec().try_into().ok()
}

fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

fn object<const N: usize>(fields: [(&str, JsValue); N]) -> Option<Object> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value).ok()?;
    }
    Some(object)
}

/// What has to be there and is looked at by nobody.
fn random() -> Uint8Array {
    let bytes = Uint8Array::new_with_length(32);
    let crypto = get(&window(), "crypto");
    let fill = crypto.as_ref().and_then(|crypto| get(crypto, "getRandomValues"));
    if let (Some(crypto), Some(fill)) =
        (crypto, fill.and_then(|fill| fill.dyn_into::<Function>().ok()))
    {
        let _ = fill.call1(&crypto, &bytes);
    }
    bytes
}
