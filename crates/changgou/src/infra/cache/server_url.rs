//! URLs of Redis: one server, Sentinels or a cluster.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, TlsMode};

use super::CacheError;
use crate::domain::redact_url::redact_login;

/// For error messages.
const FORMS: &str = "write redis://HOST:PORT, rediss://HOST:PORT (TLS), unix:///PATH, \
                     redis+sentinel://HOST:PORT,HOST:PORT/MASTER or redis+cluster://HOST:PORT,HOST:PORT, \
                     with USER:PASSWORD@ before the host if it asks for one";

/// A parsed URL.
#[derive(Clone)]
pub struct CacheUrl {
    pub(super) kind: CacheTopology,
    shown: String,
}

#[derive(Clone)]
pub(super) enum CacheTopology {
    One(ConnectionInfo),
    /// The master with this name, which these Sentinels know.
    Sentinel {
        sentinels: Vec<ConnectionInfo>,
        master: String,
        node: ConnectionInfo,
    },
    /// Some nodes of a cluster.
    Cluster(Vec<ConnectionInfo>),
}

impl std::fmt::Debug for CacheUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl CacheUrl {
    /// The error says how to write a URL and contains no password.
    pub fn parse(url: &str) -> Result<CacheUrl, CacheError> {
        let kind = parse_topology(url).map_err(|problem| {
            CacheError::Start(format!("{:?} is not a URL of Redis ({problem}); {FORMS}", redact_login(url)))
        })?;
        Ok(CacheUrl { kind, shown: redact_login(url) })
    }

    /// Without the password.
    pub fn redacted(&self) -> &str {
        &self.shown
    }
}

fn parse_topology(url: &str) -> Result<CacheTopology, String> {
    let (scheme, rest) = url.split_once("://").ok_or("there is no scheme")?;
    match scheme.split_once('+') {
        Some((scheme @ ("redis" | "rediss"), "sentinel")) => parse_sentinel(scheme, rest),
        Some((scheme @ ("redis" | "rediss"), "cluster")) => parse_cluster(scheme, rest),
        _ => parse_info(url).map(CacheTopology::One),
    }
}

fn parse_sentinel(scheme: &str, rest: &str) -> Result<CacheTopology, String> {
    let Parts { login, hosts, path } = split_parts(rest);
    let (master, db) = path.split_once('/').unwrap_or((path, "0"));
    if master.is_empty() {
        return Err("the name of the master is missing after the Sentinels".to_owned());
    }
    // The login is for the servers; Sentinels are asked without one.
    let sentinels = hosts.iter().map(|host| parse_info(&format!("{scheme}://{}", with_port(host, 26379))));
    let sentinels = sentinels.collect::<Result<_, _>>()?;
    let node = parse_info(&format!("{scheme}://{login}localhost/{db}"))?;
    Ok(CacheTopology::Sentinel { sentinels, master: master.to_owned(), node })
}

fn parse_cluster(scheme: &str, rest: &str) -> Result<CacheTopology, String> {
    let Parts { login, hosts, path } = split_parts(rest);
    if !path.is_empty() {
        return Err("a cluster has no numbered databases".to_owned());
    }
    let nodes = hosts.iter().map(|host| parse_info(&format!("{scheme}://{login}{}", with_port(host, 6379))));
    nodes.collect::<Result<_, _>>().map(CacheTopology::Cluster)
}

/// The part after `scheme://`, with one or more hosts.
struct Parts<'u> {
    /// `user:password@`, or empty.
    login: &'u str,
    hosts: Vec<&'u str>,
    path: &'u str,
}

fn split_parts(rest: &str) -> Parts<'_> {
    let (login, rest) = rest.split_at(rest.rfind('@').map_or(0, |at| at + 1));
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    Parts { login, hosts: hosts.split(',').map(str::trim).collect(), path }
}

fn with_port(host: &str, port: u16) -> String {
    let has_one = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_one { host.to_owned() } else { format!("{host}:{port}") }
}

fn parse_info(url: &str) -> Result<ConnectionInfo, String> {
    // The library's message may contain the URL and so the password.
    let info = url.into_connection_info().map_err(|_| "it cannot be read".to_owned())?;
    info.addr().is_supported().then_some(info).ok_or_else(|| "this system does not support it".to_owned())
}

pub(super) fn tls(info: &ConnectionInfo) -> Option<TlsMode> {
    matches!(info.addr(), ConnectionAddr::TcpTls { .. }).then_some(TlsMode::Secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_understood() {
        for good in [
            "redis://127.0.0.1:6379",
            "redis://:secret@host/3",
            "rediss://user:secret@host:6380",
            "unix:///run/redis.sock",
            "redis+unix:///run/redis.sock?db=1&pass=secret",
            "redis+sentinel://a:26379,b:26379/mymaster",
            "rediss+sentinel://user:secret@a,b/mymaster/2",
            "redis+cluster://:secret@a:7000,b:7001",
        ] {
            let address = CacheUrl::parse(good).unwrap_or_else(|error| panic!("{good}: {error}"));
            assert!(!format!("{address:?}").contains("secret"), "{address:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_without_its_password() {
        for bad in [
            "",
            "localhost:6379",
            "http://:secret@host",
            "redis+sentinel://:secret@a,b",
            "redis+cluster://:secret@a/2",
            "redis+ring://:secret@a",
        ] {
            let error = CacheUrl::parse(bad).unwrap_err().to_string();
            assert!(error.contains("redis+cluster://") && !error.contains("secret"), "{error}");
        }
    }
}
