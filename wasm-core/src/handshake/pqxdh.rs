//! PQXDH (Signal, revision 3) with one more encapsulation, to the recipient's certified ML-KEM
//! key, so that the recipient is authenticated post-quantum from its first answer on.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{HandshakeError, HandshakeKeys};
use crate::{
    crypto::{
        aead::{self, NONCE_BYTES},
        dh, kdf,
        kem::EncapsulationKey,
        labels,
        secret::Secret,
    },
    identity::{Device, Fingerprint, PreKeySecrets, Verified},
    wire::{
        Initiator, PreKeyBundle, PreKeyMessage, Prologue,
        codec::{Reader, Writer},
    },
};

/// Marks an X25519 key in the transcript.
const X25519: u8 = 0x05;
/// Marks an ML-KEM-768 key in the transcript.
const ML_KEM_768: u8 = 0x0A;

/// What the initiator has after its half.
#[derive(Debug)]
pub struct Initiation {
    /// Agreed with whoever holds the private halves of the bundle.
    pub keys: HandshakeKeys,
    /// The first bytes of the pre-key message; associated data of the rest.
    pub head: Vec<u8>,
    /// Of the rest, with the first-message key.
    pub nonce: [u8; NONCE_BYTES],
}

/// What the recipient has after its half. The initiator is claimed: it is proven once the rest of
/// the message opens and holds a certificate for [`Initiator::dh_key`].
#[derive(Debug)]
pub struct Acceptance {
    /// Agreed with whoever holds the private half of [`Initiator::dh_key`].
    pub keys: HandshakeKeys,
    /// Who calls.
    pub initiator: Initiator,
}

/// The initiator's half.
///
/// # Errors
///
/// [`HandshakeError::KeyAgreement`].
pub fn initiate(
    device: &Device,
    bundle: &Verified<PreKeyBundle>,
    rng: &mut impl CryptoRng,
) -> Result<Initiation, HandshakeError> {
    let (certificate, prekeys) = (&bundle.certificate, &bundle.prekeys);
    let ephemeral = dh::SecretKey::generate(rng);
    let (identity_ciphertext, identity_secret) = certificate.kem_key.encapsulate(rng);
    let (prekey_ciphertext, prekey_secret) = prekeys.kem_prekey.encapsulate(rng);
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);

    let secrets = Secrets {
        dh1: agree(&device.dh_key, &prekeys.signed_prekey)?,
        dh2: agree(&ephemeral, &certificate.dh_key)?,
        dh3: agree(&ephemeral, &prekeys.signed_prekey)?,
        dh4: prekeys.one_time_prekey.map(|key| agree(&ephemeral, &key)).transpose()?,
        identity: identity_secret,
        prekey: prekey_secret,
    };
    let prologue = Prologue {
        prekey_id: prekeys.id,
        ephemeral_key: ephemeral.public_key(),
        identity_ciphertext,
        prekey_ciphertext,
        nonce,
    };
    let initiator =
        Initiator { dh_key: device.certificate().dh_key, fingerprint: *device.fingerprint() };
    let recipient = Recipient {
        fingerprint: &bundle.identity.fingerprint(),
        dh_key: &certificate.dh_key,
        kem_key: &certificate.kem_key,
        signed_prekey: &prekeys.signed_prekey,
        one_time_prekey: prekeys.one_time_prekey.as_ref(),
        kem_prekey: &prekeys.kem_prekey,
    };
    let keys = secrets.keys(&transcript(&initiator, &recipient, &prologue));
    let mut head = prologue.encode();
    let outer_key = outer_key(&secrets.dh2, &secrets.dh3, &secrets.identity, &secrets.prekey);
    let sealed = aead::seal(&outer_key, &nonce, &head, &initiator.encode());
    head.extend_from_slice(&sealed);
    Ok(Initiation { keys, head, nonce })
}

/// The recipient's half.
///
/// # Errors
///
/// [`HandshakeError`].
pub fn accept(
    device: &Device,
    prekeys: &PreKeySecrets,
    message: &PreKeyMessage<'_>,
) -> Result<Acceptance, HandshakeError> {
    let prologue = &message.prologue;
    if prologue.prekey_id != prekeys.id {
        return Err(HandshakeError::PreKeyId(prologue.prekey_id));
    }
    let dh2 = agree(&device.dh_key, &prologue.ephemeral_key)?;
    let dh3 = agree(&prekeys.signed_prekey, &prologue.ephemeral_key)?;
    let identity = device.kem_key.decapsulate(&prologue.identity_ciphertext);
    let prekey = prekeys.kem_prekey.decapsulate(&prologue.prekey_ciphertext);
    let outer_key = outer_key(&dh2, &dh3, &identity, &prekey);
    let opened =
        aead::open(&outer_key, &prologue.nonce, message.prologue_bytes, message.sealed_initiator)
            .map_err(|_| HandshakeError::NotAuthentic)?;
    let initiator = Initiator::decode(&opened)?;

    let one_time = prekeys.one_time_prekey.as_ref();
    let secrets = Secrets {
        dh1: agree(&prekeys.signed_prekey, &initiator.dh_key)?,
        dh2,
        dh3,
        dh4: one_time.map(|key| agree(key, &prologue.ephemeral_key)).transpose()?,
        identity,
        prekey,
    };
    let one_time = one_time.map(dh::SecretKey::public_key);
    let recipient = Recipient {
        fingerprint: device.fingerprint(),
        dh_key: &device.certificate().dh_key,
        kem_key: &device.certificate().kem_key,
        signed_prekey: &prekeys.signed_prekey.public_key(),
        one_time_prekey: one_time.as_ref(),
        kem_prekey: &prekeys.kem_prekey.encapsulation_key(),
    };
    let keys = secrets.keys(&transcript(&initiator, &recipient, prologue));
    Ok(Acceptance { keys, initiator })
}

/// What both sides compute, and nobody else can.
struct Secrets {
    dh1: Secret<32>,
    dh2: Secret<32>,
    dh3: Secret<32>,
    /// Not with prekeys of last resort.
    dh4: Option<Secret<32>>,
    identity: Secret<32>,
    prekey: Secret<32>,
}

impl Secrets {
    /// `KDF[0x00 × 32](0xFF × 32 ‖ DH1 ‖ … ‖ ss_pre, "volly/1/pqxdh-keys" ‖ transcript hash, 160)`.
    fn keys(&self, transcript: &[u8; 32]) -> HandshakeKeys {
        let mut ikm = Writer::with_capacity(7 * 32)
            .bytes(&[0xFF; 32])
            .bytes(self.dh1.expose())
            .bytes(self.dh2.expose())
            .bytes(self.dh3.expose());
        if let Some(dh4) = &self.dh4 {
            ikm = ikm.bytes(dh4.expose());
        }
        let ikm = ikm.bytes(self.identity.expose()).bytes(self.prekey.expose()).finish();
        let ikm = Zeroizing::new(ikm);
        let okm: Secret<160> = kdf::derive_salted(&[0; 32], &ikm, labels::PQXDH, &[transcript]);
        let mut reader = Reader::new(okm.expose());
        let mut key = || Secret::new(reader.array().expect("five keys of 32 bytes are 160"));
        HandshakeKeys {
            root_key: key(),
            header_key: key(),
            next_header_key: key(),
            first_message_key: key(),
            pair_secret: key(),
        }
    }
}

/// `KDF(DH2 ‖ DH3 ‖ ss_id ‖ ss_pre, "volly/1/pqxdh-outer", 32)`.
fn outer_key(
    dh2: &Secret<32>,
    dh3: &Secret<32>,
    identity: &Secret<32>,
    prekey: &Secret<32>,
) -> Secret<32> {
    let ikm = [*dh2.expose(), *dh3.expose(), *identity.expose(), *prekey.expose()];
    kdf::derive(Zeroizing::new(ikm).as_flattened(), labels::PQXDH_OUTER, &[])
}

/// The public keys of the recipient.
struct Recipient<'a> {
    fingerprint: &'a Fingerprint,
    dh_key: &'a dh::PublicKey,
    kem_key: &'a EncapsulationKey,
    signed_prekey: &'a dh::PublicKey,
    one_time_prekey: Option<&'a dh::PublicKey>,
    kem_prekey: &'a EncapsulationKey,
}

/// Hashes everything public that the keys depend on (protocol.md §5).
fn transcript(initiator: &Initiator, recipient: &Recipient<'_>, prologue: &Prologue) -> [u8; 32] {
    let mut hash =
        Sha256::new().chain_update(initiator.fingerprint.0).chain_update(recipient.fingerprint.0);
    let long_lived = [&initiator.dh_key, recipient.dh_key, recipient.signed_prekey];
    for key in
        long_lived.into_iter().chain(recipient.one_time_prekey).chain([&prologue.ephemeral_key])
    {
        hash.update([X25519]);
        hash.update(key.0);
    }
    for key in [recipient.kem_key, recipient.kem_prekey] {
        hash.update([ML_KEM_768]);
        hash.update(key.to_bytes());
    }
    hash.chain_update(prologue.identity_ciphertext.0.as_slice())
        .chain_update(prologue.prekey_ciphertext.0.as_slice())
        .finalize()
        .into()
}

fn agree(ours: &dh::SecretKey, theirs: &dh::PublicKey) -> Result<Secret<32>, HandshakeError> {
    ours.agree(theirs).ok_or(HandshakeError::KeyAgreement)
}
