//! Against libp2p-noise, which dials.

use futures::{AsyncReadExt, AsyncWriteExt, future};
use libp2p::noise;
use tokio::io::{AsyncRead as _, AsyncWrite as _, DuplexStream, ReadBuf};

use super::*;

type Theirs = noise::Output<Pipe>;

/// One end of a pipe, with the traits of libp2p.
struct Pipe(DuplexStream);

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut into = ReadBuf::new(into);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut into))?;
        Poll::Ready(Ok(into.filled().len()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn pipe(bytes: usize) -> (Pipe, Pipe) {
    let (there, here) = tokio::io::duplex(bytes);
    (Pipe(there), Pipe(here))
}

async fn secured(bytes: usize) -> (Theirs, Secured<Pipe>) {
    let (their_key, our_key) = (Keypair::generate_ed25519(), Keypair::generate_ed25519());
    let (there, here) = pipe(bytes);
    let theirs = noise::Config::new(&their_key).unwrap();
    let ours = Config::new(&our_key).unwrap();
    let (theirs, ours) = future::join(
        theirs.upgrade_outbound(there, "/noise"),
        ours.upgrade_inbound(here, "/noise"),
    )
    .await;
    let ((we, theirs), (they, ours)) = (theirs.unwrap(), ours.unwrap());
    assert_eq!(we, our_key.public().to_peer_id());
    assert_eq!(they, their_key.public().to_peer_id());
    (theirs, ours)
}

#[tokio::test]
async fn what_one_says_the_other_hears_and_nothing_is_kept() {
    let sent: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    for bytes in [1, 1_000, 1 << 20] {
        let (theirs, ours) = secured(bytes).await;
        let ((mut their_input, mut their_output), (mut input, mut output)) =
            (theirs.split(), ours.split());
        let say = async |out: &mut (dyn AsyncWrite + Unpin)| {
            for chunk in sent.chunks(70_001) {
                out.write_all(chunk).await.unwrap();
                out.flush().await.unwrap();
            }
        };
        let hear = async |from: &mut (dyn AsyncRead + Unpin)| {
            let mut heard = vec![0; sent.len()];
            from.read_exact(&mut heard).await.unwrap();
            assert!(heard == sent, "through a pipe of {bytes}");
        };
        future::join4(
            say(&mut their_output),
            say(&mut output),
            hear(&mut their_input),
            hear(&mut input),
        )
        .await;
        let ours = input.reunite(output).unwrap();
        let Secured { sealed, opened, plain, output, .. } = &ours;
        assert!([sealed, opened, plain, output].iter().all(|kept| kept.capacity() == 0));
    }
}

#[tokio::test]
async fn a_message_that_was_changed_or_cut_is_an_error_and_an_end_is_none() {
    let (mut theirs, ours) = secured(1_000).await;
    theirs.close().await.unwrap();
    let Secured { socket, session, .. } = ours;
    let mut ours = Secured::new(socket, session);
    assert_eq!(ours.read(&mut [0; 9]).await.unwrap(), 0);
    for (came, kind) in [
        (&[0, 17, 1][..], io::ErrorKind::UnexpectedEof),
        (&[0, 17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7], io::ErrorKind::InvalidData),
        (&[0, 3, 1, 2, 3], io::ErrorKind::InvalidData),
    ] {
        ours.sealed = BytesMut::from(came);
        assert_eq!(ours.read(&mut [0; 9]).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn who_does_not_show_who_it_is_does_not_come_in() {
    for message in [&b"\xFF\xFF"[..], b"\0\0", b"\0\x05hello", &[&b"\0\x21"[..], &[7; 33]].concat()]
    {
        let (mut there, here) = pipe(1_000);
        let ours = Config::new(&Keypair::generate_ed25519()).unwrap();
        there.write_all(message).await.unwrap();
        there.close().await.unwrap();
        assert!(ours.upgrade_inbound(here, "/noise").await.is_err(), "{message:?}");
    }
    let identity = Keypair::generate_ed25519();
    let stolen = Secret::new(&identity).unwrap();
    assert!(impersonate(stolen).await.is_err(), "a payload of somebody else");
}

/// Says the payload of somebody else for a static key of one's own.
async fn impersonate(stolen: Secret) -> Result<PeerId, NoiseError> {
    let (mut there, here) = pipe(1_000);
    let ours = Config::new(&Keypair::generate_ed25519()).unwrap();
    let thief = async {
        let own = handshake::builder().unwrap().generate_keypair().unwrap();
        let builder = handshake::builder().unwrap().local_private_key(&own.private).unwrap();
        let mut session = builder.build_initiator().unwrap();
        let mut buffer = [0; 1_000];
        let len = session.write_message(&[], &mut buffer).unwrap();
        handshake::write(&mut there, &buffer[..len]).await.unwrap();
        let answer = handshake::read(&mut there).await.unwrap();
        session.read_message(&answer, &mut buffer).unwrap();
        let len = session.write_message(&stolen.payload, &mut buffer).unwrap();
        handshake::write(&mut there, &buffer[..len]).await.unwrap();
    };
    let (came_in, ()) = future::join(ours.upgrade_inbound(here, "/noise"), thief).await;
    came_in.map(|(peer, _)| peer)
}
