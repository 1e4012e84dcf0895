//! Three messages, after which both know who is there.

use std::{fmt, io, sync::Arc};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{
    PeerId,
    identity::{Keypair, PublicKey},
};
use snow::{Builder, TransportState};
use volly_core::crypto::secret;

use super::{
    LENGTH_BYTES, NoiseError,
    payload::Payload,
    resolver::{KEY_BYTES, Resolver},
};
use crate::defaults;

const PATTERN: &str = "Noise_XX_25519_ChaChaPoly_SHA256";

/// What an identity key signs before the static key.
const DOMAIN: &[u8] = b"noise-libp2p-static-key:";

/// See [`super::Config`].
#[derive(Clone)]
pub(super) struct Secret {
    key: Arc<secret::Secret<KEY_BYTES>>,
    /// Who we are, and that the key is ours.
    pub(super) payload: Arc<[u8]>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl Secret {
    pub(super) fn new(identity: &Keypair) -> Result<Self, NoiseError> {
        let pair = builder()?.generate_keypair()?;
        let identity_sig = identity.sign(&[DOMAIN, &pair.public].concat())?;
        let identity_key = identity.public().encode_protobuf();
        let payload = Payload { identity_key: &identity_key, identity_sig: &identity_sig }.encode();
        let key = <[u8; KEY_BYTES]>::try_from(pair.private.as_slice());
        let key = key.map_err(|_| snow::Error::Input)?;
        Ok(Self { key: Arc::new(secret::Secret::new(key)), payload: payload.into() })
    }
}

pub(super) fn builder<'b>() -> Result<Builder<'b>, snow::Error> {
    Ok(Builder::with_resolver(PATTERN.parse()?, Box::new(Resolver)))
}

/// Does the handshake with who has dialled. Nothing is read beyond it.
pub(super) async fn answer(
    ours: &Secret,
    socket: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> Result<(PeerId, TransportState), NoiseError> {
    let mut session = builder()?.local_private_key(ours.key.expose())?.build_responder()?;
    let mut said = vec![0; defaults::NOISE_HANDSHAKE_BYTES];
    let message = read(socket).await?;
    if session.read_message(&message, &mut said)? != 0 {
        return Err(NoiseError::Unauthenticated);
    }
    let len = session.write_message(&ours.payload, &mut said)?;
    write(socket, said.get(..len).unwrap_or_default()).await?;
    let message = read(socket).await?;
    let len = session.read_message(&message, &mut said)?;
    let payload = Payload::decode(said.get(..len).unwrap_or_default());
    let Payload { identity_key, identity_sig } = payload.ok_or(NoiseError::Unauthenticated)?;
    let identity = PublicKey::try_decode_protobuf(identity_key)?;
    let theirs = session.get_remote_static().ok_or(NoiseError::Unauthenticated)?;
    if !identity.verify(&[DOMAIN, theirs].concat(), identity_sig) {
        return Err(NoiseError::Unauthenticated);
    }
    Ok((identity.to_peer_id(), session.into_transport_mode()?))
}

pub(super) async fn read(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut len = [0; LENGTH_BYTES];
    socket.read_exact(&mut len).await?;
    let len = usize::from(u16::from_be_bytes(len));
    if len > defaults::NOISE_HANDSHAKE_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a handshake that is too long"));
    }
    let mut message = vec![0; len];
    socket.read_exact(&mut message).await?;
    Ok(message)
}

pub(super) async fn write(
    socket: &mut (impl AsyncWrite + Unpin),
    message: &[u8],
) -> io::Result<()> {
    let len = u16::try_from(message.len()).map_err(io::Error::other)?;
    socket.write_all(&[&len.to_be_bytes(), message].concat()).await?;
    socket.flush().await
}
