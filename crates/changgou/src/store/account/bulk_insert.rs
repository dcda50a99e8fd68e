//! Accounts that come from elsewhere, many at a time.

use crate::domain::clock::UtcMs;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value};

/// A buyer's account that comes from elsewhere; points are another noun's.
#[derive(Clone, Debug, Default)]
pub struct ImportedAccount {
    /// The name it logs in with.
    pub username: String,
    /// The hash of its password.
    pub password: String,
    /// Phone number.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// When it was made there.
    pub created: Option<UtcMs>,
    /// When it was changed there.
    pub updated: Option<UtcMs>,
    /// Where it registered, a letter of the seed.
    pub source_type: Option<String>,
    /// The name others see.
    pub nick_name: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// `0` if it may not log in.
    pub status: Option<String>,
    /// Path of its picture.
    pub head_pic: Option<String>,
    /// QQ number.
    pub qq: Option<String>,
    /// Letter of the seed: whether the phone was checked.
    pub is_mobile_check: Option<String>,
    /// Letter of the seed: whether the mail address was checked.
    pub is_email_check: Option<String>,
    /// Letter of the seed.
    pub sex: Option<String>,
    /// A number of the seed.
    pub user_level: Option<i64>,
    /// A number of the seed.
    pub experience_value: Option<i64>,
    /// Day of birth.
    pub birthday: Option<UtcMs>,
    /// When it logged in last.
    pub last_login: Option<UtcMs>,
}

/// Makes accounts of buyers, without points yet.
///
/// # Errors
/// [`DbError::Unique`] if a name is taken.
pub async fn insert_many(tx: &mut Tx<'_>, arrivals: &[&ImportedAccount], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 20]> = arrivals.iter().map(|arrival| row(arrival, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 20]>::as_slice).collect();
    let head = "insert into tb_user (username, password, phone, email, created, updated, source_type, nick_name, \
                name, status, head_pic, qq, is_mobile_check, is_email_check, sex, user_level, experience_value, \
                birthday, last_login_time, role)";
    tx.insert_many(head, &rows).await
}

fn row(arrival: &ImportedAccount, now: UtcMs) -> [Value<'_>; 20] {
    let text = |maybe: &'_ Option<String>| maybe.clone().map_or(Value::Null, Value::from);
    let letter = |maybe: &'_ Option<String>, default: &'static str| {
        maybe.clone().map_or(Value::from(default), Value::from)
    };
    [
        (&arrival.username).into(),
        (&arrival.password).into(),
        text(&arrival.phone),
        text(&arrival.email),
        arrival.created.unwrap_or(now).into(),
        arrival.updated.unwrap_or(now).into(),
        letter(&arrival.source_type, "1"),
        text(&arrival.nick_name),
        text(&arrival.name),
        letter(&arrival.status, "1"),
        text(&arrival.head_pic),
        text(&arrival.qq),
        letter(&arrival.is_mobile_check, "0"),
        letter(&arrival.is_email_check, "0"),
        letter(&arrival.sex, "1"),
        arrival.user_level.into(),
        arrival.experience_value.into(),
        arrival.birthday.into(),
        arrival.last_login.into(),
        "buyer".into(),
    ]
}

/// What tells whether an account that is there is the one that arrives.
#[derive(Clone, Debug)]
pub struct AccountFingerprint {
    /// The name it logs in with.
    pub username: String,
    /// The password's hash; never leaves the program.
    pub password: String,
    /// Phone number.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

impl FromRow for AccountFingerprint {
    fn from_row(row: &mut Row<'_>) -> Result<AccountFingerprint, DbError> {
        Ok(AccountFingerprint {
            username: row.take()?,
            password: row.take()?,
            phone: row.take()?,
            email: row.take()?,
        })
    }
}

/// The accounts of these names that exist.
pub async fn settled<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<AccountFingerprint>, DbError> {
    let head = "select username, password, phone, email from tb_user where username";
    tx.rows_in(head, usernames.into_iter().map(Value::from), "").await
}
