//! Keeps the certificates WeChat signs with under API v3: they change every few
//! years, and a new one signs a day or two after it is given away. One that
//! nobody told of is fetched when it is met.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::flow::App;
use crate::infra::gateway::Certificates;

/// How often they are looked for; WeChat asks for twelve hours at most.
const PAUSE: Duration = Duration::from_secs(6 * 3600);

/// How soon again when WeChat did not give them.
const AGAIN: Duration = Duration::from_secs(120);

/// Looks for them until `stop` says so; at once where API v3 is not in use.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let turn = async {
            let pause = look(&app).await?;
            tokio::time::sleep(pause).await;
            Some(())
        };
        tokio::select! {
            turned = turn => if turned.is_none() { return },
            _ = stop.changed() => return,
        }
    }
}

/// Looks once; how long to wait for the next time.
async fn look(app: &App) -> Option<Duration> {
    let looked = app.gateway.refresh_certificates().await;
    let serials = app.gateway.platform_serials().join(" ");
    match looked {
        Certificates::NotNeeded => None,
        Certificates::Fetched => {
            tracing::info!(serials, "WeChat's keys for API v3");
            Some(PAUSE)
        }
        Certificates::NoneThere if !serials.is_empty() => {
            tracing::info!(serials, "WeChat signs with its public key alone");
            Some(PAUSE)
        }
        Certificates::NoneThere => {
            tracing::error!(
                "WeChat has no certificates for this merchant: set wechat_public_key_id and its file"
            );
            Some(AGAIN)
        }
        Certificates::Failed(why) => {
            tracing::warn!(why, serials, "WeChat's certificates could not be fetched");
            Some(AGAIN)
        }
    }
}
