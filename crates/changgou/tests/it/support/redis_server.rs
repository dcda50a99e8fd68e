//! A Redis server of one test, which it can stop, freeze and start again.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use changgou::infra::cache::CacheUrl;
use changgou::infra::settings::Settings;

use crate::support::shop::{Shop, fresh_folder, redis_url};

/// How long to wait for a server.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server, its port and its folder.
pub struct Server {
    pub port: u16,
    folder: PathBuf,
    file: Option<PathBuf>,
    more: Vec<String>,
    running: Option<Child>,
}

impl Server {
    /// Starts a server that syncs each write to its file.
    pub fn start(more: &[&str]) -> Server {
        Server::begin(None, more)
    }

    /// Starts a server with a file of settings.
    pub fn start_with(file: &Path, more: &[&str]) -> Server {
        Server::begin(Some(file), more)
    }

    fn begin(file: Option<&Path>, more: &[&str]) -> Server {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let more = more.iter().map(|&word| word.to_owned()).collect();
        let file = file.map(Path::to_path_buf);
        let mut server = Server { port, folder: fresh_folder(), file, more, running: None };
        server.again();
        server
    }

    /// Starts it again with its data.
    pub fn again(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.current_dir(&self.folder).args(&self.file).args(["--port", &port, "--bind", "127.0.0.1"]);
        command.args(["--dir", "."]).args(&self.more);
        if !self.more.iter().any(|word| word == "--sentinel") {
            command.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        }
        self.running = Some(command.stdout(Stdio::null()).spawn().expect("redis-server starts"));
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Freezes it: connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Ends the freeze.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let id = self.running.as_ref().expect("it runs").id();
        assert!(Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).status().unwrap().success());
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends a command; its answer.
    pub fn says<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        says(&self.url(), words)
    }
}

/// Sends a command to the server at `url`; its answer.
pub fn says<T: redis::FromRedisValue>(url: &str, words: &[&str]) -> T {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.query(&mut connection).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // A folder that cannot be removed is no failure.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a test with its own Redis; does nothing without `TEST_REDIS_URL`.
pub async fn with_own_redis(story: impl AsyncFnOnce(&Shop, &mut Server)) {
    if redis_url().is_none() {
        return;
    }
    let mut server = Server::start(&[]);
    let address = CacheUrl::parse(&server.url()).unwrap();
    let change = move |settings: &mut Settings| settings.cache = Some(address);
    Shop::run_with(change, async |shop| story(shop, &mut server).await).await;
}

impl Shop {
    /// The full name of a key of this shop.
    pub fn key(&self, key: &str) -> String {
        format!("{}{key}", self.running.app.settings.cache_prefix)
    }
}
