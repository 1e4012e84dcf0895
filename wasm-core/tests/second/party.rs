//! One side of a conversation, twice: a real session, and the reader that has the same secrets.

use volly_core::{
    address::{AddressKeys, Direction, Purpose, record_key},
    identity::{Device, PreKeySecrets},
    session::{PostQuantumAuthentication, SessionState},
    wire::PreKeyBundle,
};

use super::{
    handshake::{open_own_pre_key_message, open_pre_key_message},
    identity,
    ratchet::{Reader, Side, Start},
    secrets,
    tape::Tape,
};

/// When every conversation begins, in 2027.
pub const BEGIN: u64 = 1_800_000_000;
/// What a `PreKeyMessage` has around its `RatchetMessage`.
const ENCLOSING: usize = 2_317 + 1_985 + 4_622 + 8 + 16;

/// A real session, and the reader that has the same secrets.
pub struct Party {
    session: SessionState,
    reader: Reader,
    pub pair_secret: [u8; 32],
    tape: Tape,
    /// How far this side's clock is ahead.
    pub skew: u64,
}

impl Party {
    /// Begins a session, and reads the envelope that begins it.
    pub fn initiate(
        device: &Device,
        bundle: PreKeyBundle,
        content: &[u8],
        mut tape: Tape,
    ) -> (Self, Vec<u8>) {
        let encoded = bundle.encode();
        let read = identity::bundle(&encoded, BEGIN).unwrap();
        let owner = bundle.identity.fingerprint();
        assert_eq!(read.fingerprint, owner.0);
        let verified = bundle.verify(&owner, BEGIN).unwrap();
        tape.take();
        let (session, envelope) =
            SessionState::initiate(device, &verified, content, BEGIN, &mut tape).unwrap();
        let draws = tape.take();

        let (secrets, identity_kem) = secrets::initiator(device);
        let opened = open_own_pre_key_message(&secrets, &read, &envelope, &draws, BEGIN).unwrap();
        assert_eq!(opened.initiated_at, BEGIN);
        let latest = Start {
            peer_dh: read.signed_dh.to_vec(),
            peer_kem: read.pre_kem.to_vec(),
            ..Start::default()
        };
        let mut reader = Reader::new(Side::Initiator, &opened.keys, latest, identity_kem);
        let read = reader.sent(&opened.ratchet_message, ENCLOSING, &draws, BEGIN);
        assert_eq!(read.as_deref(), Some(content), "own first message");
        (Self { session, reader, pair_secret: opened.keys.pair, tape, skew: 0 }, envelope)
    }

    /// Accepts a session, and reads the same envelope.
    pub fn accept(
        device: &Device,
        prekeys: &PreKeySecrets,
        envelope: &[u8],
        content: &[u8],
        tape: Tape,
    ) -> Self {
        let accepted = SessionState::accept(device, prekeys, envelope, BEGIN).unwrap();
        assert_eq!(accepted.first_content.as_slice(), content);

        let secrets = secrets::recipient(device, prekeys);
        let opened = open_pre_key_message(&secrets, envelope, BEGIN).unwrap();
        assert_eq!(opened.initiator_identity_key, accepted.identity.to_bytes());
        assert_eq!(opened.initiator, accepted.session.peer_fingerprint().0);
        let latest =
            Start { own_dh: secrets.signed_dh, own_kem: secrets.pre_kem, ..Start::default() };
        let mut reader = Reader::new(Side::Recipient, &opened.keys, latest, opened.initiator_kem);
        let read = reader.receive(&opened.ratchet_message, BEGIN);
        assert_eq!(read.as_deref(), Some(content), "the peer's first message");
        Self { session: accepted.session, reader, pair_secret: opened.keys.pair, tape, skew: 0 }
    }

    /// Neither way opens an envelope that is not as it was sent.
    pub fn refuse(device: &Device, prekeys: &PreKeySecrets, envelope: &[u8]) {
        assert!(SessionState::accept(device, prekeys, envelope, BEGIN).is_err());
        let secrets = secrets::recipient(device, prekeys);
        assert!(open_pre_key_message(&secrets, envelope, BEGIN).is_none());
    }

    /// Seals, and reads what was sealed.
    pub fn send(&mut self, content: &[u8], now: u64) -> Vec<u8> {
        let now = now + self.skew;
        self.tape.take();
        let envelope = self.session.seal(content, now, &mut self.tape).unwrap();
        let draws = self.tape.take();
        let read = self.reader.sent(&envelope, 0, &draws, now);
        assert_eq!(read.as_deref(), Some(content), "own message");
        envelope
    }

    /// Opens on both ways: the same content, or none.
    pub fn open(&mut self, envelope: &[u8], now: u64) -> Option<Vec<u8>> {
        let now = now + self.skew;
        let opened = self.session.open(envelope, now).ok().map(|content| content.to_vec());
        assert_eq!(self.reader.receive(envelope, now), opened, "the peer's message");
        opened
    }

    pub fn assert_same(&self, purposes: &[(Purpose, Direction)], day: u32) {
        assert_eq!(*self.session.pair_secret().expose(), self.pair_secret);
        let done = self.session.post_quantum_authentication() == PostQuantumAuthentication::Done;
        assert_eq!(self.reader.is_authenticated(), done, "post-quantum authentication");
        let secret = self.session.pair_secret();
        for &(purpose, direction) in purposes {
            let keys = AddressKeys::derive(secret, purpose, direction, day);
            let record_key = *record_key(secret, purpose, direction, day).expose();
            let real = (keys.public().read, keys.public().write, keys.address(), record_key);
            let second = identity::address(&self.pair_secret, purpose as u8, direction as u8, day);
            assert_eq!(second, real, "address");
        }
    }
}
