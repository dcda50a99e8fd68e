//! Logging in through a browser or the API: throttled, with a cookie.

use std::net::IpAddr;

use axum::http::HeaderValue;

use super::WebState;
use super::extract::TOKEN_COOKIE;
use super::login_throttle::ThrottleKey;
use super::response::ApiProblem;
use crate::domain::limits::ACCESS_TOKEN_LIFE;
use crate::domain::message::AccountMessage;
use crate::domain::refusal::{Reason, Refusal};
use crate::flow;
use crate::flow::account::Credentials;
use crate::store::account::session::SessionTokens;

/// Logs in, unless too many wrong passwords came before.
pub(super) async fn try_login(
    web: &WebState,
    given: Credentials,
    address: IpAddr,
) -> Result<SessionTokens, ApiProblem> {
    let (now, name) = (web.app.now(), given.username.clone());
    if given.username.is_empty() || name.chars().count() > 50 || given.password.chars().count() > 128 {
        return Err(Refusal::new(AccountMessage::CredentialsMissing).into());
    }
    let tried = ThrottleKey { cache: web.app.cache.as_ref(), name: &name, address, now };
    web.throttle.check(&tried).await?;
    match flow::account::login(&web.app, given).await {
        Ok(tokens) => {
            // Guesses sent all at once passed the first check together; the
            // right one among too many must not be told.
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

/// The cookie of a login. Scripts cannot read it, other sites cannot post with it.
pub(super) fn login_cookie(web: &WebState, tokens: &SessionTokens) -> HeaderValue {
    cookie(web, &tokens.access, ACCESS_TOKEN_LIFE.as_secs())
}

/// The cookie that ends a login.
pub(super) fn ended_cookie(web: &WebState) -> HeaderValue {
    cookie(web, "", 0)
}

fn cookie(web: &WebState, value: &str, seconds: u64) -> HeaderValue {
    let secure = if web.app.settings.secure_cookies { "; Secure" } else { "" };
    let text = format!("{TOKEN_COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("tokens are hex")
}
