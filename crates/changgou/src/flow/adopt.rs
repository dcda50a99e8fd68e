//! Taking over a database of the Java shop: what the tables alone cannot do.

use crate::domain::clock::UtcMs;
use crate::domain::id::Id;
use crate::infra::db::{Db, DbError};
use crate::store::catalog;

/// SKUs of one transaction.
const PIECE: i64 = 500;

/// Makes every SKU of the Java shop one that is found by its name, and lets
/// others open the database.
pub async fn finish(db: &Db, now: UtcMs) -> Result<(), DbError> {
    let mut from = Some(Id(i64::MIN));
    while let Some(last) = from {
        from = db.write(async move |tx| catalog::index_from(tx, last, PIECE).await).await?;
    }
    db.finish_adoption(now).await
}
