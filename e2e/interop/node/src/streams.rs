//! What the two ends of a stream do.

use std::io;

use futures::{AsyncReadExt, AsyncWriteExt, future::try_join};
use libp2p::Stream;

/// Bytes read or written at once.
const CHUNK: usize = 64 * 1_024;

/// Gives back what comes, until its end.
pub(crate) async fn echo(mut stream: Stream) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return stream.close().await;
        }
        stream.write_all(chunk.get(..read).unwrap_or_default()).await?;
        stream.flush().await?;
    }
}

/// Reads until the end, and says how much it was.
pub(crate) async fn count(mut stream: Stream) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut count = 0_u64;
    loop {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        count += read as u64;
    }
    stream.write_all(&count.to_be_bytes()).await?;
    stream.close().await
}

/// Sends all, and the end, while it reads until the other end.
pub(crate) async fn exchange(stream: Stream, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let (mut reader, mut writer) = stream.split();
    let write = async {
        writer.write_all(bytes).await?;
        writer.flush().await?;
        writer.close().await
    };
    let mut answer = Vec::new();
    try_join(write, reader.read_to_end(&mut answer)).await?;
    Ok(answer)
}

/// Sends messages to an echo, one after the other; how long each was away.
pub(crate) async fn round_trips(
    mut stream: Stream,
    count: u32,
    size: usize,
    now: fn() -> f64,
) -> io::Result<Vec<f64>> {
    let mut message = vec![0xA5; size];
    let mut took = Vec::new();
    for _ in 0..count {
        let started = now();
        stream.write_all(&message).await?;
        stream.flush().await?;
        stream.read_exact(&mut message).await?;
        took.push(now() - started);
    }
    stream.close().await?;
    Ok(took)
}

/// Sends so many bytes to a counter, and waits until it has them.
///
/// # Errors
///
/// Those of the stream; [`io::ErrorKind::InvalidData`] when it has counted something else.
pub(crate) async fn push(mut stream: Stream, bytes: usize) -> io::Result<()> {
    let chunk = vec![0xA5; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let next = chunk.get(..left).unwrap_or(&chunk);
        stream.write_all(next).await?;
        left -= next.len();
    }
    stream.close().await?;
    let mut counted = [0; 8];
    stream.read_exact(&mut counted).await?;
    match u64::from_be_bytes(counted) == bytes as u64 {
        true => Ok(()),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}
