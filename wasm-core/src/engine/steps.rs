//! Messages without news, so that a session heals though nobody writes (protocol.md §6).
//!
//! Invariant: at most one is on its way to a contact; the next waits for an answer.

use super::{Contact, Engine, input::Timestamp, rows::Standing};
use crate::limits::{STEP_WHILE, STEP_WITHIN};

impl Contact {
    /// When the step of the current session is due, while people talk.
    fn step_due(&self) -> Option<Timestamp> {
        let last = Timestamp(self.row.last.as_ref()?.stored_at);
        let due = Timestamp(self.current()?.step_due()?.saturating_mul(1_000));
        let due = due.max(self.step_after);
        (self.row.standing == Standing::Established && due < last.after(STEP_WHILE)).then_some(due)
    }
}

impl Engine {
    /// Makes a receipt due wherever a step is: it is a message, and says nothing new.
    pub(super) fn take_due_steps(&mut self, now: Timestamp) {
        for contact in self.contacts.values_mut() {
            if contact.step_due().is_some_and(|due| due <= now) {
                contact.receipt_at.get_or_insert(now);
                // A session that cannot seal must not make us spin.
                contact.step_after = now.after(STEP_WITHIN);
            }
        }
    }

    /// When the next step is due.
    pub(super) fn step_timeout(&self) -> Option<Timestamp> {
        self.contacts.values().filter_map(Contact::step_due).min()
    }
}
