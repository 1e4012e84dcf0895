//! `volly-nat KIND ADDRESS INSIDE OUTSIDE`: makes two TUN devices of these names and translates between
//! them until it is ended. Prints `ready` when they are there, and then `PROTOCOL HOST:PORT` for each other
//! end the first time that something is sent there.
//!
//! Whoever starts it moves the devices to where they belong, and gives them addresses and routes.

use std::{error::Error, process::ExitCode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("volly-nat: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
async fn run() -> Result<(), Box<dyn Error>> {
    Err("there are network namespaces on Linux alone".into())
}

#[cfg(target_os = "linux")]
async fn run() -> Result<(), Box<dyn Error>> {
    use std::{collections::BTreeSet, env, net::Ipv4Addr};

    use tokio_tun::Tun;
    use volly_nat::nat::{Kind, Nat};

    /// Longer than a packet of a TUN device, which has 1,500 bytes.
    const PACKET_BYTES: usize = 2_048;

    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kind, address, inside, outside] = arguments.as_slice() else {
        return Err("takes KIND ADDRESS INSIDE OUTSIDE".into());
    };
    let kind: Kind = kind.parse().map_err(|()| "no such kind")?;
    let mut nat = Nat::new(kind, address.parse::<Ipv4Addr>()?);
    let device = |name: &str| -> Result<Tun, Box<dyn Error>> {
        let mut devices = Tun::builder().name(name).build()?;
        devices.pop().ok_or_else(|| "no device".into())
    };
    let (inside, outside) = (device(inside)?, device(outside)?);
    println!("ready");
    let (mut from_inside, mut from_outside) = ([0; PACKET_BYTES], [0; PACKET_BYTES]);
    let mut seen = BTreeSet::new();
    loop {
        // A device that is down refuses packets; they are lost, as on any line.
        tokio::select! {
            length = inside.recv(&mut from_inside) => {
                let packet = from_inside.get_mut(..length?).unwrap_or_default();
                let Some(ends) = nat.outbound(packet) else { continue };
                if seen.insert((ends.protocol, ends.destination)) {
                    println!("{:?} {}", ends.protocol, ends.destination);
                }
                let _ = outside.send(packet).await;
            }
            length = outside.recv(&mut from_outside) => {
                let packet = from_outside.get_mut(..length?).unwrap_or_default();
                if nat.inbound(packet).is_some() {
                    let _ = inside.send(packet).await;
                }
            }
        }
    }
}
