//! What differs between a browser and everything else: time, randomness, tasks, the page.
//!
//! Knows nothing of ours. `executor`, `lock`, `page`, `storage` and `worker` exist in browsers only.

pub mod entropy;
#[cfg(target_arch = "wasm32")]
pub mod executor;
#[cfg(target_arch = "wasm32")]
pub mod lock;
#[cfg(target_arch = "wasm32")]
pub mod page;
#[cfg(all(target_arch = "wasm32", feature = "idb"))]
pub mod storage;
pub mod time;
#[cfg(target_arch = "wasm32")]
pub mod worker;
