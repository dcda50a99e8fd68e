//! Connections: how many at once, and how long one may take to say what it wants.
//! A caller who sends a byte a minute holds one seat for seconds, not for ever.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_service::Service;

/// Connections at once; more wait to be accepted.
const SEATS: usize = 10_000;

/// How long the head of a request may take, and a kept-alive connection may idle.
const HEAD: Duration = Duration::from_secs(30);

/// How long open requests may take to end once the shop stops.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait when the system gives no more connections.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stopped` says so, then finishes what was begun.
pub async fn listen(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let (seats, graceful) = (Arc::new(Semaphore::new(SEATS)), GracefulShutdown::new());
    loop {
        tokio::select! {
            (stream, caller, seat) = next(&listener, &seats) => greet(stream, caller, seat, &router, &graceful),
            // The sender going away also means that the shop stops.
            _ = stopped.wait_for(|stop| *stop) => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(PATIENCE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// The next caller, once there is a seat.
async fn next(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let seat = seats.clone().acquire_owned().await.expect("the seats are never closed");
    loop {
        match listener.accept().await {
            Ok((stream, caller)) => return (stream, caller, seat),
            Err(error) => pause(&error).await,
        }
    }
}

async fn pause(error: &io::Error) {
    tracing::warn!(%error, "a connection was not accepted");
    tokio::time::sleep(BREATH).await;
}

fn greet(
    stream: TcpStream,
    caller: SocketAddr,
    seat: OwnedSemaphorePermit,
    router: &Router,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a caller is gone already");
    }
    let router = router.clone();
    let service = service_fn(move |request| answer(router.clone(), request, caller));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended badly");
        }
        drop(seat);
    });
}

async fn answer(
    mut router: Router,
    mut request: Request<Incoming>,
    caller: SocketAddr,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(caller));
    Service::call(&mut router, request.map(Body::new)).await
}
