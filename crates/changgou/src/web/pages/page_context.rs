//! What surrounds every page: the language, who is logged in, how much is in the cart.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::super::Web;
use super::super::extract::{Speaks, Visitor, login_required};
use super::super::response::Problem;
use crate::domain::lang::Lang;
use crate::domain::refusal::Reason;
use crate::flow;
use crate::store::account::Role;
use crate::store::account::session::Login;

/// The frame of a page.
pub(super) struct Frame {
    pub lang: Lang,
    pub who: Who,
    /// The language this request asked for by its address, to be remembered.
    pub asked: Option<Lang>,
    /// Path and query of the page, without the language.
    pub here: String,
}

/// Who looks at the page.
pub(super) enum Who {
    /// Nobody knows: the page was made before anybody was asked.
    Unknown,
    Guest,
    Buyer {
        username: String,
        role: Role,
        /// Lines in the cart.
        lines: i64,
    },
}

/// A page that only somebody who is logged in may see.
pub(super) struct BuyerFrame {
    pub username: String,
    pub frame: Frame,
}

impl Frame {
    /// The frame of a page that is made without a request.
    pub(super) fn bare(lang: Lang) -> Frame {
        Frame { lang, who: Who::Unknown, asked: None, here: "/".to_owned() }
    }

    /// The text in the page's language.
    pub(super) fn of<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.of(zh, en)
    }

    /// The buyer's name and the lines in the cart, if somebody is logged in.
    pub(super) fn buyer(&self) -> Option<(&str, i64)> {
        match &self.who {
            Who::Buyer { username, lines, .. } => Some((username, *lines)),
            Who::Guest | Who::Unknown => None,
        }
    }

    /// Whether an operator looks at the page.
    pub(super) fn is_operators(&self) -> bool {
        matches!(self.who, Who::Buyer { role: Role::Operator, .. })
    }

    /// Whether it is known that nobody is logged in.
    pub(super) fn is_guest(&self) -> bool {
        matches!(self.who, Who::Guest)
    }

    /// The same frame around the page that lives at `here`: a form was posted
    /// to another address than the one its page is seen at.
    pub(super) fn at(self, here: impl Into<String>) -> Frame {
        Frame { here: here.into(), ..self }
    }

    /// The page in the other language.
    pub(super) fn switched(&self) -> String {
        let other = self.lang.of("en", "zh");
        let mark = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{mark}lang={other}", self.here)
    }
}

impl FromRequestParts<Web> for Frame {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Frame, Problem> {
        let Speaks(lang) = Speaks::from_request_parts(parts, web).await?;
        let Visitor(login) = Visitor::from_request_parts(parts, web).await?;
        let who = match login {
            None => Who::Guest,
            Some(Login { username, role, .. }) => {
                Who::Buyer { lines: lines(web, username.clone()).await?, username, role }
            }
        };
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        Ok(Frame {
            lang,
            who,
            asked: asked.and_then(Lang::from_tag),
            here: without_lang(parts.uri.path(), query),
        })
    }
}

impl FromRequestParts<Web> for BuyerFrame {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<BuyerFrame, Problem> {
        let frame = Frame::from_request_parts(parts, web).await?;
        match &frame.who {
            Who::Buyer { username, .. } => Ok(BuyerFrame { username: username.clone(), frame }),
            Who::Guest | Who::Unknown => Err(login_required().into()),
        }
    }
}

/// How much is in the cart. A page is shown even where that cannot be known for the moment.
async fn lines(web: &Web, username: String) -> Result<i64, Problem> {
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
        let at = |path: &str, query: &str| Frame::bare(Lang::Zh).at(without_lang(path, query)).switched();
        assert_eq!(at("/", ""), "/?lang=en");
        assert_eq!(at("/", "lang=zh"), "/?lang=en");
        assert_eq!(at("/orders", "status=all&lang=zh&page=2"), "/orders?status=all&page=2&lang=en");
    }
}
