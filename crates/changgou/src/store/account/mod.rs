//! Accounts and logins. Owns `tb_user` (except for its points), `session` and `openid_binding`.

mod bulk_insert;
pub mod guest;
pub mod openid;
pub mod password;
pub mod session;
pub mod session_cache;

use crate::domain::clock::UtcMs;
use crate::domain::username::canonical;
use crate::domain::words::word_enum;
use crate::infra::db::{DbError, Tx, from_row, params};

pub use bulk_insert::{AccountFingerprint, ImportedAccount, find_fingerprints, insert_many};

word_enum! {
    pub enum AccountRole {
        Buyer = "buyer",
        Operator = "operator",
    }
    else Buyer
}

/// `password` is the hash; it never leaves the program.
#[derive(Clone, Debug)]
pub struct Account {
    pub username: String,
    pub password: String,
    /// Not negative.
    pub points: i64,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub nick_name: Option<String>,
    pub created: UtcMs,
    pub enabled: bool,
    pub role: AccountRole,
}

from_row! {
    Account {
        username, password, points, phone, email, nick_name, created, enabled: status, role,
    }
}

/// Compares exactly: a server of the MySQL family finds `demo` for `demo ` too.
pub async fn find(tx: &mut Tx<'_>, username: &str) -> Result<Option<Account>, DbError> {
    let sql = "select username, password, points, phone, email, nick_name, created, status, role \
               from tb_user where username = ?";
    let found: Option<Account> = tx.row(sql, params![username]).await?;
    Ok(found.filter(|account| account.username == username))
}

/// The account that a person means. An account of the Java shop may have a name that is not canonical.
pub async fn find_entered(tx: &mut Tx<'_>, typed: &str) -> Result<Option<Account>, DbError> {
    let username = canonical(typed);
    match find(tx, &username).await? {
        None if typed != username => find(tx, typed).await,
        found @ (Some(_) | None) => Ok(found),
    }
}

/// `password` is the hash.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub username: String,
    pub password: String,
    pub phone: Option<String>,
    pub role: AccountRole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountCreation {
    /// The account was created.
    Yes,
    /// The username exists.
    Taken,
}

pub async fn insert(tx: &mut Tx<'_>, account: &NewAccount, now: UtcMs) -> Result<AccountCreation, DbError> {
    let sql = "insert into tb_user (username, password, phone, created, updated, source_type, status, role) \
               values (?, ?, ?, ?, ?, '1', '1', ?)";
    let (name, phone) = (&account.username, account.phone.as_deref());
    match tx.exec(sql, params![name, &account.password, phone, now, now, account.role.word()]).await {
        Ok(_) => Ok(AccountCreation::Yes),
        Err(DbError::Unique(_)) => Ok(AccountCreation::Taken),
        Err(error) => Err(error),
    }
}

/// Locks the account, and by convention all its rows, until the end of the transaction.
pub async fn lock(tx: &mut Tx<'_>, username: &str) -> Result<(), DbError> {
    let sql = "select username from tb_user where username = ? for update";
    tx.row::<(String,)>(sql, params![username]).await.map(drop)
}

/// Replaces the hash of the password.
pub async fn set_password(tx: &mut Tx<'_>, username: &str, hash: &str, now: UtcMs) -> Result<(), DbError> {
    let sql = "update tb_user set password = ?, updated = ? where username = ?";
    tx.exec(sql, params![hash, now, username]).await.map(drop)
}

pub async fn record_login(tx: &mut Tx<'_>, username: &str, now: UtcMs) -> Result<(), DbError> {
    let sql = "update tb_user set last_login_time = ? where username = ?";
    tx.exec(sql, params![now, username]).await.map(drop)
}
