//! A real Chromium, driven by the `WebDriver` protocol (W3C), with the few commands a buyer's visit needs.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// How long to wait for an element of a page.
const PATIENCE: Duration = Duration::from_secs(20);

/// A size of screen and a language.
pub struct Screen {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
    pub language: &'static str,
    pub mobile: Mobile,
}

/// Whether the browser emulates a phone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mobile {
    Yes,
    No,
}

/// A browser window.
pub struct Browser {
    driver: Child,
    http: Client,
    session: String,
    screen: &'static str,
}

impl Browser {
    pub async fn open(screen: &Screen) -> Browser {
        let (driver, port) = start_driver();
        let http = Client::builder().no_proxy().build().unwrap();
        let base = format!("http://127.0.0.1:{port}/session");
        let answer = http.post(&base).json(&capabilities(screen)).send().await.expect("chromedriver answers");
        let answer: Value = answer.json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {answer}"));
        Browser { driver, session: format!("{base}/{id}"), http, screen: screen.name }
    }

    pub async fn close(self) {
        self.ask(Method::DELETE, "", Value::Null).await;
    }

    pub async fn go(&self, url: &str) {
        self.ask(Method::POST, "/url", json!({ "url": url })).await;
    }

    pub async fn url(&self) -> String {
        self.ask(Method::GET, "/url", Value::Null).await.as_str().unwrap().to_owned()
    }

    /// Clicks the element as soon as it exists. It is scrolled to the middle of the window, since bars may cover the
    /// edges.
    pub async fn press(&self, css: &str) {
        let id = self.wait_for(css).await;
        let middle = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})";
        let element = json!({ "element-6066-11e4-a52e-4f735466cecf": id });
        self.ask(Method::POST, "/execute/sync", json!({ "script": middle, "args": [element] })).await;
        self.ask(Method::POST, &format!("/element/{id}/click"), json!({})).await;
    }

    pub async fn write(&self, css: &str, text: &str) {
        let id = self.wait_for(css).await;
        self.ask(Method::POST, &format!("/element/{id}/clear"), json!({})).await;
        self.ask(Method::POST, &format!("/element/{id}/value"), json!({ "text": text })).await;
    }

    pub async fn text(&self, css: &str) -> String {
        let id = self.wait_for(css).await;
        self.ask(Method::GET, &format!("/element/{id}/text"), Value::Null).await.as_str().unwrap().to_owned()
    }

    /// Waits until the selector matches an element.
    pub async fn wait_for(&self, css: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let sought = json!({ "using": "css selector", "value": css });
                let answer = self.try_ask(Method::POST, "/element", sought).await;
                if answer["error"].is_null()
                    && let Some(id) = answer.as_object().and_then(|one| one.values().next()?.as_str())
                {
                    return id.to_owned();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        match found.await {
            Ok(id) => id,
            Err(_) => {
                self.photograph("missing").await;
                panic!("{}: no {css} at {}", self.screen, self.url().await)
            }
        }
    }

    /// Saves a screenshot below `target/tmp/pages`.
    pub async fn photograph(&self, name: &str) -> PathBuf {
        let picture = self.ask(Method::GET, "/screenshot", Value::Null).await;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{}-{name}.png", self.screen));
        std::fs::write(&path, from_base64(picture.as_str().unwrap())).unwrap();
        path
    }

    /// Whether the page is wider than the window.
    pub async fn overflows(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > window.innerWidth + 1";
        self.ask(Method::POST, "/execute/sync", json!({ "script": script, "args": [] })).await == true
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let value = self.try_ask(method, path, body).await;
        assert!(value["error"].is_null(), "{}: {path}: {value}", self.screen);
        value
    }

    async fn try_ask(&self, method: Method, path: &str, body: Value) -> Value {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.session));
        if method == Method::POST {
            request = request.json(&body);
        }
        let answer: Value = request.send().await.expect("chromedriver answers").json().await.unwrap();
        answer["value"].clone()
    }
}

/// A test that fails leaves no browser behind: driver and windows are one process group.
impl Drop for Browser {
    fn drop(&mut self) {
        let group = format!("-{}", self.driver.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        assert!(killed.is_ok() && self.driver.wait().is_ok(), "chromedriver is ours to stop");
    }
}

fn start_driver() -> (Child, String) {
    let spawned = Command::new("chromedriver")
        .process_group(0)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut driver = spawned.expect("chromedriver is installed (make test installs it)");
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).find(|line| line.contains("successfully on port"));
    let told = told.expect("chromedriver tells its port");
    (driver, told.rsplit(' ').next().unwrap().trim_end_matches('.').to_owned())
}

fn capabilities(screen: &Screen) -> Value {
    let mut options = json!({ "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        format!("--window-size={},{}", screen.width, screen.height),
        format!("--accept-lang={}", screen.language), format!("--lang={}", screen.language),
    ], "prefs": { "intl.accept_languages": screen.language } });
    if screen.mobile == Mobile::Yes {
        let metrics =
            json!({ "width": screen.width, "height": screen.height, "pixelRatio": 2, "touch": true });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": options } } })
}

fn from_base64(text: &str) -> Vec<u8> {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => u32::from(letter - b'A'),
        b'a'..=b'z' => u32::from(letter - b'a') + 26,
        b'0'..=b'9' => u32::from(letter - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let plain: Vec<u8> = text.bytes().filter(|letter| !b"=\r\n".contains(letter)).collect();
    let mut bytes = Vec::with_capacity(plain.len() * 3 / 4);
    for four in plain.chunks(4) {
        let bits = four.iter().fold(0, |bits, letter| bits << 6 | digit(*letter)) << (6 * (4 - four.len()));
        bytes.extend((0..four.len() - 1).map(|nth| (bits >> (16 - 8 * nth)) as u8));
    }
    bytes
}
