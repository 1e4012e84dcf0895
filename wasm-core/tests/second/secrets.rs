//! The secrets of one side, out of what Volly stores: the only knowledge here that is not from
//! protocol.md.

use volly_core::identity::{Device, PreKeySecrets};

use super::{
    handshake::{InitiatorSecrets, RecipientSecrets},
    identity::{CERTIFICATE, fingerprint},
    primitives::take,
};

/// `(X25519 identity key, ML-KEM identity seed)` of a device: the last of
/// `u8 1 ‖ Ed25519 seed ‖ ML-DSA seed ‖ X25519 key ‖ ML-KEM seed ‖ DeviceCertificate`.
fn device_keys(device: &Device) -> (Vec<u8>, Vec<u8>) {
    let encoded = device.encode();
    let rest = &mut encoded.as_slice();
    assert_eq!(take(rest, 1), Some(&[1][..]));
    take(rest, 64).unwrap();
    let keys = (take(rest, 32).unwrap().to_vec(), take(rest, 64).unwrap().to_vec());
    assert_eq!(rest.len(), CERTIFICATE);
    keys
}

pub fn initiator(device: &Device) -> (InitiatorSecrets, Vec<u8>) {
    let (identity_dh, identity_kem) = device_keys(device);
    let fingerprint = fingerprint(&device.identity().to_bytes());
    (InitiatorSecrets { fingerprint, identity_dh }, identity_kem)
}

/// The prekeys are `u8 1 ‖ u32 id ‖ SPK ‖ u8 n ‖ n × OPK ‖ PQOPK`, private halves.
pub fn recipient(device: &Device, prekeys: &PreKeySecrets) -> RecipientSecrets {
    let (identity_dh, identity_kem) = device_keys(device);
    let encoded = prekeys.encode();
    let rest = &mut encoded.as_slice();
    assert_eq!(take(rest, 1), Some(&[1][..]));
    let mut next = |n| take(rest, n).unwrap().to_vec();
    RecipientSecrets {
        fingerprint: fingerprint(&device.identity().to_bytes()),
        identity_dh,
        identity_kem,
        id: next(4),
        signed_dh: next(32),
        one_time_dh: (next(1) == [1]).then(|| next(32)),
        pre_kem: next(64),
    }
}
