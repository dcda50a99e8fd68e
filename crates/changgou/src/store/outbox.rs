//! What other systems are still to be told. Owns `outbox`. A row is written in
//! the transaction of the change it tells of, claimed by a guarded update and
//! deleted when the broker has confirmed it, so a node or a broker that dies
//! only delays it.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};
use crate::infra::queue::MessageDestination;

/// How long claimed messages belong to their claimer: longer than a broker is
/// given to confirm them.
const CLAIM: Duration = Duration::from_secs(60);

/// How soon a message that could not be delivered is tried again, at the latest.
pub const AGAIN_MAX: Duration = Duration::from_secs(600);

/// A message to be written down.
#[derive(Clone, Debug)]
pub struct NewMessage<'a> {
    /// The number of what it tells of; the broker's receivers know copies by it.
    pub id: Id,
    /// Where it goes.
    pub destination: MessageDestination,
    /// By which it is routed there.
    pub routing_key: &'a str,
    /// What it says.
    pub body: String,
}

/// A message, claimed.
#[derive(Clone, Debug)]
pub struct Message {
    /// The number of what it tells of.
    pub id: Id,
    /// Where it goes.
    pub destination: MessageDestination,
    /// By which it is routed there.
    pub routing_key: String,
    /// What it says.
    pub body: String,
    /// When it was written.
    pub created: UtcMs,
    /// How often it was claimed before.
    pub tries: i64,
}

impl FromRow for Message {
    fn from_row(row: &mut Row<'_>) -> Result<Message, DbError> {
        let (id, word): (Id, String) = (row.take()?, row.take()?);
        let destination = MessageDestination::read(&word)
            .ok_or_else(|| DbError::Decode { column: 1, problem: format!("is {word:?}, no destination") })?;
        let (routing_key, body, created, tries) = (row.take()?, row.take()?, row.take()?, row.take()?);
        Ok(Message { id, destination, routing_key, body, created, tries })
    }
}

/// Writes messages down.
pub async fn insert_many(tx: &mut Tx<'_>, messages: &[NewMessage<'_>], now: UtcMs) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 9]> = messages.iter().map(|message| row(message, now)).collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 9]>::as_slice).collect();
    let head =
        "insert into outbox (id, destination, routing_key, body, created_ms, due_ms, tried_ms, tries, claim)";
    tx.insert_many(head, &rows).await
}

fn row<'a>(message: &'a NewMessage<'_>, now: UtcMs) -> [Value<'a>; 9] {
    let NewMessage { id, destination, routing_key, body } = message;
    let now = || now.0.into();
    [
        (*id).into(),
        destination.word().into(),
        (*routing_key).into(),
        body.into(),
        now(),
        now(),
        now(),
        0.into(),
        0.into(),
    ]
}

/// Takes up to `most` messages that are due, the oldest first, under the name
/// `claim`. What another node takes at the same moment is left to it.
pub async fn claim(tx: &mut Tx<'_>, claim: Id, now: UtcMs, most: i64) -> Result<Vec<Message>, DbError> {
    let sql = "select id, destination, routing_key, body, created_ms, tries from outbox where due_ms <= ? \
               order by id limit ?";
    let found = tx.rows::<Message>(sql, params![now.0, most]).await?;
    let ids: Vec<Id> = found.iter().map(|message| message.id).collect();
    let sql = "update outbox set claim = ?, due_ms = ?, tried_ms = ?, tries = tries + 1 \
               where due_ms <= ? and id";
    let set = params![claim, now.plus(CLAIM).0, now.0, now.0];
    let taken = tx.exec_in(sql, set, &keys(&ids)).await?;
    if usize::try_from(taken) == Ok(found.len()) {
        return Ok(found);
    }
    let ours = tx.rows_in::<(Id, Id)>("select id, claim from outbox where id", keys(&ids), "").await?;
    let is_ours = |message: &Message| ours.contains(&(message.id, claim));
    Ok(found.into_iter().filter(is_ours).collect())
}

/// The broker has confirmed these.
pub async fn done(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), DbError> {
    tx.exec_in("delete from outbox where id", &[], &keys(ids)).await.map(drop)
}

/// These could not be delivered; whoever comes first takes them again from `at` on.
pub async fn again(tx: &mut Tx<'_>, claim: Id, ids: &[Id], at: UtcMs) -> Result<(), DbError> {
    let sql = "update outbox set claim = 0, due_ms = ? where claim = ? and id";
    tx.exec_in(sql, params![at.0, claim], &keys(ids)).await.map(drop)
}

fn keys(ids: &[Id]) -> Vec<Value<'static>> {
    ids.iter().map(|id| Value::from(*id)).collect()
}

/// How many messages wait, and since when the oldest.
pub async fn waiting(tx: &mut Tx<'_>) -> Result<(i64, Option<i64>), DbError> {
    tx.one("select count(*), min(created_ms) from outbox", params![]).await
}
