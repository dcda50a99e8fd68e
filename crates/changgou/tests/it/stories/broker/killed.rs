//! A broker that is killed while the shop publishes, and starts again. The test runs its own broker, if
//! `TEST_AMQP_URL` says that RabbitMQ is installed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use changgou::infra::queue::BrokerStatus;
use changgou::infra::settings::AmqpSettings;
use changgou::worker::outbox_relay;
use tokio::sync::watch;

use crate::support::rabbitmq;
use crate::support::rabbitmq::{Rabbit, heard, json};
use crate::support::shop::{Person, Shop, free_address, fresh_folder};
use crate::support::wait::until;
use crate::support::wechat::text;

/// A RabbitMQ with its own data, which can be killed and started again.
struct Node {
    folder: PathBuf,
    ports: [u16; 3],
    running: Child,
}

impl Node {
    async fn start() -> Node {
        let ports = [(); 3].map(|()| free_address().port());
        let folder = fresh_folder();
        let config = format!("listeners.tcp.1 = 127.0.0.1:{}\nlog.file = false\n", ports[0]);
        std::fs::write(folder.join("rabbit.conf"), config).unwrap();
        std::fs::write(folder.join("plugins"), "[].").unwrap();
        let node = Node { running: run(&folder, ports), folder, ports };
        node.answers().await;
        node
    }

    /// SIGKILL, as the kernel sends it when memory runs out.
    fn kill(&mut self) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap();
        let killed = Command::new("sh").args(["-c", &format!("kill -9 {}", pid.trim())]).status().unwrap();
        assert!(killed.success());
        self.running.wait().unwrap();
    }

    async fn starts_again(&mut self) {
        self.running = run(&self.folder, self.ports);
        self.answers().await;
    }

    async fn answers(&self) {
        let amqp = self.amqp();
        until("the broker answers", async || rabbitmq::answers(&amqp).await).await;
    }

    fn amqp(&self) -> AmqpSettings {
        let url = format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports[0]);
        AmqpSettings { url, prefix: String::new() }
    }

    fn end(mut self) {
        self.kill();
        let stop = format!("ERL_EPMD_PORT={} epmd -kill", self.ports[1]);
        // Its name server may have ended before it; a folder that stays is no failure.
        let _ = Command::new("sh").args(["-c", &stop]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn run(folder: &Path, [amqp, names, distribution]: [u16; 3]) -> Child {
    // Debian's wrapper changes the user; the program itself does not.
    let debian = Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    let program = if debian.exists() { debian } else { Path::new("rabbitmq-server") };
    Command::new(program)
        .env("HOME", folder)
        .env("ERL_EPMD_PORT", names.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODENAME", format!("killed{amqp}@localhost"))
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbit.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_LOG_BASE", folder.join("log"))
        .env("RABBITMQ_PID_FILE", folder.join("pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("RabbitMQ is installed")
}

async fn buys(buyer: &Person, sku: &str, count: usize) -> Vec<String> {
    let mut orders = Vec::new();
    for _ in 0..count {
        orders.push(text(&buyer.buys(sku, 1).await["id"]));
    }
    orders
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_makes_events_late_and_loses_none() {
    if rabbitmq::fresh().is_none() {
        return;
    }
    let mut node = Node::start().await;
    let amqp = node.amqp();
    Shop::run_with(
        |settings| settings.amqp = Some(amqp.clone()),
        async |shop| {
            let rabbit = Rabbit::at(&amqp).await;
            drop(rabbit.listens("order.placed").await);
            let (stop, stopped) = watch::channel(false);
            let app = shop.running.app.clone();
            let relay = tokio::spawn(outbox_relay::run(Arc::clone(&app), stopped));
            let (buyer, sku) = (shop.buyer().await, shop.sku(1000).await);
            let mut orders = buys(&buyer, &sku, 30).await;
            node.kill();
            orders.extend(buys(&buyer, &sku, 30).await);
            let broker = app.broker.clone().unwrap();
            until("the shop notices", async || matches!(broker.status(), BrokerStatus::Away(_))).await;
            let ready = shop.http.get(shop.url("/readyz")).send().await.unwrap();
            assert!(ready.status().is_success(), "the shop stays open");

            node.starts_again().await;
            orders.extend(buys(&buyer, &sku, 30).await);
            let rabbit = Rabbit::at(&amqp).await;
            let mut listener = rabbit.listens("order.placed").await;
            let mut told = BTreeSet::new();
            while told.len() < orders.len() {
                told.insert(text(&json(&heard(&mut listener).await.data)["order_id"]));
            }
            assert_eq!(told, orders.into_iter().collect());
            tokio::time::sleep(Duration::from_millis(100)).await;
            stop.send_replace(true);
            relay.await.unwrap();
        },
    )
    .await;
    node.end();
}
