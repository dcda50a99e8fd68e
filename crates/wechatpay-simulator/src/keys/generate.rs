//! Generating RSA keys and certificates. It takes a tenth of a second, so keys are cached for the whole process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SerialNumber};

use crate::sync::lock;

/// A key pair with a certificate.
#[derive(Debug)]
pub struct GeneratedKey {
    /// Forty hex digits.
    pub serial_no: String,
    pub certificate_pem: String,
    pub private_key_pem: String,
    pub public_key_pem: String,
    pub key: RsaKey,
}

/// An RSA key pair.
#[derive(Debug)]
pub struct RsaKey(RsaKeyPair);

static CACHE: Mutex<Option<HashMap<String, Arc<GeneratedKey>>>> = Mutex::new(None);

/// Returns the key with this name. It is generated once for the whole process.
pub fn cached(name: &str) -> Arc<GeneratedKey> {
    let mut made = lock(&CACHE);
    let made = made.get_or_insert_default();
    Arc::clone(made.entry(name.to_owned()).or_insert_with(|| Arc::new(generate(name))))
}

/// Generates a new key with a certificate for `name`.
pub fn generate(name: &str) -> GeneratedKey {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("RSA keys can be made");
    let serial = serial();
    let certificate_pem = certificate(name, &pair, &serial);
    GeneratedKey {
        serial_no: serial.iter().map(|byte| format!("{byte:02X}")).collect(),
        certificate_pem,
        private_key_pem: pair.serialize_pem(),
        public_key_pem: pair.public_key_pem(),
        key: RsaKey(RsaKeyPair::from_pkcs8(pair.serialized_der()).expect("rcgen writes PKCS#8")),
    }
}

/// A self-signed certificate whose validity exceeds any virtual clock.
fn certificate(name: &str, pair: &KeyPair, serial: &[u8]) -> String {
    let hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(hosts).expect("the names are ASCII");
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.not_before = rcgen::date_time_ymd(2015, 1, 1);
    params.not_after = rcgen::date_time_ymd(2045, 1, 1);
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "wechatpay-simulator");
    params.self_signed(pair).expect("an RSA key can sign its own certificate").pem()
}

/// Twenty random bytes. The first one ensures forty hex digits and a positive number.
fn serial() -> [u8; 20] {
    let mut bytes = [0_u8; 20];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has a random source");
    bytes[0] = 0x40 | (bytes[0] & 0x3f);
    bytes
}

impl RsaKey {
    /// Parses a PKCS#8 private key in PEM.
    pub fn from_pem(pem: &str) -> Option<Self> {
        RsaKeyPair::from_pkcs8(&der(pem)?).ok().map(Self)
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256. Returns base64.
    pub fn sign(&self, message: &[u8]) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = SystemRandom::new();
        self.0.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("2048 bits can sign");
        STANDARD.encode(signature)
    }

    /// The public key in PKCS#1.
    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }
}

/// Decodes the first section of a PEM file.
pub fn der(pem: &str) -> Option<Vec<u8>> {
    let lines = pem.lines().map(str::trim);
    let inner = lines.skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let text: String = inner.take_while(|line| !line.starts_with("-----END")).collect();
    STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}
