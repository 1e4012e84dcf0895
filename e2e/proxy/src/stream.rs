//! TCP: each connection that comes in is carried to the target by one of its own.
//!
//! A line that is cut takes connections and answers nothing; when it heals, what waited goes on.

use core::time::Duration;
use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{line::Line, state::Seen};

/// What one packet of Ethernet carries.
const CHUNK_BYTES: usize = 1_460;

/// Chunks on their way. Lower: a long line is slow. Higher: more is sent than a real one would take.
const MAX_CHUNKS: usize = 256;

/// After a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until the program ends.
pub async fn run(listener: TcpListener, seen: Seen) {
    for seed in 0.. {
        match listener.accept().await {
            Ok((client, _)) => {
                let mut seen = seen.begin();
                tokio::spawn(async move {
                    let mut broken = seen.clone();
                    tokio::select! {
                        // Either side may end it; there is nobody to tell.
                        _ = connection(client, &mut seen, seed) => {}
                        () = broken.broken() => {}
                    }
                });
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn connection(client: TcpStream, seen: &mut Seen, seed: u64) -> io::Result<()> {
    // The handshake takes one way there and one back.
    let mut handshake = seen.line(seed);
    let there = seen.chunk(&mut handshake, 0);
    sleep_until(there + (there - Instant::now())).await;
    if !seen.whole().await {
        return Ok(());
    }
    let target = seen.state.borrow().target.ok_or(io::ErrorKind::NotConnected)?;
    let server = TcpStream::connect(target).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(
        carry(from_client, to_server, seen.clone(), seen.line(seed << 1)),
        carry(from_server, to_client, seen.clone(), seen.line((seed << 1) | 1)),
    )?;
    Ok(())
}

/// Carries one direction to its end.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut seen: Seen,
    mut line: Line,
) -> io::Result<()> {
    let (queue, mut queued) = mpsc::channel::<(Instant, Vec<u8>)>(MAX_CHUNKS);
    let arrivals = seen.clone();
    let read = async move {
        loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            let read = from.read(&mut chunk).await?;
            chunk.truncate(read);
            let arrives = arrivals.chunk(&mut line, read);
            if queue.send((arrives, chunk)).await.is_err() || read == 0 {
                return Ok(());
            }
        }
    };
    let write = async move {
        while let Some((arrives, chunk)) = queued.recv().await {
            sleep_until(arrives).await;
            if !seen.whole().await {
                break;
            }
            if chunk.is_empty() {
                return to.shutdown().await;
            }
            to.write_all(&chunk).await?;
        }
        Ok(())
    };
    tokio::try_join!(read, write)?;
    Ok(())
}
