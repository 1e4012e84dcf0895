//! The companion relay: arguments, greeting, signals.

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
};

use clap::Parser;
use libp2p::Multiaddr;
use tokio::signal::unix::{SignalKind, signal};
use volly_relay::{
    Relay,
    config::{Cli, Command, Config, reachable},
    log, worker_threads,
};

fn main() -> ExitCode {
    let Command::Serve(config) = Cli::parse().command;
    log::start(config.log);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().worker_threads(worker_threads()).build();
    match runtime.map(|runtime| runtime.block_on(serve(&config))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => failure(&*error),
        Err(error) => failure(&error),
    }
}

fn failure(error: &dyn std::error::Error) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::FAILURE
}

async fn serve(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut relay = Relay::start(config).await?;
    greet(relay.address, &relay.mesh)?;
    tokio::select! {
        ended = relay.ended() => ended?,
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    relay.stop().await;
    Ok(())
}

/// Says where the app is. Scripts wait for the line that begins with `ready`.
fn greet(address: SocketAddr, mesh: &[Multiaddr]) -> io::Result<()> {
    let urls: Vec<_> = reachable(address)
        .into_iter()
        .map(|ip| match ip {
            ip if ip.is_loopback() && address.ip().is_unspecified() => {
                format!("http://localhost:{}", address.port())
            }
            ip => format!("http://{}", SocketAddr::new(ip, address.port())),
        })
        .collect();
    let mut out = io::stdout().lock();
    writeln!(out, "volly-relay {}", env!("CARGO_PKG_VERSION"))?;
    for url in &urls {
        writeln!(out, "  {url}")?;
    }
    for address in mesh {
        writeln!(out, "  --peer {address}")?;
    }
    if let Some(code) =
        urls.first().and_then(|url| fast_qr::QRBuilder::new(url.as_str()).build().ok())
    {
        writeln!(out, "{}", code.to_str())?;
    }
    if let Some(url) = urls.last() {
        writeln!(out, "ready {url}")?;
    }
    out.flush()
}
