//! What surrounds every page: the language, who is logged in, how much is in the cart.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::super::WebState;
use super::super::extractors::{CallerLang, Visitor, login_required};
use super::super::response::ApiProblem;
use crate::domain::lang::Lang;
use crate::domain::refusal::Reason;
use crate::flow;
use crate::store::account::AccountRole;
use crate::store::account::session::Session;

/// The frame of a page.
pub(super) struct PageContext {
    pub lang: Lang,
    pub who: PageViewer,
    /// The language this request asked for by its address, to be remembered.
    pub asked: Option<Lang>,
    /// Path and query of the page, without the language.
    pub here: String,
}

/// PageViewer looks at the page.
pub(super) enum PageViewer {
    /// Nobody knows: the page was made before anybody was asked.
    Unknown,
    Guest,
    Buyer {
        username: String,
        role: AccountRole,
        /// Lines in the cart.
        lines: i64,
    },
}

/// A page that only somebody who is logged in may see.
pub(super) struct BuyerContext {
    pub username: String,
    pub frame: PageContext,
}

impl PageContext {
    /// The frame of a page that is made without a request.
    pub(super) fn bare(lang: Lang) -> PageContext {
        PageContext { lang, who: PageViewer::Unknown, asked: None, here: "/".to_owned() }
    }

    /// The text in the page's language.
    pub(super) fn of<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.of(zh, en)
    }

    /// The buyer's name and the lines in the cart, if somebody is logged in.
    pub(super) fn buyer(&self) -> Option<(&str, i64)> {
        match &self.who {
            PageViewer::Buyer { username, lines, .. } => Some((username, *lines)),
            PageViewer::Guest | PageViewer::Unknown => None,
        }
    }

    /// Whether an operator looks at the page.
    pub(super) fn is_operators(&self) -> bool {
        matches!(self.who, PageViewer::Buyer { role: AccountRole::Operator, .. })
    }

    /// Whether it is known that nobody is logged in.
    pub(super) fn is_guest(&self) -> bool {
        matches!(self.who, PageViewer::Guest)
    }

    /// The same frame around the page that lives at `here`: a form was posted
    /// to another address than the one its page is seen at.
    pub(super) fn at(self, here: impl Into<String>) -> PageContext {
        PageContext { here: here.into(), ..self }
    }

    /// The page in the other language.
    pub(super) fn switched(&self) -> String {
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
                PageViewer::Buyer { lines: lines(web, username.clone()).await?, username, role }
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

/// How much is in the cart. A page is shown even where that cannot be known for the moment.
async fn lines(web: &WebState, username: String) -> Result<i64, ApiProblem> {
    match flow::cart::lines(&web.app, username).await {
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
        let at =
            |path: &str, query: &str| PageContext::bare(Lang::Zh).at(without_lang(path, query)).switched();
        assert_eq!(at("/", ""), "/?lang=en");
        assert_eq!(at("/", "lang=zh"), "/?lang=en");
        assert_eq!(at("/orders", "status=all&lang=zh&page=2"), "/orders?status=all&page=2&lang=en");
    }
}
