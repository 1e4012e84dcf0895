//! The encryption of libp2p on the side that is dialled: Noise XX with X25519, ChaCha20-Poly1305 and
//! SHA-256 (libp2p specifications, noise/README.md).
//!
//! What libp2p-noise does, but for the buffers: it keeps four for each connection, 19 KiB, whether
//! anything comes or not. Invariant: a connection over which nothing is on its way holds no buffer.

mod handshake;
mod payload;
mod resolver;

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use futures::{
    AsyncRead, AsyncWrite, FutureExt,
    future::{BoxFuture, Ready, ready},
};
use libp2p::{
    PeerId,
    core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo},
    identity::{DecodingError, Keypair, SigningError},
};
use snow::TransportState;

use self::handshake::Secret;
use crate::defaults;

/// Bytes before each message: its length.
const LENGTH_BYTES: usize = 2;

/// Bytes that encryption adds to a message.
const TAG_BYTES: usize = 16;

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum NoiseError {
    /// The line.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The handshake.
    #[error("the handshake failed: {0}")]
    Handshake(#[from] snow::Error),
    /// Who came did not show who it is.
    #[error("not authenticated")]
    Unauthenticated,
    /// It has a key of an unknown kind.
    #[error("an unknown key: {0}")]
    Key(#[from] DecodingError),
    /// Our own key does not sign.
    #[error("the identity key does not sign: {0}")]
    Signing(#[from] SigningError),
    /// The relay dials nobody.
    #[error("the relay does not dial")]
    Dialled,
}

/// What every handshake begins with: the static key of this run, and the proof that it is ours.
#[derive(Clone, Debug)]
pub struct Config(Secret);

impl Config {
    /// Draws a static key and signs it with `identity`.
    ///
    /// # Errors
    /// When `identity` does not sign.
    pub fn new(identity: &Keypair) -> Result<Self, NoiseError> {
        Secret::new(identity).map(Self)
    }
}

impl UpgradeInfo for Config {
    type Info = &'static str;
    type InfoIter = std::iter::Once<Self::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once("/noise")
    }
}

impl<S> InboundConnectionUpgrade<S> for Config
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = (PeerId, Secured<S>);
    type Error = NoiseError;
    type Future = BoxFuture<'static, Result<Self::Output, NoiseError>>;

    fn upgrade_inbound(self, mut socket: S, _: Self::Info) -> Self::Future {
        async move {
            let (peer, session) = handshake::answer(&self.0, &mut socket).await?;
            Ok((peer, Secured::new(socket, session)))
        }
        .boxed()
    }
}

impl<S> OutboundConnectionUpgrade<S> for Config
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = (PeerId, Secured<S>);
    type Error = NoiseError;
    type Future = Ready<Result<Self::Output, NoiseError>>;

    fn upgrade_outbound(self, _: S, _: Self::Info) -> Self::Future {
        ready(Err(NoiseError::Dialled))
    }
}

/// Bytes in messages of at most 65,535, each encrypted, over `S`.
pub struct Secured<S> {
    socket: S,
    session: TransportState,
    /// Encrypted, and not yet whole.
    sealed: BytesMut,
    /// Of a message, what was not read yet.
    opened: BytesMut,
    /// Was written, and waits for more or for the flush.
    plain: BytesMut,
    /// Encrypted, on its way out.
    output: BytesMut,
}

impl<S> fmt::Debug for Secured<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Secured<S> {
    fn new(socket: S, session: TransportState) -> Self {
        let [sealed, opened, plain, output] = [(); 4].map(|()| BytesMut::new());
        Self { socket, session, sealed, opened, plain, output }
    }

    /// Opens the next message if it is there.
    fn open(&mut self) -> io::Result<bool> {
        let Some((len, rest)) = self.sealed.split_first_chunk() else { return Ok(false) };
        let len = usize::from(u16::from_be_bytes(*len));
        let Some(message) = rest.get(..len) else { return Ok(false) };
        let mut opened = BytesMut::zeroed(len);
        let plain = self.session.read_message(message, &mut opened).map_err(refused)?;
        opened.truncate(plain);
        self.opened = opened;
        self.sealed.advance(LENGTH_BYTES + len);
        if self.sealed.is_empty() {
            self.sealed = BytesMut::new();
        }
        Ok(true)
    }

    /// Reads to the end of the message that has begun, or what there is when none has.
    fn poll_sealed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let socket = Pin::new(&mut self.socket);
        let here = self.sealed.len();
        if let Some((len, _)) = self.sealed.split_first_chunk() {
            self.sealed.resize(LENGTH_BYTES + usize::from(u16::from_be_bytes(*len)), 0);
            let space = self.sealed.get_mut(here..).unwrap_or_default();
            let came = socket.poll_read(cx, space);
            let len = if let Poll::Ready(Ok(len)) = came { len } else { 0 };
            self.sealed.truncate(here + len);
            return came;
        }
        let mut space = [0; defaults::NOISE_READ_BYTES];
        let came = ready!(socket.poll_read(cx, &mut space))?;
        self.sealed.extend_from_slice(space.get(..came).unwrap_or_default());
        Poll::Ready(Ok(came))
    }

    /// Encrypts what was written.
    fn seal(&mut self) -> io::Result<()> {
        let plain = std::mem::take(&mut self.plain);
        let len = plain.len() + TAG_BYTES;
        let prefix = u16::try_from(len).map_err(io::Error::other)?.to_be_bytes();
        let mut output = BytesMut::zeroed(LENGTH_BYTES + len);
        let (length, message) = output.split_at_mut(LENGTH_BYTES);
        length.copy_from_slice(&prefix);
        self.session.write_message(&plain, message).map_err(refused)?;
        self.output = output;
        Ok(())
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.output))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(written);
        }
        self.output = BytesMut::new();
        Poll::Ready(Ok(()))
    }
}

fn refused(error: snow::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        while this.opened.is_empty() {
            if !this.open()? && ready!(this.poll_sealed(cx))? == 0 {
                let cut = !this.sealed.is_empty();
                let error = || Err(io::ErrorKind::UnexpectedEof.into());
                return Poll::Ready(if cut { error() } else { Ok(0) });
            }
        }
        let len = into.len().min(this.opened.len());
        if let Some(into) = into.get_mut(..len) {
            this.opened.copy_to_slice(into);
        }
        if this.opened.is_empty() {
            this.opened = BytesMut::new();
        }
        Poll::Ready(Ok(len))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.plain.len() >= defaults::NOISE_WRITE_BYTES {
            ready!(this.poll_output(cx))?;
            this.seal()?;
        }
        let room = defaults::NOISE_WRITE_BYTES - this.plain.len();
        let chunk = from.get(..room).unwrap_or(from);
        this.plain.extend_from_slice(chunk);
        Poll::Ready(Ok(chunk.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.poll_output(cx))?;
        if !this.plain.is_empty() {
            this.seal()?;
            ready!(this.poll_output(cx))?;
        }
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.socket).poll_close(cx)
    }
}

#[cfg(test)]
mod tests;
