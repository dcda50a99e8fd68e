/// What a client needs to verify what the platform signs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlatformKeys {
    /// `PUB_KEY_ID_…`
    pub public_key_id: String,
    /// PEM.
    pub public_key_pem: String,
    /// Oldest first; those that `/v3/certificates` gives away.
    pub certificates: Vec<PlatformCertificate>,
}

/// One of the platform's certificates.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PlatformCertificate {
    /// Forty hex digits.
    pub serial_no: String,
    /// PEM.
    pub certificate_pem: String,
    /// PEM.
    pub public_key_pem: String,
}
