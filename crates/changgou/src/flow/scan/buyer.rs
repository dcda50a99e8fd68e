//! As whom somebody buys who scanned: as the account their WeChat is bound to,
//! else as a guest.

use crate::domain::clock::UtcMs;
use crate::domain::message::{AccountMessage, NotFound};
use crate::domain::openid::Openid;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Error, Outcome};
use crate::infra::db::Tx;
use crate::store::account::{self, guest, openid as binding};

/// The name of the account; a guest's is made the first time.
pub(super) async fn find_or_create(tx: &mut Tx<'_>, openid: &Openid, now: UtcMs) -> Outcome<String> {
    let username = match binding::find_username(tx, openid).await? {
        Some(username) => username,
        None => {
            let username = guest::username_for(openid);
            guest::create_if_missing(tx, &username, now).await?;
            username
        }
    };
    let account = account::find(tx, &username).await?.filter(|account| account.enabled);
    Ok(account.ok_or_else(|| Refusal::new(AccountMessage::Disabled))?.username)
}

/// Binds a WeChat to an account, by an operator's word, in place of the one the
/// account had. Its orders of before stay the guest's.
pub async fn bind(app: &App, operator: String, username: String, openid: Openid) -> Outcome<()> {
    let now = app.now();
    app.db
        .write(async move |tx| {
            let username = named_account(tx, &username).await?;
            account::lock(tx, &username).await?;
            match binding::find_username(tx, &openid).await? {
                Some(owner) if owner != username => Err(bound_elsewhere().into()),
                Some(_) | None => Ok(binding::bind(tx, &openid, &username, &operator, now).await?),
            }
        })
        .await
}

/// Takes an account's WeChat from it: who scans with it buys as a guest again.
pub async fn unbind(app: &App, username: String) -> Outcome<()> {
    let unbound = app
        .db
        .write(async move |tx| {
            let username = named_account(tx, &username).await?;
            Ok::<_, Error>(binding::unbind(tx, &username).await?)
        })
        .await?;
    if unbound { Ok(()) } else { Err(Refusal::new(NotFound::BoundWechat).into()) }
}

/// The stored name of an account that an operator means; a guest has no account.
async fn named_account(tx: &mut Tx<'_>, typed: &str) -> Outcome<String> {
    let account = account::find_entered(tx, typed).await?;
    let account = account.filter(|account| !guest::is_guest(&account.username));
    Ok(account.ok_or_else(|| Refusal::new(NotFound::Account))?.username)
}

fn bound_elsewhere() -> Refusal {
    Refusal::new(AccountMessage::WechatBoundElsewhere)
}
