//! The two languages of the pages.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// Chinese, unless the browser asks for English first.
    pub fn of(headers: &HeaderMap) -> Self {
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if asked.trim_start().starts_with("en") { Self::English } else { Self::Chinese }
    }

    /// The one of two texts that this language reads.
    pub fn say(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// For `<html lang>`.
    pub fn code(self) -> &'static str {
        self.say("zh-CN", "en")
    }
}
