//! What needs a real browser: IndexedDB, WebCrypto, Web Locks.
//!
//! In a headless Chromium, whose switches stand in `webdriver.json`:
//!
//! ```text
//! CHROMEDRIVER=/usr/bin/chromedriver CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
//!   cargo test -p volly-core --target wasm32-unknown-unknown --test browser
//! ```

#![cfg(all(target_arch = "wasm32", feature = "idb"))]
#![allow(missing_docs, unreachable_pub)]
// Helpers of tests are test code, which clippy cannot see here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[path = "browser/locks.rs"]
mod locks;
#[path = "browser/store.rs"]
mod store;
#[path = "browser/tabs.rs"]
mod tabs;
