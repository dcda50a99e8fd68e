//! Registering and logging in.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::domain::limits::{PASSWORD_CHECKS_MAX, PASSWORD_QUEUE_MAX};
use crate::domain::message::{AccountMessage, NotFound};
use crate::domain::refusal::Refusal;
use crate::domain::username::{canonical, is_reserved, is_valid};
use crate::flow::error::busy;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::DbError;
use crate::infra::secret::sha256_hex;
use crate::store::account::password::{self, PasswordCheck};
use crate::store::account::session::{self, SessionTokens};
use crate::store::account::{self, Account, AccountCreation, AccountRole, NewAccount, session_cache};

/// Hashing a password takes 19 MiB and a core; more at once would starve the shop.
static HASHING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(PASSWORD_CHECKS_MAX));

/// Those who wait for their turn. A flood of logins must not become a backlog of hours.
static WAITING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(PASSWORD_QUEUE_MAX));

#[derive(Clone)]
pub struct Credentials {
    /// Canonical.
    username: String,
    /// As it was entered.
    typed: String,
    password: String,
}

impl Credentials {
    /// From what somebody entered.
    pub fn new(typed: &str, password: impl Into<String>) -> Credentials {
        Credentials { username: canonical(typed), typed: typed.to_owned(), password: password.into() }
    }

    /// The canonical name.
    pub fn username(&self) -> &str {
        &self.username
    }

    pub fn password(&self) -> &str {
        &self.password
    }
}

/// Makes an account and logs it in.
pub async fn register(
    app: &App,
    given: Credentials,
    phone: Option<String>,
    role: AccountRole,
) -> Outcome<SessionTokens> {
    check_credentials(&given)?;
    if role == AccountRole::Buyer && is_reserved(&given.username) {
        return Err(username_taken().into());
    }
    let password = run_hashing(move || password::hash(&given.password)).await?;
    let account = NewAccount { username: given.username, password, phone, role };
    let (now, tokens) = (app.now(), SessionTokens::generate());
    app.db
        .write(async move |tx| {
            match account::insert(tx, &account, now).await? {
                AccountCreation::Taken => return Err(username_taken().into()),
                AccountCreation::Yes => session::insert(tx, &account.username, &tokens, now).await?,
            }
            Ok(tokens.clone())
        })
        .await
}

/// Logs in. An old kind of hash is replaced while the password is at hand.
pub async fn login(app: &App, given: Credentials) -> Outcome<SessionTokens> {
    let account = find_entered(app, &given).await?.filter(|account| account.enabled);
    let Credentials { password, username: entered, .. } = given;
    // The session belongs to the stored name, whatever was entered.
    let (username, stored) =
        account.map_or((entered, None), |account| (account.username, Some(account.password)));
    let (check, fresh) = run_hashing(move || check_password(&password, stored.as_deref())).await?;
    match check {
        PasswordCheck::Right | PasswordCheck::RightButOld => {}
        PasswordCheck::MustReset => return Err(must_reset().into()),
        PasswordCheck::Wrong => return Err(wrong_credentials().into()),
    }
    let (now, tokens) = (app.now(), SessionTokens::generate());
    app.db
        .write(async move |tx| {
            if let Some(hash) = &fresh {
                account::set_password(tx, &username, hash, now).await?;
            }
            account::record_login(tx, &username, now).await?;
            session::insert(tx, &username, &tokens, now).await?;
            Ok(tokens.clone())
        })
        .await
}

/// Sets a new password, by the owner's word; all logins of the account end.
pub async fn set_password(app: &App, given: Credentials) -> Outcome<()> {
    check_password_length(&given.password)?;
    let Some(Account { username, .. }) = find_entered(app, &given).await? else {
        return Err(Refusal::new(NotFound::Account).into());
    };
    let hash = run_hashing(move || password::hash(&given.password)).await?;
    let now = app.now();
    let over = app
        .db
        .write(async move |tx| {
            account::set_password(tx, &username, &hash, now).await?;
            Ok::<_, Error>(session::revoke_all_for_user(tx, &username).await?)
        })
        .await?;
    for hash in &over {
        announce_revocation(app, hash).await;
    }
    Ok(())
}

/// Ends the login of this access token. A token that opens nothing is no error.
pub async fn logout(app: &App, access: String) -> Outcome<()> {
    let hash = sha256_hex(access.as_bytes());
    app.db.write(async move |tx| Ok::<_, Error>(session::revoke(tx, &access).await.map(drop)?)).await?;
    announce_revocation(app, &hash).await;
    Ok(())
}

/// Tells other nodes that a login is over. Where that fails they learn it when
/// what they remember of it is old.
async fn announce_revocation(app: &App, hash: &str) {
    let Some(cache) = &app.cache else { return };
    if let Err(error) = session_cache::revoke(cache, hash).await {
        tracing::warn!(%error, "other nodes were not told of a login that is over");
    }
}

/// Changes a refresh token for a new pair; it works once.
pub async fn refresh_session(app: &App, refresh: String) -> Outcome<SessionTokens> {
    let (now, tokens) = (app.now(), SessionTokens::generate());
    let (tokens, hash) = app
        .db
        .write(async move |tx| {
            let (login, hash) =
                session::find_by_refresh_token(tx, &refresh, now).await?.ok_or_else(session_expired)?;
            if !session::use_refresh_token(tx, &refresh).await? {
                return Err(session_expired().into());
            }
            session::insert(tx, &login.username, &tokens, now).await?;
            Ok::<_, Error>((tokens.clone(), hash))
        })
        .await?;
    announce_revocation(app, &hash).await;
    Ok(tokens)
}

pub async fn find_account(app: &App, username: &str) -> Outcome<Option<Account>> {
    let username = username.to_owned();
    app.db.read(async move |tx| Ok(account::find(tx, &username).await?)).await
}

async fn find_entered(app: &App, given: &Credentials) -> Outcome<Option<Account>> {
    let typed = given.typed.clone();
    app.db.read(async move |tx| Ok(account::find_entered(tx, &typed).await?)).await
}

fn check_password(password: &str, stored: Option<&str>) -> (PasswordCheck, Option<String>) {
    let check =
        stored.map_or_else(|| password::check_unknown_user(password), |hash| password::check(password, hash));
    let fresh = (check == PasswordCheck::RightButOld).then(|| password::hash(password));
    (check, fresh)
}

async fn run_hashing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
    let _seat = WAITING.try_acquire().map_err(|_| busy())?;
    let _turn = HASHING.acquire().await.map_err(|_| DbError::Closed)?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Db(DbError::Panicked(error.to_string())))
}

fn check_credentials(given: &Credentials) -> Result<(), Refusal> {
    check_username(&given.username)?;
    check_password_length(&given.password)
}

/// What a username may be.
pub(super) fn check_username(username: &str) -> Result<(), Refusal> {
    if is_valid(username) { Ok(()) } else { Err(Refusal::new(AccountMessage::UsernameInvalid)) }
}

fn check_password_length(password: &str) -> Result<(), Refusal> {
    if (6..=128).contains(&password.chars().count()) {
        return Ok(());
    }
    Err(Refusal::new(AccountMessage::PasswordInvalid))
}

/// Only told to whoever knows the old password.
fn must_reset() -> Refusal {
    Refusal::new(AccountMessage::PasswordResetRequired)
}

fn username_taken() -> Refusal {
    Refusal::new(AccountMessage::UsernameTaken)
}

fn wrong_credentials() -> Refusal {
    Refusal::new(AccountMessage::WrongCredentials)
}

fn session_expired() -> Refusal {
    Refusal::new(AccountMessage::SessionExpired)
}
