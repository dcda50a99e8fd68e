//! Messages for other systems. Owns `outbox`. A row is inserted in the transaction of the change,
//! claimed by a guarded update and deleted when the broker has confirmed the message: a node or a
//! broker that crashes only delays it.

use std::time::Duration;

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{DbError, Tx, Value, from_row, params};
use crate::infra::queue::MessageDestination;

/// How long a claim lasts: longer than the broker may take to confirm.
const CLAIM: Duration = Duration::from_secs(60);

/// The longest wait before an undelivered message is sent again.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(600);

/// A row to be inserted.
#[derive(Clone, Debug)]
pub struct NewMessage<'a> {
    /// The id of the event; consumers recognise duplicates by it.
    pub id: Id,
    pub destination: MessageDestination,
    pub routing_key: &'a str,
    pub body: String,
}

/// A claimed message.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: Id,
    pub destination: MessageDestination,
    pub routing_key: String,
    pub body: String,
    pub created: UtcMs,
    /// How often it was claimed before this time.
    pub tries: i64,
}

from_row! { Message { id, destination, routing_key, body, created: created_ms, tries } }

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

/// Claims up to `most` messages that are due, the oldest first, under the id `claim`. Messages that
/// another node claims at the same moment are left to it.
pub async fn claim(tx: &mut Tx<'_>, claim: Id, now: UtcMs, most: i64) -> Result<Vec<Message>, DbError> {
    let sql = "select id, destination, routing_key, body, created_ms, tries from outbox where due_ms <= ? \
               order by id limit ?";
    let found = tx.rows::<Message>(sql, params![now.0, most]).await?;
    let ids: Vec<Id> = found.iter().map(|message| message.id).collect();
    let sql = "update outbox set claim = ?, due_ms = ?, tried_ms = ?, tries = tries + 1 \
               where due_ms <= ? and id";
    let set = params![claim, now.plus(CLAIM).0, now.0, now.0];
    let taken = tx.exec_in(sql, set, &id_values(&ids)).await?;
    if usize::try_from(taken) == Ok(found.len()) {
        return Ok(found);
    }
    let ours = tx.rows_in::<(Id, Id)>("select id, claim from outbox where id", id_values(&ids), "").await?;
    let is_ours = |message: &Message| ours.contains(&(message.id, claim));
    Ok(found.into_iter().filter(is_ours).collect())
}

pub async fn delete_confirmed(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), DbError> {
    tx.exec_in("delete from outbox where id", &[], &id_values(ids)).await.map(drop)
}

/// Releases messages that were not delivered; any node may claim them from `at` on.
pub async fn release(tx: &mut Tx<'_>, claim: Id, ids: &[Id], at: UtcMs) -> Result<(), DbError> {
    let sql = "update outbox set claim = 0, due_ms = ? where claim = ? and id";
    tx.exec_in(sql, params![at.0, claim], &id_values(ids)).await.map(drop)
}

fn id_values(ids: &[Id]) -> Vec<Value<'static>> {
    ids.iter().map(|id| Value::from(*id)).collect()
}

/// How many messages wait, and when the oldest was written in ms UTC.
pub async fn backlog(tx: &mut Tx<'_>) -> Result<(i64, Option<i64>), DbError> {
    tx.required_row("select count(*), min(created_ms) from outbox", params![]).await
}
