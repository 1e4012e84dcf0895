//! The database under a passphrase or a passkey: set, given, forgotten again; and everything erased at once.
//!
//! Invariant: while it is locked no tab holds the key, and no engine or network runs. A tab that leads
//! and has no key does not open the database.

use core::{future::Future, time::Duration};
use std::rc::Rc;

use super::{
    ApiError, Core, DatabaseKey, Frame, IndexedDb, KeyError, Secret, StartFailure, StoreError, Tab,
    ToClients, ToServer, backups, page, refusal, spawn,
};
use crate::{
    api::{CallId, LockKey, LockMethod, SetLock},
    key_wrap::{
        Credential, Method, Purpose, WrappedKey,
        job::{Job, JobError},
    },
    platform::entropy::system_rng,
    rpc::{PortId, RunId},
};

/// How long a message between tabs may take. Lower: a tab that hears late of the lock leads with the
/// key. Higher: the page to unlock comes later.
pub(super) const HEARD_WITHIN: Duration = Duration::from_millis(200);

/// What the flag says that a page reads before the database was opened.
const PASSPHRASE: &str = "1";
const PASSKEY: &str = "passkey";

/// Whose call it is.
pub(super) struct ToServerCall {
    pub(super) run: RunId,
    pub(super) port: PortId,
    pub(super) call: CallId,
}

impl Core {
    /// Lets go of the engine, its network and the key, in every tab. Does nothing without a lock.
    pub fn lock(&self) {
        if self.lock_method().is_none() {
            return;
        }
        // A tab that does not hear of it must not lead with the key.
        page::remember(&self.tab.locked(), "1");
        if self.tab.leads() {
            self.tab.stop();
        } else {
            self.tab.post(&Frame::ToServer(ToServer::Lock));
        }
    }

    /// How it is locked, if it is.
    #[must_use]
    pub fn lock_method(&self) -> Option<LockMethod> {
        page::recall(&self.tab.lock_flag()).map(|flag| match flag.as_str() {
            PASSKEY => LockMethod::Passkey,
            _ => LockMethod::Passphrase,
        })
    }

    /// After [`StartFailure::Locked`]: tries what is given, and starts the engine with it.
    ///
    /// # Errors
    ///
    /// [`KeyError`].
    pub fn unlock(&self, with: LockKey) -> impl Future<Output = Result<(), KeyError>> + 'static {
        let core = self.clone();
        async move {
            let wrapped = IndexedDb::lock_of(&core.tab.name).await;
            if let Some(wrapped) = wrapped.map_err(|_| KeyError::NotTried)? {
                let key = open(&wrapped, &with).await?;
                core.tab.key.replace(Some(key));
            }
            page::forget(&core.tab.locked());
            core.tab.try_again();
            Ok(())
        }
    }

    /// Erases everything in this browser: the keys first, so that from then on nothing can be read, then
    /// the rest.
    pub fn wipe(&self) -> impl Future<Output = ()> + 'static {
        let core = self.clone();
        async move {
            let tab = &core.tab;
            // A connection that is open saves the time to open one. Without a database there is
            // nothing to be read either.
            let store = tab.store.borrow().clone();
            let destroyed = match store {
                Some(store) => store.destroy().await,
                None => Err(StoreError::Unavailable),
            };
            if destroyed.is_err() {
                let _ = IndexedDb::destroy_keys(&tab.name).await;
            }
            tab.stop();
            tab.post(&Frame::ToServer(ToServer::Lock));
            tab.post(&Frame::ToClients(ToClients::Failed(StartFailure::Wiped)));
            IndexedDb::delete(&tab.name).await;
            tab.witness.forget();
            for flag in [tab.locked(), tab.lock_flag()] {
                page::forget(&flag);
            }
            tab.fail(StartFailure::Wiped);
        }
    }
}

impl Tab {
    /// Says that there is a lock, and of which kind, so that a page knows before the database was opened.
    fn lock_flag(&self) -> String {
        format!("{}.lock", self.name)
    }

    /// Says that it was locked, and not unlocked since.
    fn locked(&self) -> String {
        format!("{}.locked", self.name)
    }

    /// Opens the database, if this tab may.
    pub(super) async fn open_store(&self) -> Result<Rc<IndexedDb>, StoreError> {
        if page::recall(&self.locked()).is_some() {
            self.key.take();
        }
        let key = self.key.borrow().clone();
        let store = Rc::new(IndexedDb::open_with(&self.name, key).await?);
        self.store.replace(Some(Rc::clone(&store)));
        self.note_lock(&store);
        self.share_key();
        Ok(store)
    }

    fn note_lock(&self, store: &IndexedDb) {
        let flag = match store.lock() {
            Some(Method::Passphrase(_)) => PASSPHRASE,
            Some(Method::WebAuthnPrf) => PASSKEY,
            None => {
                page::forget(&self.lock_flag());
                return page::forget(&self.locked());
            }
        };
        page::remember(&self.lock_flag(), flag);
    }

    /// Ends the engine of this tab.
    pub(super) fn stop(&self) {
        if let Some(stop) = self.stop.take() {
            // The engine may have ended by itself.
            let _ = stop.send(());
        }
    }

    /// Tells the other tabs the key, so that any of them can lead when this one is closed.
    pub(super) fn share_key(&self) {
        let store = self.store.borrow();
        if let Some(store) = store.as_ref().filter(|store| store.lock().is_some()) {
            let key = DatabaseKey(*store.key().expose());
            self.post(&Frame::ToClients(ToClients::Key(key)));
        }
    }

    pub(super) fn take_key(&self, key: &DatabaseKey) {
        if page::recall(&self.locked()).is_none() {
            self.key.replace(Some(Secret::new(key.0)));
        }
    }

    /// Sets, changes or removes the lock, and answers the call.
    pub(super) fn set_lock(self: &Rc<Self>, asked: ToServerCall, change: SetLock) {
        let tab = Rc::clone(self);
        spawn(async move {
            let changed = tab.change_lock(change).await;
            let reply = match changed {
                Ok(()) => {
                    postcard::to_allocvec(&Ok::<(), ApiError>(())).expect("plain data serialises")
                }
                Err(error) => refusal(error),
            };
            let ToServerCall { run, port, call } = asked;
            tab.publish(ToClients::Reply { run, port, call, reply });
        });
    }

    async fn change_lock(&self, change: SetLock) -> Result<(), ApiError> {
        let store = self.store.borrow().clone().ok_or(ApiError::EngineMoved)?;
        let stored = IndexedDb::lock_of(&self.name).await;
        if let Some(wrapped) = stored.map_err(|_| ApiError::Unreadable)? {
            open(&wrapped, &change.current).await.map_err(ApiError::Key)?;
        }
        let wrapped = wrap(store.key(), &change.new).await.map_err(ApiError::Key)?;
        store.set_lock(wrapped).await.map_err(|_| ApiError::NotStored)?;
        self.note_lock(&store);
        self.share_key();
        Ok(())
    }
}

/// Wraps the database key; `None` when nothing is to lock it.
async fn wrap(key: &Secret<32>, with: &LockKey) -> Result<Option<WrappedKey>, KeyError> {
    match with {
        LockKey::Open => Ok(None),
        LockKey::Passkey(output) => {
            let (output, rng) = (Secret::new(*output), &mut system_rng());
            Ok(Some(WrappedKey::with_webauthn_prf(key, Purpose::Database, &output, rng)))
        }
        LockKey::Passphrase(passphrase) => {
            let (key, purpose) = (*key.expose(), Purpose::Database as u8);
            let job = Job::Wrap { key, purpose, passphrase: passphrase.clone() };
            let wrapped = backups::run(&job).await?;
            WrappedKey::decode(&wrapped).map(Some).map_err(|_| KeyError::NotTried)
        }
    }
}

async fn open(wrapped: &WrappedKey, with: &LockKey) -> Result<Secret<32>, KeyError> {
    match with {
        LockKey::Open => Err(KeyError::Empty),
        LockKey::Passkey(output) => {
            let output = Secret::new(*output);
            let opened = wrapped.open(Purpose::Database, Credential::WebAuthnPrf(&output));
            opened.map_err(|error| JobError::from(error).into())
        }
        LockKey::Passphrase(passphrase) => {
            let (wrapped, purpose) = (wrapped.encode(), Purpose::Database as u8);
            let job = Job::Open { wrapped, purpose, passphrase: passphrase.clone() };
            let key = backups::run(&job).await?;
            let key = key.as_slice().try_into().map_err(|_| JobError::NoAnswer)?;
            Ok(Secret::new(key))
        }
    }
}
