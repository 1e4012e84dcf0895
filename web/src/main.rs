//! The app: a view of [`volly_core::api`], drawn by Yew.
//!
//! ```text
//!  app ──► pages ──► hooks ──► core ──► volly_core::api
//!            │         │
//!            │         └─────► state    pure: what is remembered
//!            └──► components            props in, callbacks out
//!  leaves: routes · format · i18n · dates · browser
//! ```
//!
//! It keeps no truth of its own: it starts from a snapshot and applies events. `state`, `routes`,
//! `format` and `i18n` know no browser, and their tests run on the host.
#![cfg_attr(
    not(target_arch = "wasm32"),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "the host builds the pure half, for its tests"
    )
)]

mod export;
mod format;
mod i18n;
mod links;
mod routes;
mod state;

#[cfg(test)]
mod tests;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod components;
#[cfg(target_arch = "wasm32")]
mod core;
#[cfg(target_arch = "wasm32")]
mod dates;
#[cfg(target_arch = "wasm32")]
mod hooks;
#[cfg(target_arch = "wasm32")]
mod pages;

#[cfg(target_arch = "wasm32")]
fn main() {
    if !volly_core::api::serve_as_worker() {
        app::mount();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
