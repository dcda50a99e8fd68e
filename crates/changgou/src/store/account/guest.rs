//! Accounts of payers who have none: orders need a buyer. Nobody logs in as one.

use super::{AccountCreation, AccountRole, NewAccount, find, insert};
use crate::domain::clock::UtcMs;
use crate::domain::openid::Openid;
use crate::infra::db::{DbError, Tx};
use crate::infra::secret::sha256_hex;

/// What their names begin with. No name that somebody can register has a colon.
const PREFIX: &str = "wx:";

/// Digits of the sum that makes up the rest: enough that no two payers share a name.
const DIGITS: usize = 32;

/// The name of a payer's guest account; the same each time.
pub fn name_of(openid: &Openid) -> String {
    format!("{PREFIX}{}", &sha256_hex(openid.as_str().as_bytes())[..DIGITS])
}

/// Whether an account is a guest's.
pub fn is_guest(username: &str) -> bool {
    username.starts_with(PREFIX)
}

/// Makes a guest account, unless it is there. An empty hash fits no password.
pub async fn admit(tx: &mut Tx<'_>, username: &str, now: UtcMs) -> Result<(), DbError> {
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
