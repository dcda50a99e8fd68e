//! What the layout of every page needs: the language, the login, the size of the cart.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;

use super::super::WebState;
use super::super::extractors::{CallerLang, Visitor, login_required};
use super::super::response::ApiProblem;
use crate::domain::lang::Lang;
use crate::domain::refusal::Reason;
use crate::flow;
use crate::store::account::AccountRole;
use crate::store::account::session::Session;

pub(super) struct PageContext {
    pub lang: Lang,
    pub who: PageViewer,
    /// The language given by `?lang=`, to be stored in the cookie.
    pub asked: Option<Lang>,
    /// Path and query of the page, without `lang`.
    pub here: String,
}

pub(super) enum PageViewer {
    /// The page is rendered without looking at the login.
    Unknown,
    Guest,
    Buyer {
        username: String,
        role: AccountRole,
        /// Lines in the cart.
        lines: i64,
    },
}

/// Extracted by pages that need a login.
pub(super) struct BuyerContext {
    pub username: String,
    pub frame: PageContext,
}

impl PageContext {
    pub(super) fn without_request(lang: Lang) -> PageContext {
        PageContext { lang, who: PageViewer::Unknown, asked: None, here: "/".to_owned() }
    }

    pub(super) fn of<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.of(zh, en)
    }

    /// The username and the number of cart lines.
    pub(super) fn buyer(&self) -> Option<(&str, i64)> {
        match &self.who {
            PageViewer::Buyer { username, lines, .. } => Some((username, *lines)),
            PageViewer::Guest | PageViewer::Unknown => None,
        }
    }

    pub(super) fn is_operator(&self) -> bool {
        matches!(self.who, PageViewer::Buyer { role: AccountRole::Operator, .. })
    }

    pub(super) fn is_guest(&self) -> bool {
        matches!(self.who, PageViewer::Guest)
    }

    /// The same for the page at `here`: a form is posted to another path than the
    /// one its page has.
    pub(super) fn at_path(self, here: impl Into<String>) -> PageContext {
        PageContext { here: here.into(), ..self }
    }

    /// This page in the other language.
    pub(super) fn other_language_url(&self) -> String {
        let other = self.lang.of("en", "zh");
        let mark = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{mark}lang={other}", self.here)
    }
}

impl FromRequestParts<WebState> for PageContext {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<PageContext, ApiProblem> {
        let CallerLang(lang) = CallerLang::from_request_parts(parts, web).await?;
        let Visitor(login) = Visitor::from_request_parts(parts, web).await?;
        let who = match login {
            None => PageViewer::Guest,
            Some(Session { username, role, .. }) => {
                PageViewer::Buyer { lines: cart_line_count(web, username.clone()).await?, username, role }
            }
        };
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        Ok(PageContext {
            lang,
            who,
            asked: asked.and_then(Lang::from_tag),
            here: without_lang(parts.uri.path(), query),
        })
    }
}

impl FromRequestParts<WebState> for BuyerContext {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<BuyerContext, ApiProblem> {
        let frame = PageContext::from_request_parts(parts, web).await?;
        match &frame.who {
            PageViewer::Buyer { username, .. } => Ok(BuyerContext { username: username.clone(), frame }),
            PageViewer::Guest | PageViewer::Unknown => Err(login_required().into()),
        }
    }
}

/// The context of a page that reports a problem: the login and the cart too, unless they
/// cannot be read. Only a page that was asked for by GET has another language.
pub(super) async fn of_problem(web: &WebState, lang: Lang, page: Option<Parts>) -> PageContext {
    let Some(mut parts) = page else { return PageContext::without_request(lang) };
    let read = PageContext::from_request_parts(&mut parts, web).await;
    let frame = read.unwrap_or_else(|_| PageContext::without_request(lang));
    if parts.method == Method::GET { frame } else { frame.at_path("/") }
}

/// Zero while carts are unavailable, so that the page can still be shown.
async fn cart_line_count(web: &WebState, username: String) -> Result<i64, ApiProblem> {
    match flow::cart::count_lines(&web.app, username).await {
        Err(flow::Error::Refused(refusal)) if refusal.reason == Reason::CartUnavailable => Ok(0),
        counted => Ok(counted?),
    }
}

fn without_lang(path: &str, query: &str) -> String {
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect();
    if kept.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_leads_to_the_same_page_in_the_other_language() {
        let at = |path: &str, query: &str| {
            PageContext::without_request(Lang::Zh).at_path(without_lang(path, query)).other_language_url()
        };
        assert_eq!(at("/", ""), "/?lang=en");
        assert_eq!(at("/", "lang=zh"), "/?lang=en");
        assert_eq!(at("/orders", "status=all&lang=zh&page=2"), "/orders?status=all&page=2&lang=en");
    }
}
