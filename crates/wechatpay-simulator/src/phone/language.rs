//! The languages of the pages.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// Chinese, unless English is the preferred language of the browser.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if asked.trim_start().starts_with("en") { Self::English } else { Self::Chinese }
    }

    /// Picks the text in this language.
    pub fn pick(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// The code for `<html lang>`.
    pub fn code(self) -> &'static str {
        self.pick("zh-CN", "en")
    }
}
