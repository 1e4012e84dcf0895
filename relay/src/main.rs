//! The companion relay.
fn main() {}
