//! Refunds use mutual TLS and trust only one root.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use wechatpay::v2::{MutualTls, SignType, V2CallError, V2Client};

use crate::common::{from_wechat, merchant, signed};
use crate::refund::refund;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn root() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn leaf(root: &Issuer) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, root).unwrap(), key)
}

fn config(root: &Issuer) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let (certificate, key) = leaf(root);
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

/// A server that requires a certificate issued by `root` and always sends `answer`.
async fn server(root: &Issuer, answer: String) -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(config(root)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 8192]).await;
            let words = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            );
            let _ = stream.write_all(words.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

fn answer() -> String {
    let fields = from_wechat(&[
        ("transaction_id", "4200000000202601010000000001"),
        ("out_trade_no", &refund().out_trade_no),
        ("out_refund_no", "R_1@1"),
        ("refund_id", "50000000382019052709732678859"),
        ("refund_fee", "100"),
        ("total_fee", "101"),
    ]);
    signed(&fields, SignType::HmacSha256)
}

async fn asked(way: MutualTls, address: SocketAddr) -> Result<String, V2CallError> {
    let client = V2Client::new("http://127.0.0.1:1", merchant()).unwrap();
    let client =
        client.with_mutual_tls(way.with_base_url(&format!("https://localhost:{}", address.port()))).unwrap();
    let request = refund().request(&merchant()).unwrap();
    client.refund(&request, SignType::HmacSha256).await.map(|accepted| accepted.refund_id)
}

fn certified(root: &Issuer) -> MutualTls {
    let (certificate, key) = leaf(root);
    MutualTls::with_certificate(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap()
}

#[tokio::test]
async fn a_refund_shows_the_certificate() {
    let root = root();
    let address = server(&root, answer()).await;
    let way = certified(&root).trusting_only_root(root.pem().as_bytes()).unwrap();
    assert_eq!(asked(way, address).await.as_deref(), Ok("50000000382019052709732678859"));
}

#[tokio::test]
async fn without_a_good_certificate_there_is_no_refund() {
    let (root, other) = (root(), self::root());
    let address = server(&root, answer()).await;
    for way in [MutualTls::without_certificate(), certified(&other)] {
        assert!(asked(way.trusting_only_root(root.pem().as_bytes()).unwrap(), address).await.is_err());
    }
}

#[tokio::test]
async fn servers_of_other_roots_are_not_trusted() {
    let root = root();
    let address = server(&root, answer()).await;
    for way in [certified(&root), certified(&root).trusting_only_root(self::root().pem().as_bytes()).unwrap()]
    {
        assert!(matches!(asked(way, address).await, Err(V2CallError::NotSent(_))));
    }
}

#[test]
fn a_key_that_does_not_fit_is_refused_and_none_is_shown() {
    let root = root();
    let (certificate, key) = leaf(&root);
    let (_, other) = leaf(&root);
    let way = |key: &KeyPair| {
        MutualTls::with_certificate(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap()
    };
    let client = || V2Client::new("http://127.0.0.1:1", merchant()).unwrap();
    assert!(client().with_mutual_tls(way(&other)).is_err());
    let shown = format!("{:?} {:?}", way(&key), client().with_mutual_tls(way(&key)).unwrap());
    assert!(!shown.contains("PRIVATE") && shown.len() < 2000, "{shown}");
}
