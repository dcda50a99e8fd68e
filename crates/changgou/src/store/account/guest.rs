//! Accounts for payers without one, since an order needs a buyer. Nobody can log in to them.

use super::{AccountCreation, AccountRole, NewAccount, find, insert};
use crate::domain::clock::UtcMs;
use crate::domain::openid::Openid;
use crate::infra::db::{DbError, Tx};
use crate::infra::secret::sha256_hex;

/// Prefix of the usernames. A registered username cannot contain a colon.
const PREFIX: &str = "wx:";

/// Hex digits of the openid's hash in the username: enough to avoid collisions.
const DIGITS: usize = 32;

/// The username of a payer's guest account; always the same for one openid.
pub fn username_for(openid: &Openid) -> String {
    format!("{PREFIX}{}", &sha256_hex(openid.as_str().as_bytes())[..DIGITS])
}

pub fn is_guest(username: &str) -> bool {
    username.starts_with(PREFIX)
}

/// Creates the guest account if it is missing. An empty hash matches no password.
pub async fn create_if_missing(tx: &mut Tx<'_>, username: &str, now: UtcMs) -> Result<(), DbError> {
    if find(tx, username).await?.is_some() {
        return Ok(());
    }
    let guest = NewAccount {
        username: username.to_owned(),
        password: String::new(),
        phone: None,
        role: AccountRole::Buyer,
    };
    match insert(tx, &guest, now).await? {
        AccountCreation::Yes | AccountCreation::Taken => Ok(()),
    }
}
