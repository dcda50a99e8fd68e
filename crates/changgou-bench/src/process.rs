//! CPU time and memory of a process, read from `/proc` of Linux. On other
//! systems nothing is found and nothing is reported.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One tick of `/proc/*/stat`: `USER_HZ` is 100 on every Linux machine.
const TICK: Duration = Duration::from_millis(10);

/// A process on this machine.
#[derive(Clone, Debug)]
pub struct Process {
    folder: PathBuf,
    /// The process id; `None` for this process.
    pub pid: Option<u32>,
}

/// The resources of a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time on all cores since it started.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub resident: u64,
}

impl Process {
    /// This process.
    pub fn own() -> Process {
        Process { folder: PathBuf::from("/proc/self"), pid: None }
    }

    /// The process that listens on a TCP port.
    pub fn listening(port: u16) -> Option<Process> {
        let tables =
            ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().filter_map(|path| fs::read_to_string(path).ok());
        let inode = tables.filter_map(|table| listener(&table, port)).next()?;
        let socket = PathBuf::from(format!("socket:[{inode}]"));
        let pids = fs::read_dir("/proc").ok()?.flatten();
        let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.find_map(|pid: u32| {
            let process = Process { folder: PathBuf::from(format!("/proc/{pid}")), pid: Some(pid) };
            process.has_open(&socket).then_some(process)
        })
    }

    /// Whether it has this file, or a socket of that name, open.
    pub fn has_open(&self, file: &Path) -> bool {
        let open = fs::read_dir(self.folder.join("fd")).into_iter().flatten().flatten();
        open.filter_map(|entry| fs::read_link(entry.path()).ok()).any(|link| link == file)
    }

    /// Its usage up to now; nothing once it has ended.
    pub fn usage(&self) -> Option<Usage> {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).ok();
        Some(Usage { cpu: cpu(&read("stat")?)?, resident: resident(&read("status")?)? })
    }
}

/// The inode of the socket that listens on `port`, in the text of `/proc/net/tcp`.
fn listener(table: &str, port: u16) -> Option<u64> {
    let (port, listens) = (format!(":{port:04X}"), "0A");
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let is_it = columns.get(1)?.ends_with(&port) && *columns.get(3)? == listens;
        is_it.then(|| columns.get(9)?.parse().ok()).flatten()
    })
}

/// User and system time of `/proc/*/stat`. The name before them can contain any character, even parentheses.
fn cpu(stat: &str) -> Option<Duration> {
    let mut columns = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || columns.next()?.parse::<u32>().ok();
    Some(TICK * ticks()?.saturating_add(ticks()?))
}

/// Resident memory of `/proc/*/status`, in bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_not_confused_with_its_connections() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:1F41 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 111 1\n   \
            1: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 222 1\n";
        assert_eq!(listener(table, 8001), Some(222));
        assert_eq!((listener(table, 8002), listener("", 8001), listener("a\nb\n", 1)), (None, None, None));
    }

    #[test]
    fn cpu_time_and_memory_are_read_whatever_the_name_of_the_program() {
        let stat = "42 (a) b (c)) S 1 1 1 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 4 0 1 2 3";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!((cpu(""), cpu("1 (x) S 1")), (None, None));
        assert_eq!(resident("Name:\tx\nVmRSS:\t   1024 kB\n"), Some(1024 * 1024));
        assert_eq!(resident("Name:\tx\n"), None);
    }

    #[test]
    fn a_process_that_listens_is_found() {
        let listening = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let found = Process::listening(listening.local_addr().expect("it is bound").port());
        let found = found.expect("this process listens");
        assert_eq!(found.pid, Some(std::process::id()));
        assert!(found.usage().is_some_and(|usage| usage.resident > 0) && Process::own().usage().is_some());
        assert!(Process::listening(0).is_none());
    }
}
