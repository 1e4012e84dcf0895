//! What needs a real browser: IndexedDB, WebCrypto, Web Locks.
//!
//! `npm run test:browser` runs it in a headless Chromium; `webdriver.json` holds its switches.

#![cfg(all(target_arch = "wasm32", feature = "idb"))]
#![allow(missing_docs, unreachable_pub)]

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[path = "browser/locks.rs"]
mod locks;
#[path = "browser/store.rs"]
mod store;
