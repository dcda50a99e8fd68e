//! An HTTP server with title-case headers like WeChat's (`Wechatpay-Timestamp`), because WeChat's Java SDK compares
//! header names case-sensitively.

use std::pin::pin;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;

/// Serves until `shutdown`, then waits for the answers that are on their way.
pub async fn serve<L: Listener>(
    mut listener: L,
    router: impl Fn(&L::Io) -> Router + Send,
    shutdown: impl Future<Output = ()> + Send,
) {
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (io, _) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let service = TowerToHyperService::new(router(&io));
        let server =
            http1::Builder::new().title_case_headers(true).serve_connection(TokioIo::new(io), service);
        let connection = graceful.watch(server);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}
