//! The last step of adopting a database of the Java shop.

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{Db, DbError};
use crate::store::catalog;

/// SKUs of one transaction.
const CHUNK: i64 = 500;

/// Indexes all SKUs for the search by name, and lets other processes open the database.
pub async fn finish(db: &Db, now: UtcMs) -> Result<(), DbError> {
    let mut from = Some(Id(i64::MIN));
    while let Some(last) = from {
        from = db.write(async move |tx| catalog::index_batch(tx, last, CHUNK).await).await?;
    }
    db.finish_adoption(now).await
}
