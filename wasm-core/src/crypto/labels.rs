//! Every domain-separation label (protocol.md §1). No label is a prefix of another, so no two uses
//! of one key can meet in the same input.

/// Declares the labels, and the list that the test walks.
macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &[u8] = $text.as_bytes();)*
        #[cfg(test)]
        const ALL: &[&str] = &[$($text),*];
    };
}

labels! {
    /// Account seed to Ed25519 seed (§2).
    IDENTITY_ED25519 = "volly/1/identity/ed25519";
    /// Account seed to ML-DSA-65 seed (§2).
    IDENTITY_ML_DSA_65 = "volly/1/identity/ml-dsa-65";
    /// Identity key to fingerprint (§2).
    FINGERPRINT = "volly/1/fingerprint";
    /// Signature on a device certificate (§3).
    SIGN_DEVICE = "volly/1/sign/device";
    /// Signature on prekeys (§4).
    SIGN_PREKEYS = "volly/1/sign/prekeys";
    /// Signature of an account on its successor (§2).
    SIGN_SUCCESSOR = "volly/1/sign/successor";
    /// Signature of an account on its predecessor (§2).
    SIGN_PREDECESSOR = "volly/1/sign/predecessor";
    /// Handshake secrets to keys (§5).
    PQXDH = "volly/1/pqxdh-keys";
    /// Key that hides the initiator's identity key (§5).
    PQXDH_OUTER = "volly/1/pqxdh-outer";
    /// Associated data of a session (§5).
    ASSOCIATED_DATA = "volly/1/session-ad";
    /// Pair secret to the name of a session (§5).
    SESSION_ID = "volly/1/session-id";
    /// Root step of the ratchet (§6).
    RATCHET_ROOT = "volly/1/ratchet/root";
    /// Shared secret to the key pairs of an address (§9).
    ADDRESS = "volly/1/address";
    /// Public keys of an address to the address (§9).
    RELAY_ADDRESS = "volly/1/relay/address";
    /// Shared secret to the key of a record (§9).
    RECORD = "volly/1/record";
    /// Record key to the offset of a presence record's sequence (§12).
    SEQUENCE = "volly/1/sequence";
    /// Signature on a record (§10).
    RELAY_PUT = "volly/1/relay/put";
    /// Signature on the reading of a record (§10).
    RELAY_GET = "volly/1/relay/get";
    /// Signature on a deposit (§10).
    RELAY_DEPOSIT = "volly/1/relay/deposit";
    /// Signature on a subscription (§10).
    RELAY_SUBSCRIBE = "volly/1/relay/subscribe";
    /// Signature on an acknowledgement (§10).
    RELAY_ACKNOWLEDGE = "volly/1/relay/acknowledge";
    /// Name of a relay to the nonce of a stream (§14).
    RELAY_NONCE = "volly/1/relay/nonce";
    /// What the hash of a file begins with (§7.1).
    FILE = "volly/1/file";
    /// Pair secret to the key of direct streams (§12).
    DIRECT = "volly/1/direct";
    /// Pair secret to the key of a request for a new session (§5.1).
    REUNION = "volly/1/reunion";
    /// Database key to the key of one table.
    AT_REST = "volly/1/at-rest";
    /// Stretched passphrase to the key that wraps another (docs/storage.md).
    WRAP_PASSPHRASE = "volly/1/wrap/passphrase";
    /// Output of a passkey's PRF to the key that wraps another (docs/storage.md).
    WRAP_WEBAUTHN_PRF = "volly/1/wrap/webauthn-prf";
    /// What a passkey's PRF is asked for (docs/storage.md).
    WEBAUTHN_PRF_INPUT = "volly/1/webauthn-prf-input";
    /// Key of a backup file to the key of its chunks (docs/storage.md).
    BACKUP = "volly/1/backup";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn no_label_is_a_prefix_of_another() {
        for (i, a) in ALL.iter().enumerate() {
            assert!(a.starts_with("volly/1/"), "{a} lacks product and version");
            for (j, b) in ALL.iter().enumerate() {
                assert!(i == j || !b.starts_with(a), "{a} is a prefix of {b}");
            }
        }
    }
}
