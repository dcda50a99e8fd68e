//! Where the server is: `mysql://user:password@host:3306/database?…`.

use mysql_async::{Opts, OptsBuilder, SslOpts};

use crate::infra::db::DbError;

/// A server and a database on it. Never printed with its password.
#[derive(Clone)]
pub(super) struct MysqlUrl {
    opts: Opts,
    shown: String,
}

/// Prepared statements each connection keeps; the program has fewer.
const STATEMENTS_KEPT: usize = 512;

impl MysqlUrl {
    /// Reads a URL. `socket=/path` goes through a unix socket; `require_ssl=true`
    /// asks for TLS, which trusts the authorities that everybody or this machine trusts.
    pub(super) fn read(url: &str) -> Result<MysqlUrl, DbError> {
        let opts = Opts::from_url(url).map_err(|error| not_understood(&error.to_string()))?;
        let tls = opts.ssl_opts().cloned().map(trusting_the_machine);
        let opts = Opts::from(OptsBuilder::from_opts(opts).ssl_opts(tls));
        let name = opts.db_name().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| not_understood("it names no database"))?.to_owned();
        let host = opts.socket().map_or_else(
            || format!("{}:{}", opts.ip_or_hostname(), opts.tcp_port()),
            |socket| format!("unix socket {socket}"),
        );
        let shown = format!("database {name} at {host} as {}", opts.user().unwrap_or("nobody"));
        Ok(MysqlUrl { opts, shown })
    }

    /// How connections are made: rows that an update finds are counted, as in SQLite.
    pub(super) fn opts(&self, setup: Vec<String>) -> Opts {
        let builder = OptsBuilder::from_opts(self.opts.clone());
        let builder = builder.prefer_socket(self.opts.socket().is_some()).client_found_rows(true);
        builder.stmt_cache_size(STATEMENTS_KEPT).setup(setup).tcp_nodelay(true).into()
    }

    /// Whether connections are encrypted.
    pub(super) fn is_secure(&self) -> bool {
        self.opts.ssl_opts().is_some()
    }

    /// The address without the password.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }
}

/// The library brings the well-known authorities along and does not ask the
/// machine, whose owner may have added one: a cloud's, or the owner's own.
fn trusting_the_machine(tls: SslOpts) -> SslOpts {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "an authority of this machine cannot be read");
    }
    tls.with_root_certs(found.certs.into_iter().map(|one| one.to_vec().into()).collect())
}

fn not_understood(why: &str) -> DbError {
    DbError::Schema(format!(
        "database URL is not understood ({why}); write mysql://USER:PASSWORD@HOST:3306/DATABASE"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = MysqlUrl::read("mysql://shop:hunter2@db.example:3307/changgou").ok().unwrap();
        assert_eq!(address.shown(), "database changgou at db.example:3307 as shop");
    }

    #[test]
    fn what_names_no_database_is_refused_in_words() {
        for wrong in ["mysql://root@localhost", "mysql://root@localhost:port/shop", "mysql:///"] {
            let told = MysqlUrl::read(wrong).err().unwrap().to_string();
            assert!(told.contains("mysql://USER"), "{told}");
        }
    }
}
