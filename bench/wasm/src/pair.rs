//! Two people, from their prekeys to a session, as the engine holds them.

use volly_core::{
    identity::{
        AccountSeed, Device, PreKeyKind, PreKeySecrets, Verified, generate_prekeys,
        verify_certificate,
    },
    limits::TURN_AFTER,
    session::SessionState,
    wire::PreKeyBundle,
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{NOW, rng};

/// When the prekeys expire.
const LATER: u64 = NOW as u64 + 1_000;

/// Seconds after which an end whose turn it is begins a chain, whatever it has sent.
#[wasm_bindgen]
#[must_use]
pub fn seconds_to_a_step() -> f64 {
    TURN_AFTER.as_secs_f64()
}

/// An inviter and a guest.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Pair {
    guest: Device,
    inviter: Device,
    secrets: PreKeySecrets,
    bundle: Verified<PreKeyBundle>,
}

#[wasm_bindgen]
impl Pair {
    /// Makes both, signs what has to be signed, and checks it.
    ///
    /// # Panics
    ///
    /// Never: a fresh bundle is valid.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        let mut rng = rng();
        let mut device =
            || Device::generate(&AccountSeed::generate(&mut rng), NOW.into(), &mut rng);
        let (guest, inviter) = (device(), device());
        let (secrets, bundle) = generate_prekeys(&inviter, PreKeyKind::OneTime, 1, LATER, &mut rng);
        let bundle = bundle.verify(inviter.fingerprint(), NOW.into()).expect("it is fresh");
        Self { guest, inviter, secrets, bundle }
    }

    /// Makes and signs prekeys, and checks what a guest checks.
    ///
    /// # Panics
    ///
    /// Never: a fresh bundle is valid.
    pub fn bundles(&self, count: u32) {
        for _ in 0..count {
            let (_, bundle) =
                generate_prekeys(&self.inviter, PreKeyKind::OneTime, 1, LATER, &mut rng());
            bundle.verify(self.inviter.fingerprint(), NOW.into()).expect("it is fresh");
        }
    }

    /// Both sides of a handshake, from a checked bundle to the first content in the inviter's hand,
    /// whose prekeys come from storage. The inviter checks the guest's certificate on the way, see
    /// [`Self::certificates`].
    ///
    /// # Panics
    ///
    /// Never: both sides are in order.
    pub fn handshakes(&self, count: u32) {
        let stored = self.secrets.encode();
        for _ in 0..count {
            let secrets = PreKeySecrets::decode(&stored).expect("it was just encoded");
            self.shake_hands(&secrets);
        }
    }

    /// The one check of a handshake that is never made again.
    ///
    /// # Panics
    ///
    /// Never: the certificate is good.
    pub fn certificates(&self, count: u32) {
        for _ in 0..count {
            let certificate = self.guest.certificate().clone();
            verify_certificate(self.guest.identity(), certificate, NOW.into()).expect("it is good");
        }
    }

    /// The session of two who have met, the guest's end first.
    ///
    /// # Panics
    ///
    /// Never: both sides are in order.
    #[must_use]
    pub fn meet(&self) -> Vec<Session> {
        self.fresh().map(Session).into()
    }
}

impl Pair {
    /// What the guest has of the inviter.
    pub(crate) const fn bundle(&self) -> &Verified<PreKeyBundle> {
        &self.bundle
    }

    /// The session of two who have met, the guest's end first.
    pub(crate) fn fresh(&self) -> [SessionState; 2] {
        self.shake_hands(&self.secrets)
    }

    /// The guest's end of a session that begins with `content`, and the envelope.
    pub(crate) fn initiate(&self, content: &[u8]) -> (SessionState, Vec<u8>) {
        SessionState::initiate(&self.guest, &self.bundle, content, NOW.into(), &mut rng())
            .expect("the bundle is good")
    }

    fn shake_hands(&self, secrets: &PreKeySecrets) -> [SessionState; 2] {
        let (guest, envelope) = self.initiate(b"hello");
        let inviter = SessionState::accept(&self.inviter, secrets, &envelope, NOW.into())
            .expect("the message is good")
            .session;
        [guest, inviter]
    }
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

/// One end of a session.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(SessionState);

#[wasm_bindgen]
impl Session {
    /// Seals `content` into an envelope, so many seconds after the two met.
    ///
    /// # Panics
    ///
    /// When `content` fits no envelope, or the other end has not answered.
    pub fn seal(&mut self, content: &[u8], seconds: u32) -> Vec<u8> {
        self.0.seal(content, (NOW + seconds).into(), &mut rng()).expect("the session is good")
    }

    /// Opens an envelope of the other end, so many seconds after the two met.
    ///
    /// # Panics
    ///
    /// When the envelope is not the other end's, or comes again.
    pub fn open(&mut self, envelope: &[u8], seconds: u32) -> Vec<u8> {
        self.0.open(envelope, (NOW + seconds).into()).expect("the envelope is good").to_vec()
    }
}
