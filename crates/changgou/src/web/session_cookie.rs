//! The cookie that carries the access token of a login.

use axum::http::HeaderValue;

use super::WebState;
use super::extractors::TOKEN_COOKIE;
use crate::domain::limits::ACCESS_TOKEN_LIFE;
use crate::store::account::session::SessionTokens;

/// The cookie that logs in. Scripts cannot read it, other sites cannot post with it.
pub(super) fn login_cookie(web: &WebState, tokens: &SessionTokens) -> HeaderValue {
    cookie(web, &tokens.access, ACCESS_TOKEN_LIFE.as_secs())
}

/// The cookie that logs out: it expires at once.
pub(super) fn expired_cookie(web: &WebState) -> HeaderValue {
    cookie(web, "", 0)
}

fn cookie(web: &WebState, value: &str, seconds: u64) -> HeaderValue {
    let secure = if web.app.settings.secure_cookies { "; Secure" } else { "" };
    let text = format!("{TOKEN_COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("tokens are hex")
}
