//! Logging in with a password, limited in how often.

use std::net::IpAddr;

use super::WebState;
use super::addresses::network_of;
use super::login_throttle::ThrottleKey;
use super::response::ApiProblem;
use crate::domain::message::AccountMessage;
use crate::domain::refusal::{Reason, Refusal};
use crate::flow;
use crate::flow::account::Credentials;
use crate::store::account::session::SessionTokens;

/// Logs in; refuses after too many wrong passwords.
pub(super) async fn try_login(
    web: &WebState,
    given: Credentials,
    address: IpAddr,
) -> Result<SessionTokens, ApiProblem> {
    let (now, name) = (web.app.now(), given.username().to_owned());
    if name.is_empty() || name.chars().count() > 50 || given.password().chars().count() > 128 {
        return Err(Refusal::new(AccountMessage::CredentialsMissing).into());
    }
    let tried = ThrottleKey { cache: web.app.cache.as_ref(), name: &name, network: network_of(address), now };
    web.throttle.check(&tried).await?;
    match flow::account::login(&web.app, given).await {
        Ok(tokens) => {
            // Guesses sent at the same time all pass the first check; when there were
            // too many, the right one must not be told apart from the others.
            if let Err(refusal) = web.throttle.check(&tried).await {
                flow::account::logout(&web.app, tokens.access).await?;
                return Err(refusal.into());
            }
            web.throttle.succeeded(&tried).await;
            Ok(tokens)
        }
        Err(flow::Error::Refused(refusal)) if refusal.reason == Reason::LoginFailed => {
            metrics::counter!(crate::infra::metrics::LOGIN_FAILURES).increment(1);
            web.throttle.failed(&tried).await?;
            Err(refusal.into())
        }
        Err(error) => Err(error.into()),
    }
}
