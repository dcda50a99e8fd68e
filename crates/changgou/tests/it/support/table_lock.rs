//! Locks that a test holds on tables of the database.

use std::sync::{Arc, Barrier};

use changgou::infra::db::{Db, DbError, Tx};
use tokio::task::JoinHandle;

use crate::support::shop::Shop;

/// A writer that commits nothing until it is let go.
pub struct Held {
    gate: Arc<Barrier>,
    job: JoinHandle<Result<(), DbError>>,
}

impl Shop {
    /// Keeps the one thread that writes busy.
    pub async fn holds_the_writer(&self) -> Held {
        hold(&self.running.app.db, &[]).await
    }
}

/// Holds these tables, and on SQLite all of them.
pub async fn hold(db: &Db, tables: &'static [&'static str]) -> Held {
    let (db, gate) = (db.clone(), Arc::new(Barrier::new(2)));
    let held = gate.clone();
    let job = tokio::spawn(async move {
        db.write(async move |tx: &mut Tx<'_>| {
            for table in tables {
                tx.rows::<(i64,)>(&format!("select 1 from {table} for update"), &[]).await?;
            }
            held.wait();
            held.wait();
            Ok::<_, DbError>(())
        })
        .await
    });
    passes(&gate).await;
    Held { gate, job }
}

impl Held {
    pub async fn let_go(self) {
        passes(&self.gate).await;
        self.job.await.unwrap().unwrap();
    }
}

/// Waits at a gate without holding up the tasks of the story.
pub async fn passes(gate: &Arc<Barrier>) {
    let gate = gate.clone();
    tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
}
