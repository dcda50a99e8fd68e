//! A browser without JavaScript: it sends forms and follows redirects.

use reqwest::header::{COOKIE, LOCATION};
use reqwest::{Method, Response, StatusCode};

use crate::support::shop::{Person, Shop};

/// A browser with the login of a person.
pub struct FormBrowser<'s> {
    shop: &'s Shop,
    cookie: String,
}

impl FormBrowser<'_> {
    pub fn of<'s>(shop: &'s Shop, person: &Person) -> FormBrowser<'s> {
        FormBrowser::in_language(shop, person, "zh")
    }

    /// The same in a language: `zh` or `en`.
    pub fn in_language<'s>(shop: &'s Shop, person: &Person, language: &str) -> FormBrowser<'s> {
        let cookie = format!("Authorization={}; lang={language}", person.token);
        FormBrowser { shop, cookie }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.shop.http.request(method, self.shop.url(path));
        request.header(COOKIE, &self.cookie)
    }

    pub async fn opens(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn sees(&self, path: &str) -> String {
        self.opens(path).await.text().await.unwrap()
    }

    pub async fn sends(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let body = serde_urlencoded::to_string(form).unwrap();
        let request = self.request(Method::POST, path).body(body);
        request.send().await.unwrap()
    }
}

pub fn redirect_of(response: &Response) -> &str {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.headers()[LOCATION].to_str().unwrap()
}

/// The value of a hidden field.
pub fn hidden_field<'h>(html: &'h str, name: &str) -> &'h str {
    let (_, rest) = html
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no field {name} in {html}"));
    rest.split('"').next().unwrap()
}
