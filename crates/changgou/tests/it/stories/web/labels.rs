//! What callers invent is neither counted by its name nor logged at length.

use std::fs::File;

use reqwest::Method;

use crate::support::program::Place;
use crate::support::shop::free_address;
use crate::support::wait::until;

/// The longest line that the log may have.
const LINE_MAX: usize = 2000;

#[tokio::test(flavor = "multi_thread")]
async fn invented_methods_paths_and_headers_become_no_labels_and_no_long_lines() {
    let place = Place::new();
    let [shop, wechat] = [free_address(), free_address()].map(|address| address.to_string());
    let log = place.folder.join("log");
    let mut command = place.command(&["serve", "--listen", &shop, "--simulator-listen", &wechat]);
    let command = command.env("CHANGGOU_LOG", "debug").stderr(File::create(&log).unwrap());
    let mut serving = command.spawn().unwrap();
    let said = || std::fs::read_to_string(&log).unwrap();
    until("it serves", async || said().contains("serving")).await;
    let url = |path: &str| format!("http://{shop}{path}");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let long = "INVENTED".repeat(1000);
    for nth in 0..50 {
        let method = Method::from_bytes(format!("INVENTED{nth}").as_bytes()).unwrap();
        for path in ["/healthz".to_owned(), format!("/INVENTED/{nth}"), format!("/api/order/{long}")] {
            let request = http.request(method.clone(), url(&path));
            request.header("x-INVENTED", &long).header("accept-language", &long).send().await.unwrap();
            let request = http.post(url(&path)).header("authorization", format!("Bearer {long}"));
            request.body(format!("{{\"{long}\":1}}")).send().await.unwrap();
        }
        for path in ["/api/user/login", "/api/weixin/pay/notify/url", "/api/weixin/pay/native/callback"] {
            let request = http.post(url(path)).header("content-type", "application/json");
            request.body(format!("{{\"username\":\"{long}\",\"password\":\"x\"}}")).send().await.unwrap();
        }
    }
    let metrics = http.get(url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("method=\"other\""), "{metrics}");
    let named = metrics.lines().find(|line| line.to_ascii_uppercase().contains("INVENTED"));
    assert_eq!(named, None);
    serving.kill().unwrap();
    serving.wait().unwrap();
    let log = said();
    let long = log.lines().find(|line| line.len() > LINE_MAX);
    assert_eq!(long, None);
    assert!(log.contains("\"other\""), "requests are logged");
}
