//! Opening connections, and the requirements on a server.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use super::server_url::MysqlUrl;
use crate::infra::db::DbError;

/// Connect timeout.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a statement waits for a lock, in seconds.
const LOCK_WAIT_S: u64 = 10;

/// The oldest supported versions.
const MARIADB_MIN: (u16, u16) = (10, 6);
const MYSQL_MIN: (u16, u16) = (8, 0);

/// The error code for a wrong password, and for a right one without TLS if the user requires TLS.
const ACCESS_DENIED: u16 = 1045;

const MAY_WANT_TLS: &str = "; if the password is right, the user may have to use TLS: ?require_ssl=true";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionPurpose {
    Write,
    Read,
}

pub(super) async fn connect(
    address: &MysqlUrl,
    purpose: ConnectionPurpose,
    timeout: Option<Duration>,
) -> Result<Conn, DbError> {
    let made = tokio::time::timeout(CONNECT, Conn::new(address.opts(setup_statements(purpose)))).await;
    let mut connection = match made {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Err(refused(address, &error)),
        Err(_) => return Err(unreachable(address, "it did not answer within 5 s")),
    };
    if let Some(timeout) = timeout {
        let sql = time_limit_statement(&server_version(&mut connection).await?, timeout);
        connection.query_drop(sql).await.map_err(|error| refused(address, &error))?;
    }
    Ok(connection)
}

/// A transaction begins with its first statement, in UTC and in strict mode.
fn setup_statements(purpose: ConnectionPurpose) -> Vec<String> {
    let isolation = match purpose {
        ConnectionPurpose::Write => "read committed",
        ConnectionPurpose::Read => "repeatable read",
    };
    vec![
        "set names utf8mb4 collate utf8mb4_bin".to_owned(),
        "set session sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
         NO_ENGINE_SUBSTITUTION'"
            .to_owned(),
        "set session time_zone = '+00:00'".to_owned(),
        format!("set session innodb_lock_wait_timeout = {LOCK_WAIT_S}"),
        format!("set session transaction isolation level {isolation}"),
        "set session autocommit = 0".to_owned(),
    ]
}

/// MariaDB limits every statement, in seconds; the others limit a `select`, in milliseconds.
fn time_limit_statement(version: &str, timeout: Duration) -> String {
    if version.contains("MariaDB") {
        format!("set session max_statement_time = {}", timeout.as_secs().max(1))
    } else {
        format!("set session max_execution_time = {}", timeout.as_millis())
    }
}

async fn server_version(connection: &mut Conn) -> Result<String, DbError> {
    let found: Option<String> = connection.query_first("select version()").await.map_err(|e| failed(&e))?;
    found.ok_or(DbError::NoRow)
}

/// Checks the server, the database and the rights of the user.
pub(super) async fn check_usable(connection: &mut Conn, address: &MysqlUrl) -> Result<(), DbError> {
    let version = server_version(connection).await?;
    check_version(&version)?;
    let sql = "select count(*) from information_schema.character_sets where character_set_name = 'utf8mb4'";
    let wide: Option<i64> = connection.query_first(sql).await.map_err(|e| failed(&e))?;
    if wide != Some(1) {
        return Err(DbError::Schema(format!(
            "the server of {} does not support utf8mb4",
            address.describe()
        )));
    }
    let sql = "select @@global.read_only";
    let read_only: Option<i64> = connection.query_first(sql).await.map_err(|e| failed(&e))?;
    if read_only == Some(1) {
        return Err(DbError::Schema(format!(
            "the server of {} is read-only; use the one that accepts writes",
            address.describe()
        )));
    }
    check_may_write(connection, address).await
}

/// Tries to write, so that missing rights are found at the start. Each connection uses its own table,
/// since nodes may start at the same time.
async fn check_may_write(connection: &mut Conn, address: &MysqlUrl) -> Result<(), DbError> {
    let table = format!("changgou_probe_{}", connection.id());
    let try_out = [
        format!("create table if not exists {table} (id bigint not null primary key)"),
        format!("replace into {table} (id) values (1)"),
        format!("delete from {table}"),
        "commit".to_owned(),
        format!("drop table if exists {table}"),
    ];
    for sql in try_out {
        connection.query_drop(sql).await.map_err(|error| {
            DbError::Schema(format!(
                "{} may not write ({error}); grant it all on the database",
                address.describe()
            ))
        })?;
    }
    Ok(())
}

fn check_version(version: &str) -> Result<(), DbError> {
    let mariadb = version.contains("MariaDB");
    let (name, least) = if mariadb { ("MariaDB", MARIADB_MIN) } else { ("MySQL", MYSQL_MIN) };
    // Old MariaDB servers prefix their version with 5.5.5- for old clients.
    let own = version.strip_prefix("5.5.5-").filter(|_| mariadb).unwrap_or(version);
    let mut parts = own.split(['.', '-']).map(|part| part.parse::<u16>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found >= least {
        return Ok(());
    }
    let (major, minor) = least;
    Err(DbError::Schema(format!("the server is {version}; {name} {major}.{minor} or newer is needed")))
}

fn refused(address: &MysqlUrl, error: &Error) -> DbError {
    match error {
        // At the start this ends the program; later it may be temporary, such as too many connections.
        Error::Server(told) => {
            let hint = if told.code == ACCESS_DENIED && !address.is_secure() { MAY_WANT_TLS } else { "" };
            DbError::Unreachable(format!("{}: {}{hint}", address.describe(), told.message))
        }
        Error::Io(_) | Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
            unreachable(address, &error.to_string())
        }
    }
}

fn unreachable(address: &MysqlUrl, why: &str) -> DbError {
    DbError::Unreachable(format!("{} cannot be reached: {why}", address.describe()))
}

fn failed(error: &Error) -> DbError {
    DbError::Engine(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_refused_by_name() {
        for good in [
            "10.11.19-MariaDB-0+deb12u1",
            "8.0.36",
            "8.0.11-TiDB-v8.5.0",
            "5.5.5-10.6.1-MariaDB",
            "11.4.2-MariaDB",
        ] {
            assert!(check_version(good).is_ok(), "{good}");
        }
        for old in ["5.7.44", "10.3.39-MariaDB", "5.5.5-10.5.1-MariaDB"] {
            assert!(check_version(old).unwrap_err().to_string().contains("or newer"), "{old}");
        }
    }
}
