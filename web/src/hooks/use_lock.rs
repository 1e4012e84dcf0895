//! The app lock: the passphrase tried, the time after which it locks by itself, everything erased.

use std::time::Duration;

use volly_core::api::{KeyError, LockKey};
use yew::prelude::*;

use super::{use_engine, use_window_event};
use crate::browser::{self, Timer};

/// See [`use_unlock`].
pub(crate) struct UseUnlock {
    /// What is given is being tried.
    pub(crate) is_busy: bool,
    /// Why the last did not do.
    pub(crate) error: Option<KeyError>,
    /// Tries a passphrase.
    pub(crate) with_passphrase: Callback<String>,
    /// Asks for the passkey, and tries that.
    pub(crate) with_passkey: Callback<()>,
}

/// Unlocks.
#[hook]
pub(crate) fn use_unlock() -> UseUnlock {
    let engine = use_engine();
    let state = use_state_eq(|| (false, None));
    let setter = state.setter();
    let run = use_callback((engine, state.0), move |typed: Option<String>, (engine, is_busy)| {
        if *is_busy {
            return;
        }
        let (core, setter) = (engine.core(), setter.clone());
        setter.set((true, None));
        browser::spawn(async move {
            let key = match typed {
                Some(passphrase) => Some(LockKey::Passphrase(passphrase)),
                None => browser::ask_passkey().await.map(LockKey::Passkey),
            };
            let tried = match key {
                Some(key) => core.unlock(key).await,
                None => Err(KeyError::NotTried),
            };
            setter.set((false, tried.err()));
        });
    });
    UseUnlock {
        is_busy: state.0,
        error: state.1,
        with_passphrase: run.reform(Some),
        with_passkey: run.reform(|()| None),
    }
}

/// Erases everything; the page loads anew when that is done.
#[hook]
pub(crate) fn use_wipe() -> Callback<()> {
    let engine = use_engine();
    use_callback(engine, |(), engine| {
        let core = engine.core();
        browser::remember_known(false);
        browser::spawn(async move { core.wipe().await });
    })
}

/// After how long without a touch it locks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LockAfter(u32);

impl LockAfter {
    /// What can be chosen.
    pub(crate) const ALL: [Self; 5] = [Self(0), Self(1), Self(5), Self(15), Self(60)];

    /// In minutes; 0 is never.
    pub(crate) const fn minutes(self) -> u32 {
        self.0
    }

    fn chosen() -> Self {
        let chosen = browser::recall(AFTER).and_then(|minutes| minutes.parse().ok());
        chosen.map(Self).filter(|chosen| Self::ALL.contains(chosen)).unwrap_or(Self(0))
    }
}

/// Where the choice is kept: it is no secret, and all tabs read it.
const AFTER: &str = "volly-lock-after";
/// When somebody last touched any tab, in milliseconds since the Unix epoch.
const TOUCHED: &str = "volly-touched";
/// Between two looks. Lower: wakes the page more often. Higher: locks later.
const LOOK: Duration = Duration::from_secs(5);

/// See [`use_lock_after`].
pub(crate) struct UseLockAfter {
    /// The minutes that were chosen.
    pub(crate) value: u32,
    /// Chooses.
    pub(crate) choose: Callback<u32>,
}

/// The choice of when it locks by itself.
#[hook]
pub(crate) fn use_lock_after() -> UseLockAfter {
    let value = use_state_eq(|| LockAfter::chosen().minutes());
    let setter = value.setter();
    let choose = Callback::from(move |minutes: u32| {
        browser::remember(TOUCHED, &browser::now().to_string());
        browser::remember(AFTER, &minutes.to_string());
        setter.set(LockAfter::chosen().minutes());
    });
    UseLockAfter { value: *value, choose }
}

/// Locks when nobody has touched any tab for the chosen time, a sleep of the machine included.
#[hook]
pub(crate) fn use_auto_lock() {
    let engine = use_engine();
    let round = use_state(|| 0_u32);
    let touch = |_: Event| {
        let now = browser::now();
        let last = browser::recall(TOUCHED).and_then(|at| at.parse::<u64>().ok());
        let is_news = last.is_none_or(|at| now.saturating_sub(at) > 1_000);
        if LockAfter::chosen().minutes() > 0 && is_news {
            browser::remember(TOUCHED, &now.to_string());
        }
    };
    use_window_event("pointerdown", touch);
    use_window_event("keydown", touch);
    let next = round.clone();
    use_effect_with(*round, move |round| {
        let after = round.wrapping_add(1);
        let limit = u64::from(LockAfter::chosen().minutes()) * 60_000;
        let touched = browser::recall(TOUCHED).and_then(|at| at.parse::<u64>().ok());
        let idle = touched.map_or(0, |at| browser::now().saturating_sub(at));
        if limit > 0 && idle >= limit {
            engine.core().lock();
        }
        let timer = Timer::after(LOOK, move || next.set(after));
        move || drop(timer)
    });
}
