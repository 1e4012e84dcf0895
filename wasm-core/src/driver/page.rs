//! The engine as a page sees it: it does not know which tab runs it.

use crate::api::{ApiError, Call, Notice, StartFailure};

/// The way to the engine. Clones are cheap and mean the same engine.
#[derive(Clone, Debug)]
pub struct Core {}

impl Core {
    /// Connects to the engine of this browser, and runs it here when no other tab does.
    ///
    /// Returns at once; `on_notice` is called from then on, never from within this call.
    #[must_use]
    pub fn open(on_notice: impl Fn(Notice) + 'static) -> Self {
        on_notice(Notice::Failed(StartFailure::StorageUnavailable));
        Self {}
    }

    /// Asks the engine. Calls made before [`Notice::Ready`] wait for it.
    ///
    /// # Errors
    ///
    /// What the engine answered; [`ApiError::EngineMoved`] when the tab that ran it closed before
    /// it answered and asking again could do something twice; [`ApiError::Limit`] when too many
    /// calls wait.
    #[expect(clippy::unused_async, reason = "the signature comes before the body")]
    pub async fn call<C: Call>(&self, _call: C) -> Result<C::Reply, ApiError> {
        Err(ApiError::EngineMoved)
    }

    /// After [`StartFailure::DatabaseVanished`]: gives the old identity up in this browser, and
    /// starts with an empty database. A recovery phrase brings the identity back from there.
    pub fn forget_and_start_anew(&self) {}
}
