//! The steps of the adoption, run at once or in pieces along the key of a table. Every step is
//! repeatable.

use std::ops::ControlFlow;

use super::AdoptionProgress;
use crate::infra::db::{DbError, Decode, Tx, Value, params};

pub(super) struct AdoptionStep {
    /// The description for an operator.
    pub(super) words: String,
    /// The table whose rows it processes.
    pub(super) table: &'static str,
    pub(super) work: StepWork,
}

pub(super) enum StepWork {
    /// A change of the schema; the schema shows whether it is needed.
    Schema(String),
    /// Statements in one transaction. A step with a name is recorded when it is done.
    Once { name: Option<&'static str>, sql: Vec<String> },
    /// Statements that run in one transaction per piece of the table: `{in x}` is the condition for the
    /// piece on the key `x`.
    Each { name: &'static str, key: &'static str, sql: Vec<String> },
}

/// The context of a run.
pub(super) struct AdoptionRun<'r> {
    pub(super) piece: i64,
    pub(super) now_ms: i64,
    pub(super) tell: &'r mut (dyn FnMut(AdoptionProgress<'_>) -> ControlFlow<()> + Send),
}

/// The value of a key.
#[derive(Clone)]
enum KeyValue {
    Int(i64),
    Text(String),
}

impl Decode for KeyValue {
    fn from_int(number: i64) -> Result<KeyValue, String> {
        Ok(KeyValue::Int(number))
    }

    fn from_text(text: &str) -> Result<KeyValue, String> {
        Ok(KeyValue::Text(text.to_owned()))
    }
}

impl AdoptionStep {
    pub(super) fn schema(words: String, table: &'static str, sql: String) -> AdoptionStep {
        AdoptionStep { words, table, work: StepWork::Schema(sql) }
    }

    /// A step in one transaction, recorded when it is done.
    pub(super) fn once(name: &'static str, words: &str, table: &'static str, sql: &[&str]) -> AdoptionStep {
        let sql = sql.iter().map(ToString::to_string).collect();
        AdoptionStep { words: words.to_owned(), table, work: StepWork::Once { name: Some(name), sql } }
    }

    /// A step that processes a table along its key.
    pub(super) fn each(
        name: &'static str,
        words: &str,
        (table, key): (&'static str, &'static str),
        sql: &[&str],
    ) -> AdoptionStep {
        let sql = sql.iter().map(ToString::to_string).collect();
        AdoptionStep { words: words.to_owned(), table, work: StepWork::Each { name, key, sql } }
    }

    fn name(&self) -> Option<&'static str> {
        match &self.work {
            StepWork::Schema(_) => None,
            StepWork::Once { name, .. } => *name,
            StepWork::Each { name, .. } => Some(name),
        }
    }

    pub(super) fn sql(&self) -> Vec<String> {
        match &self.work {
            StepWork::Schema(sql) => vec![sql.clone()],
            StepWork::Once { sql, .. } => sql.clone(),
            StepWork::Each { sql, .. } => sql.iter().map(|sql| sql_for_display(sql)).collect(),
        }
    }

    /// Runs the step unless it is recorded as done.
    pub(super) async fn run(&self, tx: &mut Tx<'_>, run: &mut AdoptionRun<'_>) -> Result<(), DbError> {
        if let Some(name) = self.name()
            && is_recorded(tx, name).await?
        {
            return Ok(());
        }
        check_stop((run.tell)(AdoptionProgress::Begins(&self.words)))?;
        match &self.work {
            StepWork::Schema(sql) => tx.exec(sql, &[]).await.map(drop)?,
            StepWork::Once { sql, .. } => {
                for sql in sql {
                    tx.exec(sql, &[]).await?;
                }
            }
            StepWork::Each { key, sql, .. } => run_each_piece(tx, run, (self.table, key), sql).await?,
        }
        if let Some(name) = self.name() {
            record_done(tx, name, run.now_ms).await?;
        }
        tx.exec("commit", &[]).await?;
        check_stop((run.tell)(AdoptionProgress::Done(&self.words)))
    }
}

/// The listener may stop the adoption between two pieces.
pub(super) fn check_stop(flow: ControlFlow<()>) -> Result<(), DbError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DbError::Schema(
            "the migration was stopped; run `changgou migrate` again and it goes on".to_owned(),
        )),
    }
}

pub(super) async fn is_recorded(tx: &mut Tx<'_>, name: &str) -> Result<bool, DbError> {
    let sql = "select 1 from adoption_step where name = ?";
    Ok(tx.row::<(i64,)>(sql, params![name]).await?.is_some())
}

pub(super) async fn record_done(tx: &mut Tx<'_>, name: &str, now_ms: i64) -> Result<(), DbError> {
    let sql = "insert ignore into adoption_step (name, done_ms) values (?, ?)";
    tx.exec(sql, params![name, now_ms]).await.map(drop)
}

async fn run_each_piece(
    tx: &mut Tx<'_>,
    run: &mut AdoptionRun<'_>,
    (table, key): (&str, &str),
    sql: &[String],
) -> Result<(), DbError> {
    let first = format!("select {key} from {table} order by {key} limit 1");
    let mut from: Option<KeyValue> = tx.row::<(KeyValue,)>(&first, &[]).await?.map(|(at,)| at);
    let next =
        format!("select {key} from {table} where {key} >= ? order by {key} limit 1 offset {}", run.piece);
    let mut rows = 0;
    while let Some(at) = from {
        let to = tx.row::<(KeyValue,)>(&next, &[(&at).into()]).await?.map(|(at,)| at);
        for sql in sql {
            let (sql, marks) = piece(sql, to.as_ref());
            let bounds = std::iter::once(&at).chain(&to).map(Value::from);
            let params: Vec<Value<'_>> = bounds.cycle().take(marks).collect();
            tx.exec(&sql, &params).await?;
        }
        tx.exec("commit", &[]).await?;
        rows += run.piece;
        check_stop((run.tell)(AdoptionProgress::Rows(table, rows)))?;
        from = to;
    }
    Ok(())
}

impl<'a> From<&'a KeyValue> for Value<'a> {
    fn from(at: &'a KeyValue) -> Value<'a> {
        match at {
            KeyValue::Int(number) => (*number).into(),
            KeyValue::Text(text) => text.into(),
        }
    }
}

/// The statement for a piece and its number of bound parameters.
fn piece(sql: &str, end: Option<&KeyValue>) -> (String, usize) {
    let mut parts = sql.split("{in ");
    let (mut text, mut marks) = (parts.next().unwrap_or_default().to_owned(), 0);
    for part in parts {
        let (column, rest) = part.split_once('}').unwrap_or((part, ""));
        text.extend([column, " >= ?"]);
        marks += 1;
        if end.is_some() {
            text.extend([" and ", column, " < ?"]);
            marks += 1;
        }
        text.push_str(rest);
    }
    (text, marks)
}

fn sql_for_display(sql: &str) -> String {
    sql.split("{in ")
        .enumerate()
        .map(|(nth, part)| match part.split_once('}').filter(|_| nth > 0) {
            Some((column, rest)) => format!("{column} between … and …{rest}"),
            None => part.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_bounded_below_and_but_for_the_last_above() {
        let sql = "update t set a = 1 where {in t.id} and b in (select c from u where {in u.id})";
        let (bounded, marks) = piece(sql, Some(&KeyValue::Int(9)));
        assert_eq!(
            bounded,
            "update t set a = 1 where t.id >= ? and t.id < ? and b in (select c from u where u.id >= ? and u.id < ?)"
        );
        assert_eq!((marks, piece(sql, None).1), (4, 2));
        assert!(sql_for_display(sql).contains("t.id between … and … and b in"));
    }
}
