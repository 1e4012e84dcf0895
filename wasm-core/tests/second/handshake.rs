//! protocol.md §5: PQXDH, from both sides.

use super::{
    identity::{Bundle, CERTIFICATE, IDENTITY_KEY, certificate, fingerprint},
    primitives::{array, concat, decapsulate, dh, dh_public, encapsulate, kdf, kdf_salted},
    primitives::{kem_public, open, sha256},
};

/// What the recipient keeps secret until a `PreKeyMessage` comes: X25519 keys, and seeds of ML-KEM.
pub struct RecipientSecrets {
    pub fingerprint: [u8; 32],
    pub identity_dh: Vec<u8>,
    pub identity_kem: Vec<u8>,
    pub id: Vec<u8>,
    pub signed_dh: Vec<u8>,
    pub one_time_dh: Option<Vec<u8>>,
    pub pre_kem: Vec<u8>,
}

/// The `keys` of a handshake, one field for each 32 bytes, and the associated data of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    pub root: [u8; 32],
    pub header: [u8; 32],
    pub next_header: [u8; 32],
    pub first_message: [u8; 32],
    pub pair: [u8; 32],
    pub associated_data: [u8; 32],
}

/// All that the transcript names, in its order.
pub struct Transcript<'a> {
    pub initiator: &'a [u8],
    pub recipient: &'a [u8],
    pub initiator_dh: &'a [u8],
    pub recipient_dh: &'a [u8],
    pub signed_dh: &'a [u8],
    pub one_time_dh: Option<&'a [u8]>,
    pub ephemeral: &'a [u8],
    pub recipient_kem: &'a [u8],
    pub pre_kem: &'a [u8],
    pub ct_identity: &'a [u8],
    pub ct_pre: &'a [u8],
}

/// `DH1 ‖ DH2 ‖ DH3 (‖ DH4) ‖ ss_id ‖ ss_pre` becomes the keys.
pub fn keys(secrets: &[[u8; 32]], transcript: &Transcript<'_>) -> Keys {
    let t = transcript;
    let one_time = t.one_time_dh.map_or(Vec::new(), |key| concat(&[&[5], key]));
    let hash = sha256(&concat(&[
        t.initiator,
        t.recipient,
        &[5],
        t.initiator_dh,
        &[5],
        t.recipient_dh,
        &[5],
        t.signed_dh,
        &one_time,
        &[5],
        t.ephemeral,
        &[10],
        t.recipient_kem,
        &[10],
        t.pre_kem,
        t.ct_identity,
        t.ct_pre,
    ]));
    let ikm = concat(&[&[0xFF; 32], secrets.as_flattened()]);
    let info = concat(&[b"volly/1/pqxdh-keys", &hash]);
    let keys: [u8; 160] = kdf_salted(&[0; 32], &ikm, &info);
    let key = |i: usize| array(&keys[32 * i..][..32]);
    let ad = concat(&[b"volly/1/session-ad", t.initiator, t.recipient]);
    Keys {
        root: key(0),
        header: key(1),
        next_header: key(2),
        first_message: key(3),
        pair: key(4),
        associated_data: sha256(&ad),
    }
}

pub fn outer_key(dh2: &[u8], dh3: &[u8], ss_identity: &[u8], ss_pre: &[u8]) -> [u8; 32] {
    kdf(&concat(&[dh2, dh3, ss_identity, ss_pre]), b"volly/1/pqxdh-outer")
}

/// A `PreKeyMessage` as it stands on the wire.
pub struct PreKeyMessage<'a> {
    pub id: &'a [u8],
    pub ephemeral: &'a [u8],
    pub ct_identity: &'a [u8],
    pub ct_pre: &'a [u8],
    pub nonce: &'a [u8],
    pub outer: &'a [u8],
    pub inner: &'a [u8],
}

pub fn pre_key_message(envelope: &[u8]) -> Option<PreKeyMessage<'_>> {
    (envelope.len() > 2_333 && envelope[0] == 1).then(|| PreKeyMessage {
        id: &envelope[1..5],
        ephemeral: &envelope[5..37],
        ct_identity: &envelope[37..1_125],
        ct_pre: &envelope[1_125..2_213],
        nonce: &envelope[2_213..2_237],
        outer: &envelope[2_237..2_317],
        inner: &envelope[2_317..],
    })
}

/// What a `PreKeyMessage` says, and the keys that opened it.
pub struct Opened {
    pub keys: Keys,
    pub initiator: [u8; 32],
    pub initiator_identity_key: Vec<u8>,
    pub initiator_kem: Vec<u8>,
    pub initiated_at: u64,
    pub ratchet_message: Vec<u8>,
}

/// Opens the whole of an envelope that begins a session.
pub fn open_pre_key_message(
    secrets: &RecipientSecrets,
    envelope: &[u8],
    now: u64,
) -> Option<Opened> {
    let message = pre_key_message(envelope)?;
    (message.id == secrets.id).then_some(())?;
    let dh2 = dh(&secrets.identity_dh, message.ephemeral)?;
    let dh3 = dh(&secrets.signed_dh, message.ephemeral)?;
    let one_time = secrets.one_time_dh.as_deref();
    let dh4 = one_time.map_or(Some(Vec::new()), |key| Some(vec![dh(key, message.ephemeral)?]))?;
    let ss_identity = decapsulate(&secrets.identity_kem, message.ct_identity);
    let ss_pre = decapsulate(&secrets.pre_kem, message.ct_pre);
    let outer = outer_key(&dh2, &dh3, &ss_identity, &ss_pre);
    let outer = open(&outer, message.nonce, &envelope[..2_237], message.outer)?;
    let (initiator_dh, initiator) = outer.split_at(32);
    let dh1 = dh(&secrets.signed_dh, initiator_dh)?;
    let keys = keys(
        &[&[dh1, dh2, dh3][..], &dh4, &[ss_identity, ss_pre]].concat(),
        &Transcript {
            initiator,
            recipient: &secrets.fingerprint,
            initiator_dh,
            recipient_dh: &dh_public(&secrets.identity_dh),
            signed_dh: &dh_public(&secrets.signed_dh),
            one_time_dh: one_time.map(dh_public).as_ref().map(<[u8; 32]>::as_slice),
            ephemeral: message.ephemeral,
            recipient_kem: &kem_public(&secrets.identity_kem),
            pre_kem: &kem_public(&secrets.pre_kem),
            ct_identity: message.ct_identity,
            ct_pre: message.ct_pre,
        },
    );
    opened(keys, initiator_dh, initiator, envelope, now)
}

/// Opens the first ciphertext, and checks who it is from.
fn opened(
    keys: Keys,
    initiator_dh: &[u8],
    initiator: &[u8],
    envelope: &[u8],
    now: u64,
) -> Option<Opened> {
    let message = pre_key_message(envelope)?;
    let inner = open(&keys.first_message, message.nonce, &envelope[..2_317], message.inner)?;
    let (identity_key, rest) = inner.split_at_checked(IDENTITY_KEY)?;
    let (device, rest) = rest.split_at_checked(CERTIFICATE)?;
    let (initiated_at, ratchet_message) = rest.split_at_checked(8)?;
    let (_, certified_dh, certified_kem) = certificate(identity_key, device, now)?;
    let genuine = fingerprint(identity_key) == initiator && certified_dh == initiator_dh;
    genuine.then(|| Opened {
        keys,
        initiator: array(initiator),
        initiator_identity_key: identity_key.to_vec(),
        initiator_kem: certified_kem.to_vec(),
        initiated_at: u64::from_be_bytes(array(initiated_at)),
        ratchet_message: ratchet_message.to_vec(),
    })
}

/// What the initiator keeps secret.
pub struct InitiatorSecrets {
    pub fingerprint: [u8; 32],
    pub identity_dh: Vec<u8>,
}

/// Opens the envelope by which the initiator itself began, with `draws` the random bytes that it
/// drew for it: an X25519 key, and the messages of two encapsulations.
pub fn open_own_pre_key_message(
    secrets: &InitiatorSecrets,
    bundle: &Bundle<'_>,
    envelope: &[u8],
    draws: &[Vec<u8>],
    now: u64,
) -> Option<Opened> {
    let message = pre_key_message(envelope)?;
    (message.id == bundle.id).then_some(())?;
    let ephemeral = drawn_dh(draws, message.ephemeral)?;
    let initiator_dh = dh_public(&secrets.identity_dh);
    let ss_identity = drawn(bundle.identity_kem, draws, message.ct_identity)?;
    let ss_pre = drawn(bundle.pre_kem, draws, message.ct_pre)?;
    let dh1 = dh(&secrets.identity_dh, bundle.signed_dh)?;
    let dh2 = dh(ephemeral, bundle.identity_dh)?;
    let dh3 = dh(ephemeral, bundle.signed_dh)?;
    let one_time = bundle.one_time_dh;
    let dh4 = one_time.map_or(Some(Vec::new()), |key| Some(vec![dh(ephemeral, key)?]))?;
    let outer = outer_key(&dh2, &dh3, &ss_identity, &ss_pre);
    let outer = open(&outer, message.nonce, &envelope[..2_237], message.outer)?;
    assert_eq!(outer, concat(&[&initiator_dh, &secrets.fingerprint]));
    let keys = keys(
        &[&[dh1, dh2, dh3][..], &dh4, &[ss_identity, ss_pre]].concat(),
        &Transcript {
            initiator: &secrets.fingerprint,
            recipient: &bundle.fingerprint,
            initiator_dh: &initiator_dh,
            recipient_dh: bundle.identity_dh,
            signed_dh: bundle.signed_dh,
            one_time_dh: bundle.one_time_dh,
            ephemeral: message.ephemeral,
            recipient_kem: bundle.identity_kem,
            pre_kem: bundle.pre_kem,
            ct_identity: message.ct_identity,
            ct_pre: message.ct_pre,
        },
    );
    opened(keys, &initiator_dh, &secrets.fingerprint, envelope, now)
}

/// The X25519 secret of `public`, which is one of the draws.
pub fn drawn_dh<'a>(draws: &'a [Vec<u8>], public: &[u8]) -> Option<&'a Vec<u8>> {
    draws.iter().find(|draw| draw.len() == 32 && dh_public(draw) == public)
}

/// The secret of `ciphertext`, whose message is one of the draws.
pub fn drawn(key: &[u8], draws: &[Vec<u8>], ciphertext: &[u8]) -> Option<[u8; 32]> {
    draws.iter().filter(|draw| draw.len() == 32).find_map(|draw| {
        let (computed, secret) = encapsulate(key, draw);
        (computed == ciphertext).then_some(secret)
    })
}
