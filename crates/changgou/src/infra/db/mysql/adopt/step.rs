//! A step of the adoption, and how it is run: whole, or piece by piece along
//! the key of a table. What a step does it may do again.

use std::ops::ControlFlow;

use super::AdoptionProgress;
use crate::infra::db::{DbError, Decode, Tx, Value, params};

/// A step.
pub(super) struct AdoptionStep {
    /// What it does, for a person.
    pub(super) words: String,
    /// The table whose rows it goes through.
    pub(super) table: &'static str,
    pub(super) work: StepWork,
}

/// What a step does.
pub(super) enum StepWork {
    /// A change of the schema; whether it is needed the schema says.
    Schema(String),
    /// Statements of one transaction. One with a name is noted when it is done.
    Once { name: Option<&'static str>, sql: Vec<String> },
    /// Statements of a transaction for each piece of the table: `{in x}` stands
    /// for the piece, `x` for the table's key.
    Each { name: &'static str, key: &'static str, sql: Vec<String> },
}

/// Who listens, and how large a piece is.
pub(super) struct AdoptionRun<'r> {
    pub(super) piece: i64,
    pub(super) now_ms: i64,
    pub(super) tell: &'r mut (dyn FnMut(AdoptionProgress<'_>) -> ControlFlow<()> + Send),
}

/// The value of a key, whatever its kind.
#[derive(Clone)]
enum At {
    Int(i64),
    Text(String),
}

impl Decode for At {
    fn from_int(number: i64) -> Result<At, String> {
        Ok(At::Int(number))
    }

    fn from_text(text: &str) -> Result<At, String> {
        Ok(At::Text(text.to_owned()))
    }
}

impl AdoptionStep {
    pub(super) fn schema(words: String, table: &'static str, sql: String) -> AdoptionStep {
        AdoptionStep { words, table, work: StepWork::Schema(sql) }
    }

    /// A step in one transaction, noted when it is done.
    pub(super) fn once(name: &'static str, words: &str, table: &'static str, sql: &[&str]) -> AdoptionStep {
        let sql = sql.iter().map(ToString::to_string).collect();
        AdoptionStep { words: words.to_owned(), table, work: StepWork::Once { name: Some(name), sql } }
    }

    /// A step that goes through a table along its key.
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

    /// Its statements as they are shown.
    pub(super) fn sql(&self) -> Vec<String> {
        match &self.work {
            StepWork::Schema(sql) => vec![sql.clone()],
            StepWork::Once { sql, .. } => sql.clone(),
            StepWork::Each { sql, .. } => sql.iter().map(|sql| shown(sql)).collect(),
        }
    }

    /// Runs it, unless it is noted as done.
    pub(super) async fn run(&self, tx: &mut Tx<'_>, run: &mut AdoptionRun<'_>) -> Result<(), DbError> {
        if let Some(name) = self.name()
            && is_done(tx, name).await?
        {
            return Ok(());
        }
        heard((run.tell)(AdoptionProgress::Begins(&self.words)))?;
        match &self.work {
            StepWork::Schema(sql) => tx.exec(sql, &[]).await.map(drop)?,
            StepWork::Once { sql, .. } => {
                for sql in sql {
                    tx.exec(sql, &[]).await?;
                }
            }
            StepWork::Each { key, sql, .. } => each(tx, run, (self.table, key), sql).await?,
        }
        if let Some(name) = self.name() {
            note(tx, name, run.now_ms).await?;
        }
        tx.exec("commit", &[]).await?;
        heard((run.tell)(AdoptionProgress::Done(&self.words)))
    }
}

/// A listener who has enough ends the adoption between two pieces.
pub(super) fn heard(flow: ControlFlow<()>) -> Result<(), DbError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DbError::Schema(
            "the migration was stopped; run `changgou migrate` again and it goes on".to_owned(),
        )),
    }
}

pub(super) async fn is_done(tx: &mut Tx<'_>, name: &str) -> Result<bool, DbError> {
    let sql = "select 1 from adoption_step where name = ?";
    Ok(tx.row::<(i64,)>(sql, params![name]).await?.is_some())
}

pub(super) async fn note(tx: &mut Tx<'_>, name: &str, now_ms: i64) -> Result<(), DbError> {
    let sql = "insert ignore into adoption_step (name, done_ms) values (?, ?)";
    tx.exec(sql, params![name, now_ms]).await.map(drop)
}

async fn each(
    tx: &mut Tx<'_>,
    run: &mut AdoptionRun<'_>,
    (table, key): (&str, &str),
    sql: &[String],
) -> Result<(), DbError> {
    let first = format!("select {key} from {table} order by {key} limit 1");
    let mut from: Option<At> = tx.row::<(At,)>(&first, &[]).await?.map(|(at,)| at);
    let next =
        format!("select {key} from {table} where {key} >= ? order by {key} limit 1 offset {}", run.piece);
    let mut rows = 0;
    while let Some(at) = from {
        let to = tx.row::<(At,)>(&next, &[(&at).into()]).await?.map(|(at,)| at);
        for sql in sql {
            let (sql, marks) = piece(sql, to.as_ref());
            let bounds = std::iter::once(&at).chain(&to).map(Value::from);
            let params: Vec<Value<'_>> = bounds.cycle().take(marks).collect();
            tx.exec(&sql, &params).await?;
        }
        tx.exec("commit", &[]).await?;
        rows += run.piece;
        heard((run.tell)(AdoptionProgress::Rows(table, rows)))?;
        from = to;
    }
    Ok(())
}

impl<'a> From<&'a At> for Value<'a> {
    fn from(at: &'a At) -> Value<'a> {
        match at {
            At::Int(number) => (*number).into(),
            At::Text(text) => text.into(),
        }
    }
}

/// The statement for a piece, and how many bounds it takes.
fn piece(sql: &str, end: Option<&At>) -> (String, usize) {
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

fn shown(sql: &str) -> String {
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
        let (bounded, marks) = piece(sql, Some(&At::Int(9)));
        assert_eq!(
            bounded,
            "update t set a = 1 where t.id >= ? and t.id < ? and b in (select c from u where u.id >= ? and u.id < ?)"
        );
        assert_eq!((marks, piece(sql, None).1), (4, 2));
        assert!(shown(sql).contains("t.id between … and … and b in"));
    }
}
