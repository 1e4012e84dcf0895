//! What a browser may keep beside the database, and shows that it was there.

use super::super::lead::Witness;
use crate::platform::page;

/// `localStorage`, which a browser may keep when it loses a database, and the other way round.
#[derive(Debug)]
pub(super) struct LocalStorage(pub(super) String);

impl Witness for LocalStorage {
    fn knows_identity(&self) -> bool {
        page::recall(&self.0).is_some()
    }

    fn identity_exists(&self) {
        if !self.knows_identity() {
            page::remember(&self.0, "1");
            page::persist_storage();
        }
    }

    fn epoch(&self) -> u64 {
        page::recall(&self.flag("epoch")).and_then(|epoch| epoch.parse().ok()).unwrap_or(0)
    }

    fn started(&self, epoch: u64) {
        page::remember(&self.flag("epoch"), &epoch.to_string());
        page::forget(&self.flag("older"));
    }

    fn takes_older(&self) -> bool {
        page::recall(&self.flag("older")).is_some()
    }
}

impl LocalStorage {
    pub(super) fn flag(&self, of: &str) -> String {
        format!("{}.{of}", self.0)
    }

    /// There was no identity.
    pub(super) fn forget(&self) {
        page::forget(&self.0);
        page::forget(&self.flag("epoch"));
        page::forget(&self.flag("older"));
    }
}
