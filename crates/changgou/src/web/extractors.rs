//! Extractors: who sent the request, in which language, from which address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, COOKIE};
use axum::http::request::Parts;

use super::WebState;
use super::csrf;
use super::response::ApiProblem;
use crate::domain::lang::Lang;
use crate::domain::message::RequestMessage;
use crate::domain::refusal::Refusal;
use crate::store::account::AccountRole;
use crate::store::account::session::Session;

/// The cookie that carries the access token: the original's name.
pub(super) const TOKEN_COOKIE: &str = "Authorization";

/// The cookie that remembers the language.
pub(super) const LANG_COOKIE: &str = "lang";

/// Anybody who is logged in, operators too.
pub(super) struct Buyer(pub Session);

pub(super) struct Operator(pub Session);

/// A login by header, not by cookie, if the method is GET: for the original's GET routes
/// that change something, which a link on another site could call.
pub(super) struct BearerBuyer(pub Session);

pub(super) struct Visitor(pub Option<Session>);

/// A request that no page of another site made: for the forms that log in.
pub(super) struct OwnPage;

pub(super) struct CallerLang(pub Lang);

/// The address of the client, behind trusted proxies.
pub(super) struct Caller(pub IpAddr);

struct Presented<'h> {
    token: &'h str,
    carrier: Carrier,
}

#[derive(PartialEq, Eq)]
enum Carrier {
    Header,
    Cookie,
}

impl FromRequestParts<WebState> for Visitor {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Visitor, ApiProblem> {
        let Some(presented) = presented_token(&parts.headers) else {
            return Ok(Visitor(None));
        };
        if presented.carrier == Carrier::Cookie {
            csrf::must_be_ours(parts)?;
        }
        Ok(Visitor(login_of(web, presented.token).await?))
    }
}

impl FromRequestParts<WebState> for Buyer {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Buyer, ApiProblem> {
        let Visitor(login) = Visitor::from_request_parts(parts, web).await?;
        login.map(Buyer).ok_or_else(|| login_required().into())
    }
}

impl FromRequestParts<WebState> for BearerBuyer {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<BearerBuyer, ApiProblem> {
        let by_cookie =
            presented_token(&parts.headers).is_some_and(|presented| presented.carrier == Carrier::Cookie);
        if csrf::is_safe(&parts.method) && by_cookie {
            return Err(Refusal::new(RequestMessage::BearerRequired).into());
        }
        let Buyer(login) = Buyer::from_request_parts(parts, web).await?;
        Ok(BearerBuyer(login))
    }
}

impl FromRequestParts<WebState> for Operator {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Operator, ApiProblem> {
        let Buyer(login) = Buyer::from_request_parts(parts, web).await?;
        match login.role {
            AccountRole::Operator => Ok(Operator(login)),
            AccountRole::Buyer => Err(Refusal::new(RequestMessage::OperatorOnly).into()),
        }
    }
}

impl FromRequestParts<WebState> for OwnPage {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &WebState) -> Result<OwnPage, ApiProblem> {
        Ok(csrf::must_be_ours(parts).map(|()| OwnPage)?)
    }
}

impl FromRequestParts<WebState> for CallerLang {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &WebState) -> Result<CallerLang, ApiProblem> {
        Ok(CallerLang(language(&parts.headers, parts.uri.query())))
    }
}

impl FromRequestParts<WebState> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Caller, ApiProblem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip().to_canonical());
        Ok(Caller(client_address(peer, &parts.headers, &web.app.settings.trusted_proxies)))
    }
}

/// The client behind our own proxies: the last address in `X-Forwarded-For` that is not
/// one of theirs. What other clients write there is ignored.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let forwarded: Vec<IpAddr> =
        lines.flat_map(|line| line.split(',')).filter_map(|part| part.trim().parse().ok()).collect();
    forwarded.into_iter().rev().find(|address| !proxies.contains(address)).unwrap_or(peer)
}

/// The login of a token; `None` if it is not valid.
async fn login_of(web: &WebState, token: &str) -> Result<Option<Session>, ApiProblem> {
    let now = web.app.now();
    web.logins.clear_if_revoked(web.app.revocations());
    if let Some(login) = web.logins.get(token, now) {
        return Ok(Some(login));
    }
    let clears = web.logins.clears();
    let found = web.app.sessions.find(token).await?;
    if let Some(login) = &found {
        web.logins.insert(token.to_owned(), login.clone(), now, clears);
    }
    Ok(found)
}

pub(super) fn login_required() -> Refusal {
    Refusal::new(RequestMessage::LoginRequired)
}

fn presented_token(headers: &HeaderMap) -> Option<Presented<'_>> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.split_once(' '));
    if let Some((_, token)) = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        return Some(Presented { token: token.trim(), carrier: Carrier::Header });
    }
    let token = cookie(headers, TOKEN_COOKIE)?;
    Some(Presented { token, carrier: Carrier::Cookie })
}

/// The access token of the request, from its header or its cookie.
pub(super) fn token_of(headers: &HeaderMap) -> Option<String> {
    presented_token(headers).map(|presented| presented.token.to_owned())
}

pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
}

/// The language of a request: asked for in the address, remembered by a
/// cookie, or the browser's own.
pub(super) fn language(headers: &HeaderMap, query: Option<&str>) -> Lang {
    let asked =
        query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("lang="));
    let header =
        || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Lang::accepted);
    asked
        .and_then(Lang::from_tag)
        .or_else(|| cookie(headers, LANG_COOKIE).and_then(Lang::from_tag))
        .or_else(header)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6, 1.2.3.4".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.2".parse().unwrap());
        let [proxy, second, stranger]: [IpAddr; 3] =
            ["10.0.0.1", "10.0.0.2", "9.9.9.9"].map(|text| text.parse().unwrap());
        assert_eq!(client_address(stranger, &headers, &[proxy]), stranger);
        assert_eq!(client_address(proxy, &headers, &[proxy, second]).to_string(), "1.2.3.4");
        assert_eq!(client_address(proxy, &HeaderMap::new(), &[proxy]), proxy);
    }
}
