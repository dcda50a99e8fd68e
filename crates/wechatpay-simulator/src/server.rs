//! Starting and stopping.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::keys::{KeyError, MerchantKeys, PlatformKeys};
use crate::options::Options;
use crate::state::World;
use crate::tls::{self, TlsListener};
use crate::{control, http_server, keys, notice, phone, v2, v3};

const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long [`Simulator::stop`] waits for answers that are still on their way.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// A simulator that listens. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    world: World,
    goodbye: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    tls_server: Option<JoinHandle<()>>,
    notices: JoinHandle<()>,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nobody to pay.
    #[error("at least one merchant is needed")]
    NoMerchant,
    /// The address is taken or not ours.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// Notices could not be sent.
    #[error("cannot make an HTTP client for the notices: {0}")]
    Client(#[source] reqwest::Error),
    /// A merchant's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

/// Starts a simulator; it listens when this returns.
pub async fn start(options: Options) -> Result<Simulator, StartError> {
    let world = World::new(&options)?;
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
    let tls_server = tls.map(|listener| tokio::spawn(serve_tls(listener, world.clone())));
    let (goodbye, told) = oneshot::channel();
    let server = tokio::spawn(serve(listener, router(world.clone()), told));
    let notices = tokio::spawn(world.clone().deliver_notices());
    Ok(Simulator { address, tls_address, world, goodbye: Some(goodbye), server, tls_server, notices })
}

/// Everything a simulator answers, for a server of your own. Spawn [`World::deliver_notices`] beside it.
pub fn router(world: World) -> Router {
    Router::new()
        .merge(v2::routes())
        .merge(v3::routes())
        .merge(control::routes())
        .merge(phone::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(world)
}

impl Simulator {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for https with client certificates.
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_address
    }

    /// The certificate of the https listener, PEM, for clients to trust.
    pub fn tls_certificate_pem(&self) -> String {
        keys::tls_certificate_pem()
    }

    /// What a client signs with under API v3; made now if it was not needed before. Nothing for a stranger.
    pub fn merchant_keys(&self, mch_id: &str) -> Option<MerchantKeys> {
        self.world.keys().account(mch_id).map(|account| account.shown.clone())
    }

    /// What a client verifies with under API v3, as it stands now; made now if it was not needed before.
    pub fn platform_keys(&self) -> PlatformKeys {
        self.world.keys().shown()
    }

    /// Moves the virtual clock and returns when every notice that fell due was answered; see the README.
    pub async fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        notice::advance::advance(self.world.clone(), ms).await;
    }

    /// Ends it. Answers on their way get a second; notices that wait are forgotten.
    pub async fn stop(mut self) {
        self.notices.abort();
        self.goodbye.take();
        // After the grace the drop below ends what still hangs.
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

async fn serve_tls(listener: TlsListener, world: World) {
    let router = tls::guarded(router(world.clone()), world);
    http_server::serve(listener, |stream| tls::known(&router, stream), std::future::pending()).await;
}

async fn serve(listener: TcpListener, router: Router, told: oneshot::Receiver<()>) {
    let goodbye = async {
        // The sender says nothing: that it is gone is the message.
        let _ = told.await;
    };
    http_server::serve(listener, |_| router.clone(), goodbye).await;
}
