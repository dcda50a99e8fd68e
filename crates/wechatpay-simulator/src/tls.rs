//! The listener for the calls that give money away: https, and nobody without a merchant's certificate gets through.

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
use crate::state::World;

/// Handshakes that wait to be served.
const MAX_WAITING: usize = 64;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Accepts connections and shakes hands beside the accepting, so that a slow client holds up nobody.
pub struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: JoinHandle<()>,
}

/// The merchant whose certificate the connection showed.
#[derive(Debug, Clone)]
pub enum Peer {
    Merchant(String),
    /// With a certificate of nobody here.
    Stranger,
    /// Without one.
    Nobody,
}

impl TlsListener {
    /// Begins to listen.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::new(config().map_err(io::Error::other)?));
        let (put, ready) = mpsc::channel(MAX_WAITING);
        Ok(Self { address, ready, accepting: tokio::spawn(accept_all(listener, acceptor, put)) })
    }

    /// Where it listens.
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
            // Out of file handles, most likely: they come back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (acceptor, put) = (acceptor.clone(), put.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                // The receiver is gone when the simulator stops.
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

/// The certificate a connection showed, DER.
#[derive(Debug, Clone)]
struct Shown(Option<Vec<u8>>);

/// The same answers behind a guard at the door.
pub fn guarded(router: Router, world: World) -> Router {
    router.layer(middleware::from_fn(move |shown: Extension<Shown>, request, next| {
        guard(world.clone(), shown, request, next)
    }))
}

/// The answers for a connection, of which the guard is told what it showed.
pub fn known(router: &Router, stream: &TlsStream<TcpStream>) -> Router {
    let (_, session) = stream.get_ref();
    let first = session.peer_certificates().and_then(|chain| chain.first());
    router.clone().layer(Extension(Shown(first.map(|certificate| certificate.to_vec()))))
}

async fn guard(
    world: World,
    Extension(Shown(certificate)): Extension<Shown>,
    request: Request,
    next: Next,
) -> Response {
    let peer = match certificate {
        None => Peer::Nobody,
        Some(certificate) => world.keys().holder(&certificate).map_or(Peer::Stranger, Peer::Merchant),
    };
    let is_money =
        request.uri().path().starts_with("/secapi/") || request.uri().path() == "/pay/downloadfundflow";
    match peer {
        Peer::Nobody if is_money => {
            let words = "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
            (StatusCode::BAD_REQUEST, Html(words)).into_response()
        }
        Peer::Nobody | Peer::Stranger | Peer::Merchant(_) => {
            let mut request = request;
            request.extensions_mut().insert(peer);
            next.run(request).await
        }
    }
}

fn config() -> Result<ServerConfig, Error> {
    let (certificate, key) = keys::tls_identity();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from(certificate)],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)),
        )
}

/// Asks for a certificate and believes that who shows one has its key; whose it is the guard looks up. Merchants'
/// certificates are signed by nobody but themselves here.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
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
