//! Volly's cryptography as JavaScript can time it: each function does one thing so many times.
//!
//! Everything that is done once (identities, certificates, signatures) is made by the constructors.

use getrandom::{SysRng, rand_core::UnwrapErr};
use volly_core::{
    identity::{
        AccountSeed, Device, PreKeyKind, PreKeySecrets, Verified, generate_prekeys,
        verify_certificate,
    },
    session::SessionState,
    wire::PreKeyBundle,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// Seconds since the Unix epoch; one moment is as good as another.
const NOW: u64 = 1_800_000_000;

/// When the prekeys expire.
const LATER: u64 = NOW + 1_000;

/// Bytes of an envelope that carries no key.
const SMALLEST: usize = 512;

/// Messages after which a side whose turn it is would long have begun a chain.
const AHEAD: u32 = 20;

const fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
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
        let mut device = || Device::generate(&AccountSeed::generate(&mut rng), NOW, &mut rng);
        let (guest, inviter) = (device(), device());
        let (secrets, bundle) = generate_prekeys(&inviter, PreKeyKind::OneTime, 1, LATER, &mut rng);
        let bundle = bundle.verify(inviter.fingerprint(), NOW).expect("it is fresh");
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
            bundle.verify(self.inviter.fingerprint(), NOW).expect("it is fresh");
        }
    }

    /// Both sides of a handshake, from a checked bundle to the first content in the inviter's hand.
    /// The inviter checks the guest's certificate on the way, see [`Self::certificates`].
    ///
    /// # Panics
    ///
    /// Never: both sides are in order.
    pub fn handshakes(&self, count: u32) {
        for _ in 0..count {
            let (guest, inviter) = (&self.guest, &self.inviter);
            let (_, envelope) =
                SessionState::initiate(guest, &self.bundle, b"hello", NOW, &mut rng())
                    .expect("the bundle is good");
            SessionState::accept(inviter, &self.secrets, &envelope, NOW)
                .expect("the message is good");
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
            verify_certificate(self.guest.identity(), certificate, NOW).expect("it is good");
        }
    }

    /// Two ends that have met.
    ///
    /// # Panics
    ///
    /// Never: both sides are in order.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        let (guest, envelope) =
            SessionState::initiate(&self.guest, &self.bundle, b"hello", NOW, &mut rng())
                .expect("the bundle is good");
        let inviter = SessionState::accept(&self.inviter, &self.secrets, &envelope, NOW)
            .expect("the message is good")
            .session;
        Conversation { guest, inviter, now: NOW }
    }
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

/// A session, both ends of it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Conversation {
    guest: SessionState,
    inviter: SessionState,
    now: u64,
}

#[wasm_bindgen]
impl Conversation {
    /// The inviter says something and the guest answers, each so many times. Returns the bytes of
    /// all envelopes.
    ///
    /// # Panics
    ///
    /// Never: the session is good.
    pub fn ping_pong(&mut self, count: u32, bytes: usize) -> usize {
        let content = vec![0xA5; bytes];
        let mut total = 0;
        for _ in 0..count {
            self.now += 1;
            total += say(&mut self.inviter, &mut self.guest, &content, self.now);
            total += say(&mut self.guest, &mut self.inviter, &content, self.now);
        }
        total
    }

    /// Both say something until the inviter's chain will last, and the guest has heard of its keys.
    ///
    /// # Panics
    ///
    /// Never: the session is good.
    pub fn settle(&mut self) {
        while self.one_way(AHEAD, 1) > AHEAD as usize * SMALLEST {
            self.ping_pong(1, 1);
        }
    }

    /// The inviter says something so many times. Returns the bytes of all envelopes.
    ///
    /// # Panics
    ///
    /// Never: the session is good.
    pub fn one_way(&mut self, count: u32, bytes: usize) -> usize {
        let content = vec![0xA5; bytes];
        (0..count).map(|_| say(&mut self.inviter, &mut self.guest, &content, self.now)).sum()
    }
}

fn say(from: &mut SessionState, to: &mut SessionState, content: &[u8], now: u64) -> usize {
    let envelope = from.seal(content, now, &mut rng()).expect("the session is good");
    to.open(&envelope, now).expect("the session is good");
    envelope.len()
}
