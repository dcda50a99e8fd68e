//! Connections: how many at once, and how long each phase of a request may take. A client
//! that keeps the shop waiting loses its connection, and never keeps others out.

mod activity;
mod pool;
mod write_timeout;

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
use tokio::sync::watch;
use tower_service::Service;

use super::log_limit::LogLimit;
use super::timed_body::{BodyClock, TimedBody};
use crate::domain::limits::{HEAD_BYTES_MAX, HEADERS_MAX};
use crate::infra::settings::{HttpLimits, Settings};
pub(super) use activity::Activity;
use pool::{ConnectionPool, Seat};
use write_timeout::WriteTimeout;

/// How long open requests may take to end once the shop stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait after the system refused a connection.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

static NOT_ACCEPTED: LogLimit = LogLimit::new();
static NO_ROOM: LogLimit = LogLimit::new();

/// Serves until `stopped` is true, then finishes the open requests.
pub async fn listen(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    mut stopped: watch::Receiver<bool>,
) {
    let pool = ConnectionPool::new(settings.http, &settings.trusted_proxies);
    let graceful = GracefulShutdown::new();
    loop {
        tokio::select! {
            (stream, caller, seat) = next(&listener, &pool) => {
                serve(stream, caller, seat, settings.http, &router, &graceful);
            }
            // The sender going away also means that the shop stops.
            _ = stopped.wait_for(|stop| *stop) => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

/// The next connection that has a seat. Accepting never waits for a seat: a full pool
/// closes other connections, or this one.
async fn next(listener: &TcpListener, pool: &Arc<ConnectionPool>) -> (TcpStream, SocketAddr, Seat) {
    loop {
        match listener.accept().await {
            Ok((stream, caller)) => match pool.admit(caller.ip()) {
                Some(seat) => return (stream, caller, seat),
                None => NO_ROOM.run(|| tracing::warn!("no connection can be closed for a new one")),
            },
            Err(error) => recover(&error, pool).await,
        }
    }
}

/// The system refuses connections when it has no more file descriptors.
async fn recover(error: &io::Error, pool: &ConnectionPool) {
    let closed = pool.make_room();
    NOT_ACCEPTED.run(|| tracing::warn!(%error, closed, "a connection was not accepted"));
    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
}

fn serve(
    stream: TcpStream,
    caller: SocketAddr,
    seat: Seat,
    limits: HttpLimits,
    router: &Router,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection closed at once");
    }
    let (router, activity) = (router.clone(), seat.activity());
    let service =
        service_fn(move |request| answer(router.clone(), request, caller, activity.clone(), limits));
    let stream = TokioIo::new(WriteTimeout::new(stream, limits.write));
    let connection = graceful.watch(http(limits).serve_connection(stream, service));
    tokio::spawn(async move {
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "a connection failed");
            },
            () = seat.taken_away() => tracing::debug!("a connection was closed for another"),
        }
    });
}

/// Heads above the limit are answered 431. The time of a head includes the time that a
/// kept-alive connection is idle before it.
fn http(limits: HttpLimits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    http.max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
    http
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    caller: SocketAddr,
    activity: Arc<Activity>,
    limits: HttpLimits,
) -> Result<Response, Infallible> {
    activity.works();
    let clock = BodyClock::default();
    let mut request =
        request.map(|body| Body::new(TimedBody::new(body, limits, clock.clone(), activity.clone())));
    request.extensions_mut().insert(ConnectInfo(caller));
    request.extensions_mut().insert(clock);
    let response = Service::call(&mut router, request).await;
    activity.waits();
    response
}
