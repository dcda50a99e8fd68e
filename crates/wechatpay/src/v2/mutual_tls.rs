//! Mutual TLS for refunds and fund-flow bills.

use std::fmt;

use reqwest::{Certificate, ClientBuilder, Identity};

use crate::zeroize::zeroize_bytes;

/// The mutual TLS configuration. Refunds and fund-flow bills need it (pay.weixin.qq.com, chapter
/// `4_3`).
#[derive(Clone)]
pub struct MutualTls {
    identity: Option<Identity>,
    root: Option<Certificate>,
    base_url: Option<String>,
}

impl MutualTls {
    /// Uses the merchant's certificate and its private key (`apiclient_cert.pem` and
    /// `apiclient_key.pem`), both PEM.
    ///
    /// # Errors
    /// [`MutualTlsError`] if one of them is missing or cannot be read.
    pub fn with_certificate(certificate_pem: &[u8], key_pem: &[u8]) -> Result<MutualTls, MutualTlsError> {
        let both = [certificate_pem, b"\n", key_pem].concat();
        let identity = Identity::from_pem(&both);
        zeroize_bytes(both);
        let identity = Some(identity.map_err(|_| MutualTlsError::Identity)?);
        Ok(MutualTls { identity, root: None, base_url: None })
    }

    /// Uses no certificate. Only a simulator accepts that.
    pub fn without_certificate() -> MutualTls {
        MutualTls { identity: None, root: None, base_url: None }
    }

    /// Sends these calls to another base URL: http(s), without user, query and fragment.
    pub fn with_base_url(self, base_url: &str) -> MutualTls {
        MutualTls { base_url: Some(base_url.to_owned()), ..self }
    }

    /// Trusts only servers whose certificate was issued by this PEM root.
    ///
    /// # Errors
    /// [`MutualTlsError`] if it cannot be read.
    pub fn trusting_only_root(self, root_pem: &[u8]) -> Result<MutualTls, MutualTlsError> {
        let mut roots = Certificate::from_pem_bundle(root_pem).map_err(|_| MutualTlsError::Root)?;
        if roots.len() != 1 {
            return Err(MutualTlsError::Root);
        }
        Ok(MutualTls { root: roots.pop(), ..self })
    }

    pub(crate) fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    pub(crate) fn configure(self, mut builder: ClientBuilder) -> ClientBuilder {
        if let Some(identity) = self.identity {
            builder = builder.identity(identity);
        }
        match self.root {
            Some(root) => builder.tls_certs_only([root]),
            None => builder,
        }
    }
}

impl fmt::Debug for MutualTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MutualTls").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Why a PEM file cannot be used. The error never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MutualTlsError {
    /// It is not a certificate with its private key.
    #[error("not a PEM certificate and its PEM private key")]
    Identity,
    /// It does not contain exactly one root certificate.
    #[error("not one PEM root certificate")]
    Root,
}
