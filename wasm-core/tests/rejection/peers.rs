//! A contact that breaks the rules: what it seals is authentic, and not what the protocol allows.

use volly_core::{
    crypto::{
        aead, dh,
        kem::{Ciphertext, DecapsulationKey},
        secret::Secret,
    },
    limits::MAX_SKIP,
    session::{OpenError, SessionState},
    wire::{Acknowledges, Header, RatchetStep, StepKind, codec::DecodeError},
};

use super::{
    people::{NOW, PEOPLE, met, rng, said},
    points::SMALL_ORDER,
};

/// Where a stored session has the key of its next chain's headers: after `u8 version ‖ u8 role ‖ two
/// fingerprints ‖ u64 certified at ‖ u64 initiated at ‖ pair secret ‖ root key`.
const NEXT_SENDING_HEADER_KEY: usize = 1 + 1 + 32 + 32 + 8 + 8 + 32 + 32;

/// Where the session of an initiator that awaits its answer has the key of its chain's headers: after
/// both next keys, its private ratchet keys and its identity key, with a tag before each but the first.
const SENDING_HEADER_KEY: usize = NEXT_SENDING_HEADER_KEY + 2 * 32 + 1 + 96 + 1 + 64 + 1;

/// Where the step of a header has its ML-KEM key: after `u8 flags ‖ u32 N ‖ u32 PN ‖ ratchet key`.
const KEM_KEY: usize = 1 + 4 + 4 + 32;

/// A message that `forger` is able to seal with the key at this place, with a header of its choice
/// and a body that is not authentic.
fn forged(forger: &SessionState, key: usize, header: &[u8]) -> Vec<u8> {
    let key = forger.encode()[key..][..32].try_into().unwrap();
    let nonce = [5; aead::NONCE_BYTES];
    let sealed = aead::seal(&Secret::new(key), &nonce, &[], header);
    [&nonce[..], &sealed, &[0; 100]].concat()
}

/// The header of a first message that is right but for the body.
fn header(kind: StepKind) -> Header {
    let (_, kem_key) = DecapsulationKey::generate(&mut rng(7));
    let ciphertext = || Ciphertext(Box::new([4; 1_088]));
    let step = (kind != StepKind::None).then(|| RatchetStep {
        previous_chain_len: 0,
        ratchet_key: dh::SecretKey::generate(&mut rng(8)).public_key(),
        kem_key,
        ciphertext: ciphertext(),
        authentication: (kind == StepKind::Authentication).then(ciphertext),
    });
    Header { index: 0, acknowledges: Acknowledges::No, step }
}

/// Someone who awaits a chain of the other, whose first header must be of this kind.
struct Awaiting {
    receiver: SessionState,
    forger: SessionState,
    key: usize,
    kind: StepKind,
}

/// The initiator that awaits the answer, and the recipient that awaits the proof.
fn awaiting() -> [Awaiting; 2] {
    let [mut alice, mut bob] = met(&PEOPLE.alice, 2);
    let (key, kind) = (NEXT_SENDING_HEADER_KEY, StepKind::Authentication);
    let answer = Awaiting { receiver: alice.clone(), forger: bob.clone(), key, kind };
    alice.open(&said(&mut bob, 3), NOW).unwrap();
    [answer, Awaiting { receiver: bob, forger: alice, key, kind: StepKind::Step }]
}

/// The recipient in the middle of the initiator's first chain, in which any kind may come.
fn in_chain() -> Awaiting {
    let [forger, receiver] = met(&PEOPLE.alice, 2);
    Awaiting { receiver, forger, key: SENDING_HEADER_KEY, kind: StepKind::None }
}

impl Awaiting {
    fn refusal(&mut self, header: &[u8]) -> OpenError {
        let envelope = forged(&self.forger, self.key, header);
        let before = self.receiver.encode();
        let error = self.receiver.open(&envelope, NOW).expect_err("it opens");
        assert!(self.receiver.encode() == before, "{error}, and the record has changed");
        error
    }
}

const MALFORMED: OpenError = OpenError::Malformed(DecodeError::Value);

#[test]
fn a_header_of_the_awaited_kind_gets_as_far_as_the_body() {
    for mut awaiting in awaiting() {
        let header = header(awaiting.kind).encode();
        assert_eq!(awaiting.refusal(&header), OpenError::NotAuthentic);
    }
}

#[test]
fn every_other_flag_and_every_other_kind_is_refused() {
    for mut awaiting in awaiting() {
        for kind in StepKind::ALL {
            let mut bytes = header(kind).encode();
            let genuine = bytes[0];
            for flags in 0..=u8::MAX {
                bytes[0] = flags;
                let error = awaiting.refusal(&bytes);
                let right = kind == awaiting.kind && flags & !4 == genuine;
                assert_eq!(error == OpenError::NotAuthentic, right, "{kind:?} {flags}: {error}");
                assert_eq!(matches!(error, OpenError::Malformed(_)), !right, "{kind:?} {flags}");
            }
        }
    }
}

#[test]
fn every_other_flag_in_the_middle_of_a_chain_is_refused() {
    let mut in_chain = in_chain();
    for kind in StepKind::ALL {
        let mut header = header(kind);
        header.index = 1;
        let mut bytes = header.encode();
        let genuine = bytes[0];
        for flags in 0..=u8::MAX {
            bytes[0] = flags;
            let error = in_chain.refusal(&bytes);
            let right = flags & !4 == genuine;
            assert_eq!(error == OpenError::NotAuthentic, right, "{kind:?} {flags}: {error}");
            assert_eq!(matches!(error, OpenError::Malformed(_)), !right, "{kind:?} {flags}");
        }
    }
}

#[test]
fn a_step_with_a_ratchet_key_of_small_order_is_refused() {
    for mut awaiting in awaiting() {
        for point in SMALL_ORDER {
            let mut header = header(awaiting.kind);
            header.step.as_mut().unwrap().ratchet_key = dh::PublicKey(point());
            assert_eq!(awaiting.refusal(&header.encode()), MALFORMED);
        }
    }
}

#[test]
fn a_step_with_a_kem_key_beyond_the_modulus_is_refused() {
    for mut awaiting in awaiting() {
        let mut header = header(awaiting.kind).encode();
        header[KEM_KEY..KEM_KEY + 2].copy_from_slice(&[0xFF, 0x0F]);
        assert_eq!(awaiting.refusal(&header), MALFORMED);
    }
}

#[test]
fn a_number_beyond_what_may_be_missing_is_refused() {
    for mut awaiting in awaiting() {
        for index in [MAX_SKIP + 1, u32::MAX] {
            let mut header = header(awaiting.kind);
            header.index = index;
            let expected = OpenError::GapTooLarge { gap: index, max: MAX_SKIP };
            assert_eq!(awaiting.refusal(&header.encode()), expected);
        }
    }
    // Only who has a chain of the other can be told how long it was.
    let [_, mut recipient] = awaiting();
    let mut header = header(recipient.kind);
    header.step.as_mut().unwrap().previous_chain_len = u32::MAX;
    let error = recipient.refusal(&header.encode());
    assert_eq!(error, OpenError::GapTooLarge { gap: u32::MAX - 1, max: MAX_SKIP });
}
