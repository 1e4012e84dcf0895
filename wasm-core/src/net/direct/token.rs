//! The proof that a peer is the contact it should be (protocol.md §12).
//!
//! The connection has authenticated both PeerIds, and the token binds them to the secret of the
//! pair; so a token that is overheard or passed on proves nothing elsewhere.

use hmac::{Hmac, KeyInit, Mac};
use libp2p::PeerId;
use sha2::Sha256;

use crate::crypto::secret::Secret;

/// HMAC-SHA-256.
pub(super) type Token = [u8; 32];

/// Who sends the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Role {
    Dialer = 0,
    Listener = 1,
}

/// `HMAC(key, role ‖ sender ‖ receiver)`.
pub(super) fn make(key: &Secret<32>, role: Role, sender: &PeerId, receiver: &PeerId) -> Token {
    mac(key, role, sender, receiver).finalize().into_bytes().into()
}

/// Whether `token` is the one of `sender`, in constant time.
pub(super) fn check(
    key: &Secret<32>,
    role: Role,
    sender: &PeerId,
    receiver: &PeerId,
    token: &[u8],
) -> bool {
    mac(key, role, sender, receiver).verify_slice(token).is_ok()
}

fn mac(key: &Secret<32>, role: Role, sender: &PeerId, receiver: &PeerId) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key.expose())
        .expect("HMAC takes keys of any length")
        .chain_update([role as u8])
        .chain_update(sender.to_bytes())
        .chain_update(receiver.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_proves_one_key_one_role_and_one_order_of_peers() {
        let (key, a, b) = (Secret::new([1; 32]), PeerId::random(), PeerId::random());
        let token = make(&key, Role::Dialer, &a, &b);
        assert!(check(&key, Role::Dialer, &a, &b, &token));
        assert!(!check(&Secret::new([2; 32]), Role::Dialer, &a, &b, &token));
        assert!(!check(&key, Role::Listener, &a, &b, &token));
        assert!(!check(&key, Role::Dialer, &b, &a, &token));
        assert!(!check(&key, Role::Dialer, &a, &b, &token[..31]));
        assert!(!check(&key, Role::Dialer, &a, &b, &[]));
    }
}
