//! Accounts: who may log in. Owns `tb_user` (but for its points), `session` and
//! `openid_binding`.

mod bulk_insert;
pub mod guest;
pub mod openid;
pub mod password;
pub mod session;
pub mod session_cache;

use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, FromRow, Row, Tx, params};

pub use bulk_insert::{AccountFingerprint, ImportedAccount, insert_many, settled};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRole {
    /// Buys.
    Buyer,
    /// Runs the shop.
    Operator,
}

impl AccountRole {
    /// The word in the database and the API.
    pub fn word(self) -> &'static str {
        match self {
            AccountRole::Buyer => "buyer",
            AccountRole::Operator => "operator",
        }
    }

    /// What a word means; whatever is not an operator only buys.
    pub fn read(word: &str) -> AccountRole {
        if word == AccountRole::Operator.word() { AccountRole::Operator } else { AccountRole::Buyer }
    }
}

/// An account as its owner may see it, and its password's hash.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name it logs in with.
    pub username: String,
    /// The password's hash; never leaves the program.
    pub password: String,
    /// Points: whole, not negative.
    pub points: i64,
    /// Phone number.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// The name others see.
    pub nick_name: Option<String>,
    /// When it was made.
    pub created: UtcMs,
    /// Whether it may log in.
    pub enabled: bool,
    /// What it may do.
    pub role: AccountRole,
}

impl FromRow for Account {
    fn from_row(row: &mut Row<'_>) -> Result<Account, DbError> {
        Ok(Account {
            username: row.take()?,
            password: row.take()?,
            points: row.take()?,
            phone: row.take()?,
            email: row.take()?,
            nick_name: row.take()?,
            created: row.take()?,
            enabled: row.take::<String>()? == "1",
            role: AccountRole::read(&row.take::<String>()?),
        })
    }
}

/// The account of this name.
pub async fn find(tx: &mut Tx<'_>, username: &str) -> Result<Option<Account>, DbError> {
    let sql = "select username, password, points, phone, email, nick_name, created, status, role \
               from tb_user where username = ?";
    tx.row(sql, params![username]).await
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name it will log in with.
    pub username: String,
    /// The hash of its password.
    pub password: String,
    /// Phone number.
    pub phone: Option<String>,
    /// What it may do.
    pub role: AccountRole,
}

/// Whether an account was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountCreation {
    /// It is there now.
    Yes,
    /// The name belongs to somebody already.
    Taken,
}

/// Makes an account, unless the name is taken.
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

/// Holds what belongs to an account still until the end of the transaction.
pub async fn lock(tx: &mut Tx<'_>, username: &str) -> Result<(), DbError> {
    let sql = "select username from tb_user where username = ? for update";
    tx.row::<(String,)>(sql, params![username]).await.map(drop)
}

/// Keeps a new hash of the password, made with better means than the old one.
pub async fn set_password(tx: &mut Tx<'_>, username: &str, hash: &str, now: UtcMs) -> Result<(), DbError> {
    let sql = "update tb_user set password = ?, updated = ? where username = ?";
    tx.exec(sql, params![hash, now, username]).await.map(drop)
}

/// Notes when the account logged in last.
pub async fn note_login(tx: &mut Tx<'_>, username: &str, now: UtcMs) -> Result<(), DbError> {
    let sql = "update tb_user set last_login_time = ? where username = ?";
    tx.exec(sql, params![now, username]).await.map(drop)
}
