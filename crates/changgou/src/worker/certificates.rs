//! Keeps the certificates of API v3 up to date. WeChat changes them every few years and
//! publishes a new one a day or two before it signs with it. An unknown certificate is
//! also fetched when a signature needs it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::flow::App;
use crate::infra::gateway::Certificates;

/// How often certificates are fetched; WeChat asks for at least every twelve hours.
const PAUSE: Duration = Duration::from_secs(6 * 3600);

/// How soon a failed fetch is repeated.
const RETRY_PAUSE: Duration = Duration::from_secs(120);

/// Runs until `stop`; ends at once if API v3 is not in use.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let turn = async {
            let pause = fetch(&app).await?;
            tokio::time::sleep(pause).await;
            Some(())
        };
        tokio::select! {
            turned = turn => if turned.is_none() { return },
            _ = stop.changed() => return,
        }
    }
}

/// Fetches the certificates; returns how long to wait before the next time, `None` if
/// they are not needed.
async fn fetch(app: &App) -> Option<Duration> {
    let fetched = app.gateway.refresh_certificates().await;
    let serials = app.gateway.platform_serials().join(" ");
    match fetched {
        Certificates::NotNeeded => None,
        Certificates::Fetched => {
            tracing::info!(serials, "the certificates of API v3 are up to date");
            Some(PAUSE)
        }
        Certificates::NoneThere if !serials.is_empty() => {
            tracing::info!(serials, "WeChat has no certificates; its public key is used");
            Some(PAUSE)
        }
        Certificates::NoneThere => {
            tracing::error!(
                "WeChat has no certificates for this merchant: set wechat_public_key_id and its file"
            );
            Some(RETRY_PAUSE)
        }
        Certificates::Failed(why) => {
            tracing::warn!(why, serials, "the certificates of API v3 cannot be fetched");
            Some(RETRY_PAUSE)
        }
    }
}
