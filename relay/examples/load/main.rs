//! Puts load on a relay that runs on this machine, and prints what it measured as one line of JSON:
//! bytes, microseconds, bits and deposits a second.
//!
//! `load PID PORT idle CLIENTS SECONDS` · `load PID PORT circuit PAIRS SECONDS` ·
//! `load PID PORT deposits CLIENTS EACH`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    dead_code,
    reason = "a measurement, built from what the tests use"
)]

mod circuit;
mod client;
mod deposits;
mod idle;
mod process;
#[path = "../../tests/relay/support.rs"]
mod support;

use std::time::Duration;

use self::process::Process;

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |index: usize| -> u32 { arguments[index].parse().unwrap() };
    let (relay, port) = (Process(number(0)), u16::try_from(number(1)).unwrap());
    let figures = match arguments[2].as_str() {
        "idle" => {
            idle::measure(relay, port, number(3), Duration::from_secs(number(4).into())).await
        }
        "circuit" => {
            circuit::measure(relay, port, number(3), Duration::from_secs(number(4).into())).await
        }
        "deposits" => deposits::measure(relay, port, number(3), number(4)).await,
        other => panic!("{other} is not known"),
    };
    let figures: Vec<_> =
        figures.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    println!("{{{}}}", figures.join(","));
}

/// What was measured, by name.
type Figures = Vec<(&'static str, u64)>;

/// The value below which `share` percent of them lie, in microseconds.
fn percentile(times: &mut [Duration], share: usize) -> u64 {
    times.sort_unstable();
    u64::try_from(times[(times.len() - 1) * share / 100].as_micros()).unwrap()
}
