//! The cookie that carries the access token of a login.

use axum::http::HeaderValue;

use super::WebState;
use crate::domain::limits::ACCESS_TOKEN_LIFE;
use crate::store::account::session::SessionTokens;

/// The name of the cookie that carries the access token. Without https it is the original's;
/// with https browsers take a name with this prefix only from this very host, by https.
pub(super) fn login_cookie_name(web: &WebState) -> &'static str {
    if web.app.settings.secure_cookies { "__Host-Authorization" } else { "Authorization" }
}

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
    let name = login_cookie_name(web);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("tokens are hex")
}
