//! Locks that a test holds on tables of the database.

use std::sync::{Arc, Barrier};

use changgou::infra::db::{Db, DbError, Tx};
use tokio::task::JoinHandle;

use crate::support::shop::Shop;

/// A transaction that holds its locks until it is released.
pub struct TableLock {
    gate: Arc<Barrier>,
    job: JoinHandle<Result<(), DbError>>,
}

impl Shop {
    /// Locks the database's only writer (SQLite), or opens an empty transaction.
    pub async fn locks_the_writer(&self) -> TableLock {
        lock_tables(&self.running.app.db, &[]).await
    }
}

/// Locks these tables; on SQLite the whole database.
pub async fn lock_tables(db: &Db, tables: &'static [&'static str]) -> TableLock {
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
    wait_at(&gate).await;
    TableLock { gate, job }
}

impl TableLock {
    pub async fn release(self) {
        wait_at(&self.gate).await;
        self.job.await.unwrap().unwrap();
    }
}

/// Waits at a barrier without blocking the test's tasks.
async fn wait_at(gate: &Arc<Barrier>) {
    let gate = gate.clone();
    tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
}
