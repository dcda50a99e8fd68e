/// The platform's public keys, with which clients verify signatures.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlatformCredentials {
    /// `PUB_KEY_ID_…`
    pub public_key_id: String,
    /// PEM.
    pub public_key_pem: String,
    /// The certificates that `/v3/certificates` returns, oldest first.
    pub certificates: Vec<PlatformCertificate>,
}

/// A platform certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlatformCertificate {
    /// Forty hex digits.
    pub serial_no: String,
    /// PEM.
    pub certificate_pem: String,
    /// PEM.
    pub public_key_pem: String,
}
