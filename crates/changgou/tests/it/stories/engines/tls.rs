//! Connections to the servers by TLS and by unix socket. Runs where `TEST_AUTHORITY` names the certificate authority
//! of the test servers.

use std::process::{Child, Command, Stdio};

use mysql_async::prelude::Queryable;
use serde_json::json;

use crate::support::backup::{said, script};
use crate::support::program::{Place, complaint};
use crate::support::servers;
use crate::support::shop::{Person, free_address};
use crate::support::wait::until;

const SERVE: [&str; 4] =
    ["serve", "--simulator-listen=127.0.0.1:0", "--redis-prefix=tls:", "--amqp-prefix=tls."];

/// The addresses of the servers by TLS.
struct Servers {
    authority: String,
    database: String,
    redis: String,
    amqp: String,
}

impl Servers {
    async fn find(place: &Place) -> Option<Servers> {
        let authority = variable("TEST_AUTHORITY")?;
        let database = servers::fresh_database(&place.folder).await;
        let (redis, amqp) = (variable("TEST_REDIS_TLS_URL")?, variable("TEST_AMQP_TLS_URL")?);
        Some(Servers { authority, database, redis, amqp })
    }

    /// The database's URL for a user who must use TLS.
    async fn for_a_careful_user(&self) -> String {
        let (server, name) = self.database.rsplit_once('/').unwrap();
        let mut connection = servers::connect(&self.database).await;
        for sql in [
            format!("create user '{name}'@'%' identified by 'hunter2' require ssl"),
            format!("grant all on {name}.* to '{name}'@'%'"),
        ] {
            connection.query_drop(sql).await.unwrap();
        }
        connection.disconnect().await.unwrap();
        format!("{}/{name}", server.replace("root@", &format!("{name}:hunter2@")))
    }

    /// The program, which trusts only the authorities in `trusted`.
    fn program(&self, place: &Place, trusted: &str, args: &[&str]) -> Command {
        let mut command = place.command(&SERVE);
        command.args(args).env("SSL_CERT_FILE", trusted).stdout(Stdio::null());
        command
    }

    async fn end(self) {
        let (_, name) = self.database.rsplit_once('/').unwrap();
        let mut connection = servers::connect(&self.database).await;
        connection.query_drop(format!("drop user if exists '{name}'@'%'")).await.unwrap();
        connection.disconnect().await.unwrap();
        servers::drop_database(&self.database).await;
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.is_empty())
}

/// A program that is killed when the test ends.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    async fn start(mut program: Command) -> Running {
        let listen = free_address().to_string();
        let child = program.args(["--listen", &listen]).stderr(Stdio::null()).spawn().expect("it starts");
        let running = Running { child, url: format!("http://{listen}") };
        until("it is ready", async || running.standing().await.starts_with("ready")).await;
        running
    }

    async fn standing(&self) -> String {
        match reqwest::get(format!("{}/readyz", self.url)).await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    async fn sells(&self) {
        let typed = json!({ "username": "demo", "password": "demo" });
        let tokens = Person::at(self.url.clone()).post("/api/user/login", typed).await.ok();
        let demo = Person::at(self.url.clone()).with_token(tokens["accessToken"].as_str().unwrap());
        demo.buys("100000003145", 1).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_sells_with_all_its_servers_by_tls() {
    let place = Place::new();
    let Some(servers) = Servers::find(&place).await else { return };
    let database = format!("{}?require_ssl=true", servers.for_a_careful_user().await);
    let all = ["--database-url", &database, "--redis-url", &servers.redis, "--amqp-url", &servers.amqp];
    let running = Running::start(servers.program(&place, &servers.authority, &all)).await;
    running.sells().await;
    let heard = async || running.standing().await == "ready\n";
    until("the broker has taken the event", heard).await;
    drop(running);
    servers.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_with_untrusted_certificates_are_refused() {
    let place = Place::new();
    let Some(servers) = Servers::find(&place).await else { return };
    let stranger = servers.authority.replace("authority.pem", "stranger.pem");
    let database = format!("{}?require_ssl=true", servers.for_a_careful_user().await);
    for (flag, url, word) in
        [("--database-url", &database, "UnknownIssuer"), ("--redis-url", &servers.redis, "redis_url")]
    {
        let told = complaint(&servers.program(&place, &stranger, &[flag, url]).output().unwrap());
        assert!(told.contains(word) && !told.contains("hunter2"), "{told}");
    }
    let running = Running::start(servers.program(&place, &stranger, &["--amqp-url", &servers.amqp])).await;
    running.sells().await;
    let late = async || running.standing().await.contains("broker: degraded (away)");
    until("the broker is not believed", late).await;
    drop(running);
    servers.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_must_use_tls_is_told_so() {
    let place = Place::new();
    let Some(servers) = Servers::find(&place).await else { return };
    let database = servers.for_a_careful_user().await;
    let args = ["--database-url", &database, "--listen=127.0.0.1:0"];
    let told = complaint(&servers.program(&place, &servers.authority, &args).output().unwrap());
    assert!(told.contains("require_ssl=true") && !told.contains("hunter2"), "{told}");
    servers.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_on_this_machine_is_reached_by_its_socket() {
    let place = Place::new();
    let Some(socket) = variable("TEST_MYSQL_SOCKET") else { return };
    let database = servers::fresh_database(&place.folder).await;
    let (_, name) = database.rsplit_once('/').unwrap();
    // A port that nobody listens on, so that only the socket works.
    let url = format!("mysql://root@localhost:1/{name}?socket={socket}");
    let mut program = place.command(&SERVE);
    program.args(["--database-url", &url]).stdout(Stdio::null());
    Running::start(program).await.sells().await;
    servers::drop_database(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_use_tls_if_the_shop_does() {
    if servers::is_tidb() {
        return;
    }
    let place = Place::new();
    let Some(servers) = Servers::find(&place).await else { return };
    let database = format!("{}?require_ssl=true", servers.for_a_careful_user().await);
    let copied = async |authority: &str| {
        let mut backup = script("backup.sh", &database, &place.folder);
        backup.env("SSL_CERT_FILE", authority).output().expect("there is bash")
    };
    let (good, stranger) = (&servers.authority, servers.authority.replace("authority.pem", "stranger.pem"));
    let copy = copied(good).await;
    assert!(copy.status.success(), "{}", said(&copy));
    let refused = copied(&stranger).await;
    assert!(!refused.status.success() && said(&refused).contains("certificate"), "{}", said(&refused));
    servers.end().await;
}
