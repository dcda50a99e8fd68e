//! Importing accounts in bulk.

use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, Tx, Value, from_row};

/// A buyer's account from another system, without its points.
#[derive(Clone, Debug, Default)]
pub struct ImportedAccount {
    pub username: String,
    pub password: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub created: Option<UtcMs>,
    pub updated: Option<UtcMs>,
    /// Where the account was registered, as in the Java shop.
    pub source_type: Option<String>,
    pub nick_name: Option<String>,
    pub name: Option<String>,
    /// `0` if the account may not log in.
    pub status: Option<String>,
    pub head_pic: Option<String>,
    pub qq: Option<String>,
    /// As in the Java shop, like the fields below.
    pub is_mobile_check: Option<String>,
    pub is_email_check: Option<String>,
    pub sex: Option<String>,
    pub user_level: Option<i64>,
    pub experience_value: Option<i64>,
    pub birthday: Option<UtcMs>,
    pub last_login: Option<UtcMs>,
}

/// Creates buyer accounts without points.
///
/// # Errors
///
/// [`DbError::Unique`] if a username is taken.
pub async fn insert_many(tx: &mut Tx<'_>, accounts: &[&ImportedAccount], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 20]> = accounts.iter().map(|account| row(account, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 20]>::as_slice).collect();
    let head = "insert into tb_user (username, password, phone, email, created, updated, source_type, nick_name, \
                name, status, head_pic, qq, is_mobile_check, is_email_check, sex, user_level, experience_value, \
                birthday, last_login_time, role)";
    tx.insert_many(head, &rows).await
}

fn row(account: &ImportedAccount, now: UtcMs) -> [Value<'_>; 20] {
    let text = |maybe: &'_ Option<String>| maybe.clone().map_or(Value::Null, Value::from);
    let letter = |maybe: &'_ Option<String>, default: &'static str| {
        maybe.clone().map_or(Value::from(default), Value::from)
    };
    [
        (&account.username).into(),
        (&account.password).into(),
        text(&account.phone),
        text(&account.email),
        account.created.unwrap_or(now).into(),
        account.updated.unwrap_or(now).into(),
        letter(&account.source_type, "1"),
        text(&account.nick_name),
        text(&account.name),
        letter(&account.status, "1"),
        text(&account.head_pic),
        text(&account.qq),
        letter(&account.is_mobile_check, "0"),
        letter(&account.is_email_check, "0"),
        letter(&account.sex, "1"),
        account.user_level.into(),
        account.experience_value.into(),
        account.birthday.into(),
        account.last_login.into(),
        "buyer".into(),
    ]
}

/// The fields that decide whether an existing account is the imported one.
#[derive(Clone, Debug)]
pub struct AccountFingerprint {
    pub username: String,
    pub password: String,
    pub phone: Option<String>,
    pub email: Option<String>,
}

from_row! { AccountFingerprint { username, password, phone, email } }

pub async fn find_fingerprints<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<AccountFingerprint>, DbError> {
    let head = "select username, password, phone, email from tb_user where username";
    tx.rows_in(head, usernames.into_iter().map(Value::from), "").await
}
