//! Starting and stopping the simulator.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::keys::{MerchantKeys, PlatformCredentials};
use crate::options::SimulatorOptions;
use crate::start_error::StartError;
use crate::state::SimulatorState;
use crate::tls::{self, TlsListener};
use crate::{control, http_server, keys, notice, phone, v2, v3};

const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long [`Simulator::stop`] waits for running answers.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// A running simulator. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    state: SimulatorState,
    shutdown: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    tls_server: Option<JoinHandle<()>>,
    notices: JoinHandle<()>,
}

/// Starts a simulator. It is listening when this function returns.
pub async fn start(options: SimulatorOptions) -> Result<Simulator, StartError> {
    let state = SimulatorState::new(&options)?;
    let refused = |error| StartError::Listen(options.listen, error);
    let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let tls = match options.listen_tls {
        Some(address) => {
            Some(TlsListener::bind(address).await.map_err(|error| StartError::Listen(address, error))?)
        }
        None => None,
    };
    let tls_address = tls.as_ref().map(TlsListener::address);
    let tls_server = tls.map(|listener| tokio::spawn(serve_tls(listener, state.clone())));
    let (shutdown, stopped) = oneshot::channel();
    let server = tokio::spawn(serve(listener, router(state.clone()), stopped));
    let notices = tokio::spawn(state.clone().deliver_notices());
    Ok(Simulator { address, tls_address, state, shutdown: Some(shutdown), server, tls_server, notices })
}

/// All routes of a simulator, for your own server. Run [`SimulatorState::deliver_notices`] beside it.
pub fn router(state: SimulatorState) -> Router {
    Router::new()
        .merge(v2::routes())
        .merge(v3::routes())
        .merge(control::routes())
        .merge(phone::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(state)
}

impl Simulator {
    /// The address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the https listener with client certificates.
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// The certificate of the https listener, PEM. Clients must trust it.
    pub fn tls_certificate_pem(&self) -> String {
        keys::tls_certificate_pem()
    }

    /// The keys of a merchant for API v3, generated on first use. `None` for an unknown merchant.
    pub fn merchant_keys(&self, mch_id: &str) -> Option<MerchantKeys> {
        self.state.keys().account(mch_id).map(|account| account.keys.clone())
    }

    /// The current public keys of the platform for API v3, generated on first use.
    pub fn platform_keys(&self) -> PlatformCredentials {
        self.state.keys().platform_credentials()
    }

    /// Advances the virtual clock and returns when all notices that became due were answered; see the README.
    pub async fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        notice::advance::advance(self.state.clone(), ms).await;
    }

    /// Stops the simulator. Running answers get one second; waiting notices are dropped.
    pub async fn stop(mut self) {
        self.notices.abort();
        self.shutdown.take();
        // After this time, dropping the simulator ends the rest.
        let _ = tokio::time::timeout(STOP_GRACE, &mut self.server).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.notices.abort();
        self.server.abort();
        if let Some(server) = &self.tls_server {
            server.abort();
        }
    }
}

async fn serve_tls(listener: TlsListener, state: SimulatorState) {
    let router = tls::with_certificate_check(router(state.clone()), state);
    http_server::serve(
        listener,
        |stream| tls::router_for_connection(&router, stream),
        std::future::pending(),
    )
    .await;
}

async fn serve(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let shutdown = async {
        // The channel carries no value: dropping the sender is the signal.
        let _ = stopped.await;
    };
    http_server::serve(listener, |_| router.clone(), shutdown).await;
}
