//! How much room the browser has left for Volly.

use std::time::Duration;

use yew::prelude::*;

use crate::browser::{self, Timer};

/// Between two looks. Lower: asks the browser needlessly often. Higher: one hears of it late.
const LOOK: Duration = Duration::from_secs(30);
/// Part of the room that is used when one is told. Lower: told though there is room for years. Higher:
/// there may be no time left to do something.
const NEARLY: f64 = 0.9;

/// Whether little room is left. A browser that does not say has enough.
#[hook]
pub(crate) fn use_nearly_full() -> bool {
    let is_nearly_full = use_state_eq(|| false);
    let round = use_state(|| 0_u32);
    let (setter, next) = (is_nearly_full.setter(), round.clone());
    use_effect_with(*round, move |round| {
        let after = round.wrapping_add(1);
        browser::spawn(async move {
            if let Some((used, room)) = browser::storage_used().await {
                setter.set(used > room * NEARLY);
            }
        });
        let timer = Timer::after(LOOK, move || next.set(after));
        move || drop(timer)
    });
    *is_nearly_full
}
