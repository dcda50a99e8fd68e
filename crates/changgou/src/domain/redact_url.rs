//! Server URLs for messages and logs.

/// Hides the login and the query, since both may contain a password.
pub fn redact_login(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (login, rest) = rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let login = login.map_or("", |_| "(hidden)@");
    let query = query.map_or("", |_| "?(hidden)");
    let between = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{between}{login}{place}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("mysql://shop:hunter2@db:3306/changgou", "mysql://(hidden)@db:3306/changgou"),
            ("unix:///run/redis.sock?pass=hunter2", "unix:///run/redis.sock?(hidden)"),
            ("sqlite://data/changgou.db", "sqlite://data/changgou.db"),
            ("localhost:6379", "localhost:6379"),
            ("amqp://a:p@ss@host/%2f", "amqp://(hidden)@host/%2f"),
        ] {
            assert_eq!(redact_login(url), shown);
        }
    }
}
