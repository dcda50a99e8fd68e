//! The program as a process, in its own folder.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use crate::support::shop::{Person, free_address, fresh_folder};

/// A folder in which commands run; removed when the test ends.
pub struct Place {
    pub folder: PathBuf,
}

/// A running `changgou serve`.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
    pub simulator: SocketAddr,
    /// What it printed before it was ready.
    pub banner: String,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: fresh_folder() }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_changgou"));
        command.current_dir(&self.folder).env_clear().args(args);
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("it runs")
    }

    /// The output of a command that must succeed.
    pub fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The error of a command that must fail.
    pub fn complains(&self, args: &[&str]) -> String {
        complaint(&self.run(args))
    }

    /// Serves the demonstration on free ports.
    pub fn serves(&self) -> Serving {
        self.serves_where(&[])
    }

    /// The same with something in its environment.
    pub fn serves_where(&self, environment: &[(&str, &str)]) -> Serving {
        let (address, simulator) = (free_address(), free_address());
        let (shop, wechat) = (address.to_string(), simulator.to_string());
        let mut command = self.command(&["serve", "--listen", &shop, "--simulator-listen", &wechat]);
        let command = command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Demo logins") {
            assert_ne!(said.read_line(&mut banner).unwrap(), 0, "it ended: {:?}", child.wait_with_output());
        }
        Serving { child, address, simulator, banner }
    }
}

/// The one line of error that ended a command.
pub fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(text.starts_with("changgou: ") && text.lines().count() == 1, "{text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

impl Drop for Place {
    fn drop(&mut self) {
        // A folder that cannot be removed is no failure.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Serving {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn stranger(&self) -> Person {
        Person::at(self.url(""))
    }

    /// Sends SIGTERM, as a supervisor does.
    pub fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Kills it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends; its exit code and its log.
    pub fn end(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

/// A connection on which a test sends a request in pieces.
pub struct Socket(std::net::TcpStream);

impl Socket {
    pub fn to(address: SocketAddr) -> std::io::Result<Socket> {
        std::net::TcpStream::connect(address).map(Socket)
    }

    pub fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("it is read");
    }

    /// Reads exactly this text.
    pub fn hears(&mut self, words: &str) {
        let mut heard = vec![0; words.len()];
        self.0.read_exact(&mut heard).expect("it answers");
        assert_eq!(String::from_utf8(heard).unwrap(), words);
    }

    /// Reads until the other side closes.
    pub fn answer(mut self) -> String {
        let mut text = String::new();
        self.0.read_to_string(&mut text).expect("it answers");
        text
    }
}
