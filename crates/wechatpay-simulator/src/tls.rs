//! The https listener for calls that need a client certificate, such as refunds.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Response};
use axum::serve::Listener;
use axum::{Extension, Router};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use tokio_rustls::server::TlsStream;

use crate::keys;
use crate::state::SimulatorState;

/// The maximum number of connections that wait after the handshake.
const MAX_WAITING: usize = 64;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Accepts connections and runs each handshake in its own task, so that a slow client does not block others.
pub struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: JoinHandle<()>,
}

/// The client of a TLS connection.
#[derive(Debug, Clone)]
pub enum TlsPeer {
    Merchant(String),
    /// A certificate that belongs to no merchant.
    UnknownCertificate,
    /// No certificate.
    NoCertificate,
}

impl TlsListener {
    /// Starts to listen.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::new(config().map_err(io::Error::other)?));
        let (put, ready) = mpsc::channel(MAX_WAITING);
        Ok(Self { address, ready, accepting: tokio::spawn(accept_all(listener, acceptor, put)) })
    }

    /// The address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept_all(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    put: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    loop {
        let Ok((stream, address)) = listener.accept().await else {
            // Usually the process is out of file handles. They become free again.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (acceptor, put) = (acceptor.clone(), put.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                // The receiver is dropped when the simulator stops.
                Ok(Ok(stream)) => drop(put.send((stream, address)).await),
                Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                Err(_) => tracing::debug!("a handshake took too long"),
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// The client certificate of a connection, DER.
#[derive(Debug, Clone)]
struct PresentedCertificate(Option<Vec<u8>>);

/// Adds the check of the client certificate.
pub fn with_certificate_check(router: Router, state: SimulatorState) -> Router {
    router.layer(middleware::from_fn(move |shown: Extension<PresentedCertificate>, request, next| {
        check_certificate(state.clone(), shown, request, next)
    }))
}

/// The router of a connection, with its client certificate for the check.
pub fn router_for_connection(router: &Router, stream: &TlsStream<TcpStream>) -> Router {
    let (_, session) = stream.get_ref();
    let first = session.peer_certificates().and_then(|chain| chain.first());
    router.clone().layer(Extension(PresentedCertificate(first.map(|certificate| certificate.to_vec()))))
}

async fn check_certificate(
    state: SimulatorState,
    Extension(PresentedCertificate(certificate)): Extension<PresentedCertificate>,
    request: Request,
    next: Next,
) -> Response {
    let peer = match certificate {
        None => TlsPeer::NoCertificate,
        Some(certificate) => state
            .keys()
            .merchant_of_certificate(&certificate)
            .map_or(TlsPeer::UnknownCertificate, TlsPeer::Merchant),
    };
    let is_money =
        request.uri().path().starts_with("/secapi/") || request.uri().path() == "/pay/downloadfundflow";
    match peer {
        TlsPeer::NoCertificate if is_money => {
            let words = "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
            (StatusCode::BAD_REQUEST, Html(words)).into_response()
        }
        TlsPeer::NoCertificate | TlsPeer::UnknownCertificate | TlsPeer::Merchant(_) => {
            let mut request = request;
            request.extensions_mut().insert(peer);
            next.run(request).await
        }
    }
}

fn config() -> Result<ServerConfig, Error> {
    let (certificate, key) = keys::tls_identity();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(AcceptAnyCertificate(Arc::clone(&provider)));
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from(certificate)],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)),
        )
}

/// Requests a client certificate and accepts any. Merchant certificates are self-signed here, so `check_certificate`
/// looks up the merchant.
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AcceptAnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
