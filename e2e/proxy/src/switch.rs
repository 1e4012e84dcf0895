//! UDP between two that both send first, as browsers do: what comes in at one port goes out of the
//! other, to whoever was heard there.

use core::time::Duration;
use std::{io, net::SocketAddr, sync::Arc};

use tokio::{net::UdpSocket, time::Instant};

use crate::{
    datagrams::{DATAGRAM_BYTES, send_at},
    line::Line,
    state::Seen,
};

/// After this silence somebody else may take the place at a port. A browser tries a path about every
/// 50 ms, and keeps one alive each half a second.
const SILENT_AFTER: Duration = Duration::from_millis(1_500);

/// Who is at a port: the first that was heard there, for as long as it is.
#[derive(Clone, Copy, Debug, Default)]
struct End(Option<(SocketAddr, Duration)>);

impl End {
    /// Whether this one has the place.
    fn hear(&mut self, from: SocketAddr, now: Duration) -> bool {
        let taken =
            self.0.is_some_and(|(other, heard)| other != from && now < heard + SILENT_AFTER);
        if !taken {
            self.0 = Some((from, now));
        }
        !taken
    }
}

/// Carries datagrams between the two ports until the program ends.
///
/// # Errors
/// When a socket is gone.
pub async fn run(one: UdpSocket, other: UdpSocket, seen: Seen) -> io::Result<()> {
    let begun = Instant::now();
    let (one, other) = (Arc::new(one), Arc::new(other));
    let (mut at_one, mut at_other) = (End::default(), End::default());
    let (mut there, mut back) = (seen.line(1), seen.line(2));
    let (mut from_one, mut from_other) = (vec![0; DATAGRAM_BYTES], vec![0; DATAGRAM_BYTES]);
    loop {
        let (received, near, far, out, line, buffer): (_, _, _, _, &mut Line, _) = tokio::select! {
            received = one.recv_from(&mut from_one) => {
                (received, &mut at_one, at_other, &other, &mut there, &from_one)
            }
            received = other.recv_from(&mut from_other) => {
                (received, &mut at_other, at_one, &one, &mut back, &from_other)
            }
        };
        // A port that nobody listens at any more says so with an error.
        let Ok((length, from)) = received else { continue };
        let (true, End(Some((to, _)))) = (near.hear(from, begun.elapsed()), far) else { continue };
        let datagram = buffer.get(..length).unwrap_or_default();
        for arrives in seen.datagram(line, length) {
            send_at(arrives, datagram.to_vec(), Arc::clone(out), Some(to));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_kept_until_its_holder_is_silent() {
        let [first, second]: [SocketAddr; 2] =
            [([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into()];
        let mut end = End::default();
        assert!(end.hear(first, Duration::ZERO));
        assert!(!end.hear(second, Duration::from_secs(1)));
        assert!(end.hear(first, Duration::from_secs(1)));
        assert!(!end.hear(second, Duration::from_millis(2_400)));
        assert!(end.hear(second, Duration::from_millis(2_500)));
        assert!(!end.hear(first, Duration::from_millis(2_600)));
    }
}
