//! Whose primitives noise is made of: X25519 of x25519-dalek, all else of ring.

use snow::{
    Error,
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::{CryptoResolver, RingResolver},
    types::{Cipher, Dh, Hash, Random},
};
use volly_core::crypto::secret::Secret;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

/// Bytes of an X25519 key, of either kind, and of what two agree on.
pub(super) const KEY_BYTES: usize = 32;

/// See the module.
pub(super) struct Resolver;

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        RingResolver.resolve_rng()
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        let known = matches!(choice, DHChoice::Curve25519);
        let pair = || Pair { secret: Secret::new([0; KEY_BYTES]), public: [0; KEY_BYTES] };
        known.then(|| Box::new(pair()) as Box<dyn Dh>)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        RingResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        RingResolver.resolve_cipher(choice)
    }
}

struct Pair {
    secret: Secret<KEY_BYTES>,
    public: [u8; KEY_BYTES],
}

impl Pair {
    fn take(&mut self, secret: Secret<KEY_BYTES>) {
        self.public = x25519(*secret.expose(), X25519_BASEPOINT_BYTES);
        self.secret = secret;
    }
}

impl Dh for Pair {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        KEY_BYTES
    }

    fn priv_len(&self) -> usize {
        KEY_BYTES
    }

    fn set(&mut self, privkey: &[u8]) {
        // snow checks the length before; a shorter one would be filled up with zeros.
        let fill = |key: &mut [u8]| key.iter_mut().zip(privkey).for_each(|(to, from)| *to = *from);
        self.take(Secret::filled(fill));
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), Error> {
        let mut drawn = Ok(());
        let secret = Secret::filled(|key| drawn = rng.try_fill_bytes(key));
        drawn?;
        self.take(secret);
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        self.secret.expose()
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let theirs = pubkey.first_chunk::<KEY_BYTES>().ok_or(Error::Input)?;
        let agreed = x25519(*self.secret.expose(), *theirs);
        out.get_mut(..KEY_BYTES).ok_or(Error::Input)?.copy_from_slice(&agreed);
        Ok(())
    }
}
