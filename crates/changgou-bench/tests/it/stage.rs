//! A shop in this process, and the program that loads it.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use changgou::cli::serve::{self, RunningShop, Worker};
use changgou::domain::clock::Clock;
use changgou::flow::seed::{self, SeededAccount};
use changgou::infra::settings::Settings;
use serde_json::{Value, json};

/// A folder in which the program runs; removed when the test ends.
pub struct Folder(pub PathBuf);

/// A shop in demo mode, its database in the folder.
pub struct Stage {
    pub folder: Folder,
    pub shop: RunningShop,
}

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("bench-it-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        Folder(folder)
    }

    /// The database that the program and the shop find by its default address.
    pub fn database_url(&self) -> String {
        format!("sqlite://{}/data/changgou.db", self.0.display())
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_changgou-bench"));
        command.current_dir(&self.0).env_clear().args(args).output().expect("it runs")
    }

    /// The output of a run that must succeed.
    pub fn output(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("it writes UTF-8")
    }

    /// The one line of the error of a run that must fail.
    pub fn error(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = String::from_utf8(output.stderr).expect("it writes UTF-8");
        assert!(text.starts_with("changgou-bench: ") && text.lines().count() == 1, "{text}");
        text
    }

    /// The JSON report of the last run.
    pub fn report(&self) -> Value {
        let text = std::fs::read_to_string(self.0.join("report.json")).expect("there is a report");
        serde_json::from_str(&text).expect("it is JSON")
    }

    fn write_tokens(&self, name: &str, accounts: &[SeededAccount]) {
        let mut file = File::create(self.0.join(name)).expect("the folder can be written");
        for SeededAccount { username, token, role } in accounts {
            let line = json!({ "username": username, "token": token, "role": role.word() });
            writeln!(file, "{line}").expect("the folder can be written");
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The folder is the test's own; that it stays is no failure.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Stage {
    /// A shop with buyers: in `full.jsonl` those with full carts, in `empty.jsonl` those with empty ones.
    pub async fn new() -> Stage {
        let folder = Folder::new();
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            simulator_listen: ([127, 0, 0, 1], 0).into(),
            database_url: folder.database_url(),
            ..Settings::defaults()
        };
        let shop = serve::start(settings, Clock::System, Worker::Own).await.expect("the shop starts");
        let stage = Stage { folder, shop };
        stage.fill().await;
        stage
    }

    async fn fill(&self) {
        let app = &self.shop.app;
        let skus = seed::create_skus(app, 12, 9000, &mut |_| {}).await.expect("SKUs are added");
        let full = seed::create_users(app, 30, &mut |_| {}).await.expect("buyers are added");
        seed::fill_carts(app, 9, &full[1..], &skus, &mut |_| {}).await.expect("carts are filled");
        let empty = seed::create_users(app, 30, &mut |_| {}).await.expect("buyers are added");
        self.folder.write_tokens("full.jsonl", &full);
        self.folder.write_tokens("empty.jsonl", &empty);
    }

    pub fn address(&self) -> String {
        self.shop.address.to_string()
    }

    /// Runs a small load; its output, and its report.
    pub fn bench(&self, scenario: &str, more: &[&str]) -> (String, Value) {
        let address = self.address();
        let simulator = self.shop.simulator().expect("it is in demo mode").to_string();
        let mut args = vec!["--address", &address, "--simulator-listen", &simulator, "--scenario", scenario];
        args.extend(["--clients", "4", "--json", "report.json"]);
        args.extend(more);
        (self.folder.output(&args), self.folder.report())
    }

    /// Stops the shop.
    pub async fn stop(self) {
        self.shop.stop().await.expect("the shop stops");
    }
}
