//! What differs between a browser and everything else: time, randomness, tasks, the page.
//!
//! Knows nothing of ours. `executor`, `lock`, `page` and `worker` exist in browsers only.

pub mod entropy;
#[cfg(target_arch = "wasm32")]
pub mod executor;
#[cfg(target_arch = "wasm32")]
pub mod lock;
#[cfg(target_arch = "wasm32")]
pub mod page;
pub mod time;
#[cfg(target_arch = "wasm32")]
pub mod worker;
