//! Extractors: who sent the request, in which language, from which address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::WebState;
use super::addresses::client_address;
use super::csrf;
use super::response::ApiProblem;
use super::session_cookie::login_cookie_name;
use crate::domain::lang::Lang;
use crate::domain::message::RequestMessage;
use crate::domain::refusal::Refusal;
use crate::store::account::AccountRole;
use crate::store::account::session::Session;

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
        let Some(presented) = presented_token(web, &parts.headers) else {
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
        let by_cookie = presented_token(web, &parts.headers)
            .is_some_and(|presented| presented.carrier == Carrier::Cookie);
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
        let proxies = &web.app.settings.trusted_proxies;
        Ok(Caller(client_address(peer(&parts.extensions), &parts.headers, proxies)))
    }
}

/// The other end of the connection.
pub(super) fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip().to_canonical())
}

/// The login of a token; `None` if it is not valid.
pub(super) async fn login_of(web: &WebState, token: &str) -> Result<Option<Session>, ApiProblem> {
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

fn presented_token<'h>(web: &WebState, headers: &'h HeaderMap) -> Option<Presented<'h>> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.split_once(' '));
    if let Some((_, token)) = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        return Some(Presented { token: token.trim(), carrier: Carrier::Header });
    }
    let token = cookie(headers, login_cookie_name(web))?;
    Some(Presented { token, carrier: Carrier::Cookie })
}

/// The access token of the request, from its header or its cookie.
pub(super) fn token_of(web: &WebState, headers: &HeaderMap) -> Option<String> {
    presented_token(web, headers).map(|presented| presented.token.to_owned())
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
