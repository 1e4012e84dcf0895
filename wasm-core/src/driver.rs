//! The loop that ties engine, store and network together, and the tab that runs it.

#[cfg(all(target_arch = "wasm32", feature = "net", feature = "idb"))]
mod core;

#[cfg(all(target_arch = "wasm32", feature = "net", feature = "idb"))]
pub use self::core::Core;
