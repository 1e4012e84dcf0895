//! What the database says about itself: its schema, and its key under a key that never leaves the
//! browser.
//!
//! The database key is 32 random bytes, sealed with AES-256-GCM by a WebCrypto key that cannot be
//! exported. A copy of the profile's files holds both, so this protects against other programs
//! that read a single file or a backup of it, not against somebody who runs this browser.

use idb::ObjectStore;
use js_sys::{Array, Object, Reflect, Uint8Array};
use rand_core::Rng;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, SubtleCrypto};

use super::{
    StoreError, binary, bytes,
    connection::{Connection, read, write},
};
use crate::{
    crypto::secret::Secret, engine::effect::Durability, key_wrap::WrappedKey,
    platform::entropy::system_rng, store::at_rest::SCHEMA_VERSION,
};

/// The object store of the rows below; its keys are these strings.
pub(super) const STORE: &str = "meta";
const SCHEMA: &str = "schema";
const WRAPPING_KEY: &str = "wrapping-key";
const WRAPPED_KEY: &str = "wrapped-key";

const ALGORITHM: &str = "AES-GCM";
/// Bytes of a nonce (NIST SP 800-38D §8.2.2, random); the wrapping key seals once, and once more each time
/// that somebody sets a passphrase.
const NONCE_BYTES: usize = 12;

/// The rows of `meta`.
#[derive(Clone, Debug)]
pub(super) struct Meta {
    wrapping_key: CryptoKey,
    /// `nonce (12) ‖ AES-256-GCM(wrapping key)(database key, or it wrapped)`, 60 or 127 bytes.
    pub(super) wrapped_key: Vec<u8>,
}

/// What the wrapping key opens.
pub(super) enum Inner {
    /// The database key.
    Key(Secret<32>),
    /// The database key under a passphrase.
    Locked(WrappedKey),
}

impl Meta {
    /// Reads the rows; `None` when there is not even a schema version.
    pub(super) async fn read(connection: &Connection) -> Result<Option<Self>, StoreError> {
        let rows = async {
            let transaction = read(connection, &[STORE])?;
            let store = transaction.object_store(STORE)?;
            let schema = get(&store, SCHEMA).await?;
            let wrapping_key = get(&store, WRAPPING_KEY).await?;
            let wrapped_key = get(&store, WRAPPED_KEY).await?;
            Ok::<_, idb::Error>((schema, wrapping_key, wrapped_key))
        };
        let (schema, wrapping_key, wrapped_key) =
            rows.await.map_err(|_| StoreError::Unavailable)?;
        let Some(schema) = schema else { return Ok(None) };
        let schema = number(&schema).ok_or(StoreError::Key)?;
        if schema > SCHEMA_VERSION {
            return Err(StoreError::Newer);
        }
        let wrapping_key =
            wrapping_key.and_then(|key| key.dyn_into().ok()).ok_or(StoreError::Key)?;
        let wrapped_key = wrapped_key.map(|key| bytes(&key)).ok_or(StoreError::Key)?;
        Ok(Some(Self { wrapping_key, wrapped_key }))
    }

    /// Makes the keys of a new database and stores them.
    pub(super) async fn create(connection: &Connection) -> Result<Self, StoreError> {
        let (wrapping_key, wrapped_key) =
            wrap_fresh_key().await.map_err(|_| StoreError::Unavailable)?;
        let rows = [
            (SCHEMA, JsValue::from(SCHEMA_VERSION)),
            (WRAPPING_KEY, wrapping_key.clone().into()),
            (WRAPPED_KEY, binary(&wrapped_key)),
        ];
        write(connection, &[STORE], Durability::Strict, |transaction| {
            let store = transaction.object_store(STORE)?;
            for (key, value) in &rows {
                // `add` refuses to replace a key that somebody has put there.
                store.add(value, Some(&JsValue::from(*key)))?;
            }
            Ok(())
        })
        .await
        .map_err(|_| StoreError::Refused)?;
        Ok(Self { wrapping_key, wrapped_key })
    }

    /// Opens what the wrapping key has sealed.
    pub(super) async fn unwrap(&self) -> Result<Inner, StoreError> {
        let (nonce, sealed) =
            self.wrapped_key.split_first_chunk::<NONCE_BYTES>().ok_or(StoreError::Key)?;
        let opened = async {
            let opened = subtle()?.decrypt_with_object_and_u8_array(
                &sealing(nonce)?,
                &self.wrapping_key,
                sealed,
            )?;
            JsFuture::from(opened).await
        };
        let opened = Uint8Array::new(&opened.await.map_err(|_| StoreError::Key)?);
        if opened.length() == 32 {
            let key = Secret::filled(|key| opened.copy_to(key));
            opened.fill(0, 0, 32);
            return Ok(Inner::Key(key));
        }
        WrappedKey::decode(&opened.to_vec()).map(Inner::Locked).map_err(|_| StoreError::Key)
    }

    /// Seals the database key anew, under a passphrase as well or not any more.
    pub(super) async fn replace(
        &self,
        connection: &Connection,
        inner: &Inner,
    ) -> Result<Self, StoreError> {
        let wrapping_key = self.wrapping_key.clone();
        let sealed = match inner {
            Inner::Key(key) => seal(&wrapping_key, key.expose()).await,
            Inner::Locked(wrapped) => seal(&wrapping_key, &wrapped.encode()).await,
        };
        let wrapped_key = sealed.map_err(|_| StoreError::Unavailable)?;
        let value = binary(&wrapped_key);
        write(connection, &[STORE], Durability::Strict, |transaction| {
            transaction.object_store(STORE)?.put(&value, Some(&WRAPPED_KEY.into())).map(drop)
        })
        .await
        .map_err(|_| StoreError::Refused)?;
        Ok(Self { wrapping_key, wrapped_key })
    }

    /// Removes the keys: nothing in the database opens any more.
    pub(super) async fn destroy(connection: &Connection) -> Result<(), StoreError> {
        write(connection, &[STORE], Durability::Strict, |transaction| {
            let store = transaction.object_store(STORE)?;
            store.delete(JsValue::from(WRAPPING_KEY))?;
            store.delete(JsValue::from(WRAPPED_KEY)).map(drop)
        })
        .await
        .map_err(|_| StoreError::Refused)
    }
}

async fn get(store: &ObjectStore, key: &str) -> Result<Option<JsValue>, idb::Error> {
    store.get(JsValue::from(key))?.await
}

/// A version number, which JavaScript keeps as a float.
fn number(value: &JsValue) -> Option<u32> {
    let number = value.as_f64()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number))
        .then_some(number as u32)
}

async fn wrap_fresh_key() -> Result<(CryptoKey, Vec<u8>), JsValue> {
    let subtle = subtle()?;
    let parameters = object([("name", ALGORITHM.into()), ("length", 256.into())])?;
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let generated = subtle.generate_key_with_object(&parameters, false, &usages)?;
    let wrapping_key: CryptoKey = JsFuture::from(generated).await?.dyn_into()?;
    let key = Secret::<32>::generate(&mut system_rng());
    let wrapped_key = seal(&wrapping_key, key.expose()).await?;
    Ok((wrapping_key, wrapped_key))
}

/// `nonce (12) ‖ AES-256-GCM(wrapping key)(plaintext)`.
async fn seal(wrapping_key: &CryptoKey, plaintext: &[u8]) -> Result<Vec<u8>, JsValue> {
    let mut nonce = [0; NONCE_BYTES];
    system_rng().fill_bytes(&mut nonce);
    let (algorithm, copy) = (sealing(&nonce)?, Uint8Array::from(plaintext));
    let sealed = subtle()?.encrypt_with_object_and_js_u8_array(&algorithm, wrapping_key, &copy)?;
    copy.fill(0, 0, copy.length());
    let sealed = JsFuture::from(sealed).await?;
    Ok([nonce.as_slice(), &bytes(&sealed)].concat())
}

/// WebCrypto; absent outside of secure contexts.
fn subtle() -> Result<SubtleCrypto, JsValue> {
    let crypto: Crypto = Reflect::get(&js_sys::global(), &"crypto".into())?.dyn_into()?;
    Reflect::get(&crypto, &"subtle".into())?.dyn_into()
}

fn sealing(nonce: &[u8; NONCE_BYTES]) -> Result<Object, JsValue> {
    object([("name", ALGORITHM.into()), ("iv", binary(nonce))])
}

fn object<const N: usize>(fields: [(&str, JsValue); N]) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &name.into(), &value)?;
    }
    Ok(object)
}
