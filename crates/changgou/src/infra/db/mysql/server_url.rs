//! URLs of servers: `mysql://user:password@host:3306/database?…`.

use mysql_async::{Opts, OptsBuilder, SslOpts};

use crate::infra::db::DbError;

/// Never printed with its password.
#[derive(Clone)]
pub(super) struct MysqlUrl {
    opts: Opts,
    shown: String,
}

/// Prepared statements per connection; the program has fewer.
const STATEMENTS_CACHED: usize = 512;

impl MysqlUrl {
    /// `socket=/path` connects through a unix socket. `require_ssl=true` uses TLS and trusts the
    /// well-known authorities and those of this machine.
    pub(super) fn parse(url: &str) -> Result<MysqlUrl, DbError> {
        let opts = Opts::from_url(url).map_err(|error| bad_url(&error.to_string()))?;
        let tls = opts.ssl_opts().cloned().map(trusting_the_machine);
        let opts = Opts::from(OptsBuilder::from_opts(opts).ssl_opts(tls));
        let name = opts.db_name().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| bad_url("it names no database"))?.to_owned();
        let host = opts.socket().map_or_else(
            || format!("{}:{}", opts.ip_or_hostname(), opts.tcp_port()),
            |socket| format!("unix socket {socket}"),
        );
        let shown = format!("database {name} at {host} as {}", opts.user().unwrap_or("nobody"));
        Ok(MysqlUrl { opts, shown })
    }

    /// Updates count matched rows, as in SQLite.
    pub(super) fn opts(&self, setup: Vec<String>) -> Opts {
        let builder = OptsBuilder::from_opts(self.opts.clone());
        let builder = builder.prefer_socket(self.opts.socket().is_some()).client_found_rows(true);
        builder.stmt_cache_size(STATEMENTS_CACHED).setup(setup).tcp_nodelay(true).into()
    }

    /// Whether connections use TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.opts.ssl_opts().is_some()
    }

    /// Without the password.
    pub(super) fn describe(&self) -> &str {
        &self.shown
    }
}

/// The library trusts the well-known authorities only. The machine may have more, such as those of a
/// cloud or the owner's own.
fn trusting_the_machine(tls: SslOpts) -> SslOpts {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate of this machine cannot be read");
    }
    tls.with_root_certs(found.certs.into_iter().map(|one| one.to_vec().into()).collect())
}

fn bad_url(why: &str) -> DbError {
    DbError::Schema(format!(
        "the database URL is not valid ({why}); write mysql://USER:PASSWORD@HOST:3306/DATABASE"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = MysqlUrl::parse("mysql://shop:hunter2@db.example:3307/changgou").ok().unwrap();
        assert_eq!(address.describe(), "database changgou at db.example:3307 as shop");
    }

    #[test]
    fn what_names_no_database_is_refused_in_words() {
        for wrong in ["mysql://root@localhost", "mysql://root@localhost:port/shop", "mysql:///"] {
            let told = MysqlUrl::parse(wrong).err().unwrap().to_string();
            assert!(told.contains("mysql://USER"), "{told}");
        }
    }
}
