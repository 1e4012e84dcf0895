//! Backups: saved and restored in parts, with how far it is, and a way to stop.

use std::{cell::Cell, future::Future, ops::ControlFlow, rc::Rc};

use volly_core::api::{BackupError, BackupPart};
use yew::prelude::*;

use super::use_engine;
use crate::browser;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing was asked for, or it was cancelled.
    Idle,
    /// The passphrase is worked on.
    Preparing,
    /// So many hundredths are done.
    Running(u8),
    /// It is whole.
    Done,
    /// It is not.
    Failed(BackupError),
}

impl Work {
    /// It goes on.
    pub(crate) const fn is_busy(self) -> bool {
        matches!(self, Self::Preparing | Self::Running(_))
    }
}

/// See [`use_saving`] and [`use_restoring`].
pub(crate) struct Task<T: 'static> {
    /// How far it is.
    pub(crate) work: Work,
    /// Begins it; while it goes on, it does nothing.
    pub(crate) begin: Callback<T>,
    /// Stops it.
    pub(crate) cancel: Callback<()>,
}

/// The reins of a task.
#[derive(Clone)]
struct Reins {
    state: UseStateSetter<Work>,
    is_stopped: Rc<Cell<bool>>,
}

impl Reins {
    fn advance(&self, done: f64, of: f64) -> ControlFlow<()> {
        if self.is_stopped.get() {
            return ControlFlow::Break(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let hundredths = (done / of.max(1.0) * 100.0).clamp(0.0, 100.0) as u8;
        self.state.set(Work::Running(hundredths));
        ControlFlow::Continue(())
    }

    async fn follow(self, task: impl Future<Output = Result<(), BackupError>>) {
        let ended = task.await;
        self.state.set(match ended {
            Ok(()) => Work::Done,
            Err(_) if self.is_stopped.get() => Work::Idle,
            Err(error) => Work::Failed(error),
        });
    }
}

#[hook]
fn use_reins() -> (Work, Reins, Callback<()>) {
    let state = use_state_eq(|| Work::Idle);
    let is_stopped = use_memo((), |()| Cell::new(false));
    let reins = Reins { state: state.setter(), is_stopped: Rc::clone(&is_stopped) };
    // Who leaves the page does not want it any more.
    let left = Rc::clone(&is_stopped);
    use_effect_with((), move |()| move || left.set(true));
    let cancel = use_callback(reins.clone(), |(), reins: &Reins| {
        reins.is_stopped.set(true);
        reins.state.set(Work::Idle);
    });
    (*state, reins, cancel)
}

impl PartialEq for Reins {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.is_stopped, &other.is_stopped)
    }
}

/// Saves a backup under a passphrase, or without one under the 24 words, and hands it to the browser's
/// downloads under the name `name`.
#[hook]
pub(crate) fn use_saving(name: AttrValue) -> Task<Option<String>> {
    let engine = use_engine();
    let (work, reins, cancel) = use_reins();
    let begin = use_callback(
        (engine, reins, name, work.is_busy()),
        |passphrase, (engine, reins, name, is_busy)| {
            if *is_busy {
                return;
            }
            reins.is_stopped.set(false);
            reins.state.set(Work::Preparing);
            let mut file = browser::Parts::default();
            let (to, name) = (reins.clone(), name.clone());
            let take = move |part: BackupPart| {
                file.push(&part.bytes);
                let flow = to.advance(part.done as f64, part.of as f64);
                if part.is_last && flow.is_continue() {
                    browser::download(&file.whole("application/octet-stream"), &name);
                }
                flow
            };
            let task = engine.core().save_backup(passphrase, take);
            browser::spawn(reins.clone().follow(task));
        },
    );
    Task { work, begin, cancel }
}

/// Restores a backup from a file, with what opens it.
#[hook]
pub(crate) fn use_restoring() -> Task<(web_sys::File, String)> {
    let engine = use_engine();
    let (work, reins, cancel) = use_reins();
    let begin = use_callback(
        (engine, reins, work.is_busy()),
        |(file, opened_by): (web_sys::File, String), (engine, reins, is_busy)| {
            if *is_busy {
                return;
            }
            reins.is_stopped.set(false);
            reins.state.set(Work::Preparing);
            let to = reins.clone();
            let progress = move |done, of| to.advance(done, of);
            let task = engine.core().restore_backup(file.into(), opened_by, progress);
            browser::spawn(reins.clone().follow(task));
        },
    );
    Task { work, begin, cancel }
}
