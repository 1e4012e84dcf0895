//! The HTTP server: the app, its bootstrap document, and the WebSocket of libp2p, on one port.
//!
//! Invariant: every answer, an error too, carries the headers of [`headers`].
//! axum routes; hyper is driven here, so that headers have a time limit, connections a bound, and
//! a panic ends one connection.

pub mod assets;
pub mod bootstrap;
pub mod headers;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task,
};

use self::{assets::Assets, bootstrap::Bootstrap, headers::SecurityHeaders};
use crate::{
    defaults,
    web_socket::{WebSocket, upgrade},
    web_socket_transport::Accepted,
};

/// What the routes share.
#[derive(Clone, Debug)]
struct Shared {
    assets: Arc<Assets>,
    bootstrap: Arc<Bootstrap>,
    sockets: mpsc::Sender<Accepted>,
}

/// One TCP connection: where it comes from, and its place among [`defaults::CONNECTIONS`], which
/// an upgraded socket keeps.
#[derive(Clone, Debug)]
struct Connection {
    remote: SocketAddr,
    place: Arc<std::sync::Mutex<Option<OwnedSemaphorePermit>>>,
}

/// The routes.
fn router(assets: Assets, bootstrap: Bootstrap, sockets: mpsc::Sender<Accepted>) -> Router {
    let (scripts, sources) = (assets.inline_script_hashes(), bootstrap.policy_sources());
    let headers = Arc::new(SecurityHeaders::new(scripts, &sources, bootstrap.others.clone()));
    let shared = Shared { assets: Arc::new(assets), bootstrap: Arc::new(bootstrap), sockets };
    Router::new()
        .route("/", get(root))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/bootstrap.json", get(bootstrap_document))
        .fallback(asset)
        .layer(middleware::map_response(move |response: Response| {
            let headers = Arc::clone(&headers);
            async move { headers.put_on(response) }
        }))
        .with_state(shared)
}

/// The app, or the WebSocket. Pages of other origins may use any relay: clients prove who they
/// are by noise, and no cookie or the like is ever believed.
async fn root(
    State(shared): State<Shared>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    if request.headers().contains_key(header::UPGRADE) {
        web_socket(shared, connection, request)
    } else {
        shared.assets.index(request.headers())
    }
}

fn web_socket(shared: Shared, connection: Connection, request: Request) -> Response {
    let answer = upgrade::answer(request.method(), request.headers());
    let place = || connection.place.lock().ok().and_then(|mut place| place.take());
    let Some((answer, place)) = answer.zip(place()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
        let socket = WebSocket::new(parts.io.into_inner(), parts.read_buf.into(), place);
        // When the swarm is gone the relay is about to end.
        let _ = shared.sockets.send(Accepted { socket, remote: connection.remote }).await;
    });
    answer
}

async fn bootstrap_document(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shared.bootstrap.answer(&headers)
}

async fn asset(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method == Method::GET || method == Method::HEAD {
        shared.assets.answer(uri.path(), &headers)
    } else {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    }
}

/// Accepts connections until it is dropped.
pub async fn run(
    listener: TcpListener,
    assets: Assets,
    bootstrap: Bootstrap,
    sockets: mpsc::Sender<Accepted>,
) {
    let router = router(assets, bootstrap, sockets);
    let places = Arc::new(Semaphore::new(defaults::CONNECTIONS));
    // Dropped with this future, and every connection that is not upgraded with it.
    let mut connections = task::JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, remote)) => {
                    connections.spawn(serve(stream, remote, place, router.clone()));
                }
                Err(error) => {
                    // Mostly: no file descriptors are left. Some time later there are.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(defaults::ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, remote: SocketAddr, place: OwnedSemaphorePermit, router: Router) {
    // Small frames should not wait for each other; without it all works, slower.
    let _ = stream.set_nodelay(true);
    let place = Arc::new(std::sync::Mutex::new(Some(place)));
    let service = router.layer(Extension(Connection { remote, place: Arc::clone(&place) }));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(defaults::HEADER_TIMEOUT)
        .max_buf_size(defaults::HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades()
        .await;
    if served.is_err() {
        tracing::debug!("a connection ended with an error");
    }
    drop(place);
}
