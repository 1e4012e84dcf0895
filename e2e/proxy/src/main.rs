//! `volly-proxy tcp:NAME udp:NAME switch:NAME …`: opens the lines on free ports of 127.0.0.1, prints
//! `NAME PORT` (or two ports) for each, then `ready`, and carries until its input ends.
//!
//! A line of input is a command, and is answered with one line: `ok`, or `error` and why.
//!
//! ```text
//!  NAME to HOST:PORT           where it leads
//!  NAME loss 20 delay 200 …    see Conditions::change
//!  NAME break                  ends the connections that are there
//!  NAME strand                 has them carry nothing any more (not a switch)
//!  NAME counts                 answers `ok CARRIED LOST`
//! ```

use core::sync::atomic::Ordering;
use std::{collections::BTreeMap, env, error::Error, net::Ipv4Addr, process::ExitCode};

use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    net::{TcpListener, UdpSocket},
    sync::watch,
};
use volly_proxy::{
    datagrams,
    state::{Seen, State},
    stream, switch,
};

const ANY_PORT: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// What a command changes, and what it asks about.
struct Control {
    state: watch::Sender<State>,
    seen: Seen,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("volly-proxy: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut lines = BTreeMap::new();
    for line in env::args().skip(1) {
        let (kind, name) = line.split_once(':').ok_or("takes KIND:NAME")?;
        lines.insert(name.to_owned(), open(kind, name).await?);
    }
    println!("ready");
    let mut commands = BufReader::new(stdin()).lines();
    while let Some(command) = commands.next_line().await? {
        match obey(&lines, &command) {
            Ok(answer) => println!("ok{answer}"),
            Err(error) => println!("error {error}"),
        }
    }
    Ok(())
}

async fn open(kind: &str, name: &str) -> Result<Control, Box<dyn Error>> {
    let (state, looks) = watch::channel(State::default());
    let seen = Seen::new(looks);
    match kind {
        "tcp" => {
            let listener = TcpListener::bind(ANY_PORT).await?;
            println!("{name} {}", listener.local_addr()?.port());
            tokio::spawn(stream::run(listener, seen.clone()));
        }
        "udp" => {
            let socket = UdpSocket::bind(ANY_PORT).await?;
            println!("{name} {}", socket.local_addr()?.port());
            tokio::spawn(datagrams::run(socket, seen.clone()));
        }
        "switch" => {
            let (one, other) = (UdpSocket::bind(ANY_PORT).await?, UdpSocket::bind(ANY_PORT).await?);
            println!("{name} {} {}", one.local_addr()?.port(), other.local_addr()?.port());
            tokio::spawn(switch::run(one, other, seen.clone()));
        }
        _ => return Err(format!("{kind} is neither tcp, udp nor switch").into()),
    }
    Ok(Control { state, seen })
}

fn obey(lines: &BTreeMap<String, Control>, command: &str) -> Result<String, String> {
    let words: Vec<_> = command.split_whitespace().collect();
    let [name, words @ ..] = words.as_slice() else { return Err("says nothing".into()) };
    let Control { state, seen } = lines.get(*name).ok_or("no such line")?;
    match words {
        ["to", target] => {
            let target = target.parse().map_err(|_| "no address")?;
            state.send_modify(|state| state.target = Some(target));
        }
        ["break"] => state.send_modify(|state| state.generation += 1),
        ["strand"] => state.send_modify(|state| state.stranded += 1),
        ["counts"] => {
            let [carried, lost] = [&seen.counts.carried, &seen.counts.lost]
                .map(|count| count.load(Ordering::Relaxed));
            return Ok(format!(" {carried} {lost}"));
        }
        words => {
            let mut conditions = state.borrow().conditions.clone();
            conditions.change(words)?;
            state.send_modify(|state| state.conditions = conditions);
        }
    }
    Ok(String::new())
}
