//! What the relay says about itself. Never who uses it: no addresses, PeerIds, IPs or keys.
//!
//! Libraries are silent at every level: libp2p's own warnings name peers. What they have to tell
//! reaches us as errors.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Starts logging of the relay's own messages at `level`, to standard error.
pub fn start(level: LevelFilter) {
    let ours = Targets::new().with_target("volly_relay", level);
    let output = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // Fails when a subscriber is set already, which a test may have done.
    let _ = tracing_subscriber::registry().with(output.with_filter(ours)).try_init();
}
