//! The calls that take money out need a client certificate.

use std::fmt;

use reqwest::{Certificate, ClientBuilder, Identity};

use crate::zeroize::wipe_bytes;

/// How money goes out: refunds and the fund flow are asked for over mutual TLS (pay.weixin.qq.com,
/// chapter `4_3`).
#[derive(Clone)]
pub struct MoneyOut {
    identity: Option<Identity>,
    root: Option<Certificate>,
    base_url: Option<String>,
}

impl MoneyOut {
    /// With the merchant's certificate and its private key (`apiclient_cert.pem` and
    /// `apiclient_key.pem`), both PEM.
    ///
    /// # Errors
    /// [`BadIdentity`] when one of them is not there or cannot be read.
    pub fn with_certificate(certificate_pem: &[u8], key_pem: &[u8]) -> Result<MoneyOut, BadIdentity> {
        let both = [certificate_pem, b"\n", key_pem].concat();
        let identity = Identity::from_pem(&both);
        wipe_bytes(both);
        let identity = Some(identity.map_err(|_| BadIdentity::Identity)?);
        Ok(MoneyOut { identity, root: None, base_url: None })
    }

    /// Without a certificate, as only a simulator allows it.
    pub fn without_certificate() -> MoneyOut {
        MoneyOut { identity: None, root: None, base_url: None }
    }

    /// By another address than the other calls: http(s), without user, query and fragment.
    pub fn at(self, base_url: &str) -> MoneyOut {
        MoneyOut { base_url: Some(base_url.to_owned()), ..self }
    }

    /// Trusting servers whose certificate comes from this PEM root, and no others.
    ///
    /// # Errors
    /// [`BadIdentity`] when it cannot be read.
    pub fn trusting_only(self, root_pem: &[u8]) -> Result<MoneyOut, BadIdentity> {
        let mut roots = Certificate::from_pem_bundle(root_pem).map_err(|_| BadIdentity::Root)?;
        if roots.len() != 1 {
            return Err(BadIdentity::Root);
        }
        Ok(MoneyOut { root: roots.pop(), ..self })
    }

    pub(crate) fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    pub(crate) fn dress(self, mut builder: ClientBuilder) -> ClientBuilder {
        if let Some(identity) = self.identity {
            builder = builder.identity(identity);
        }
        match self.root {
            Some(root) => builder.tls_certs_only([root]),
            None => builder,
        }
    }
}

impl fmt::Debug for MoneyOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoneyOut").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Why a PEM text cannot be used. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentity {
    /// It is not a certificate and the private key to it.
    #[error("not a PEM certificate and its PEM private key")]
    Identity,
    /// It is not one root certificate.
    #[error("not one PEM root certificate")]
    Root,
}
