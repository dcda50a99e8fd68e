//! Full-text search of SKUs. Names are split into Latin words and pairs of Chinese characters; an index
//! of these terms answers each search without reading all SKUs.

use std::collections::BTreeSet;

use super::{COLUMNS, Sku};
use crate::infra::db::{DbError, Tx, Value, params};

/// The most terms of a query that are looked up.
const TERMS_MAX: usize = 8;

/// Longer Latin words are cut.
const WORD_MAX: usize = 20;

/// SKUs on sale.
#[derive(Clone, Debug)]
pub struct SkuPage {
    /// Rows of all pages.
    pub total: i64,
    pub list: Vec<Sku>,
}

/// The SKUs on sale whose name contains all of `query`, or all if it is empty. `page` counts from 1.
/// `known` is the total, if the caller has it; else the rows are counted.
pub async fn find_page(
    tx: &mut Tx<'_>,
    query: &str,
    page: i64,
    size: i64,
    known: Option<i64>,
) -> Result<SkuPage, DbError> {
    let terms: Vec<String> = query_terms(query).into_iter().take(TERMS_MAX).collect();
    if terms.is_empty() && !query.trim().is_empty() {
        return Ok(SkuPage { total: 0, list: Vec::new() });
    }
    let (from, mut row) = from_clause(&terms);
    let total = match known {
        Some(total) => total,
        None => tx.required_row::<(i64,)>(&format!("select count(*) {from}"), &row).await?.0,
    };
    row.extend([Value::from(size), Value::from((page - 1) * size)]);
    let columns = COLUMNS.replace("id, price", "s.id, s.price");
    let list = tx.rows(&format!("select {columns} {from} order by s.id limit ? offset ?"), &row).await?;
    Ok(SkuPage { total, list })
}

/// The `from` clause for the SKUs that have every term, and its parameters.
fn from_clause(terms: &[String]) -> (String, Vec<Value<'_>>) {
    let joins = (0..terms.len()).map(|n| {
        let joined = if n == 0 { "s.id".to_owned() } else { "t0.sku_id".to_owned() };
        format!(" join sku_term t{n} on t{n}.sku_id = {joined} and t{n}.term = ?")
    });
    let joins: String = joins.collect();
    let row = terms.iter().map(Value::from).collect();
    (format!("from tb_sku s{joins} where s.status = '1'"), row)
}

/// Replaces the terms of a SKU.
pub(super) async fn index(tx: &mut Tx<'_>, sku: &Sku) -> Result<(), DbError> {
    tx.exec("delete from sku_term where sku_id = ?", params![sku.id]).await?;
    insert_terms(tx, &[sku]).await
}

/// Replaces the terms of these SKUs.
pub(super) async fn index_many(tx: &mut Tx<'_>, skus: &[&Sku]) -> Result<(), DbError> {
    let ids: Vec<Value<'_>> = skus.iter().map(|sku| sku.id.into()).collect();
    tx.exec_in("delete from sku_term where sku_id", &[], &ids).await?;
    insert_terms(tx, skus).await
}

/// The SKUs must not be in the index yet.
pub(super) async fn insert_terms(tx: &mut Tx<'_>, skus: &[&Sku]) -> Result<(), DbError> {
    let words =
        skus.iter().flat_map(|sku| sku_terms(sku).into_iter().map(|word| [word.into(), sku.id.into()]));
    let rows: Vec<[Value<'_>; 2]> = words.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
    tx.insert_many("insert into sku_term (term, sku_id)", &rows).await
}

fn sku_terms(sku: &Sku) -> BTreeSet<String> {
    let facts = &sku.facts;
    let texts =
        [Some(&facts.name), facts.name_en.as_ref(), facts.brand_name.as_ref(), facts.category_name.as_ref()];
    texts.into_iter().flatten().flat_map(|text| index_terms(text)).collect()
}

/// The terms of a query: whole Latin words and pairs of Chinese characters, or a single character.
fn query_terms(text: &str) -> BTreeSet<String> {
    split_runs(text).iter().flat_map(run_terms).collect()
}

/// The terms of a name: those of a query, each Chinese character and each prefix of a Latin word.
fn index_terms(text: &str) -> BTreeSet<String> {
    let mut found = query_terms(text);
    for run in split_runs(text) {
        match run {
            Run::Han(letters) => found.extend(letters.iter().map(char::to_string)),
            Run::Latin(word) => {
                found.extend((1..word.chars().count()).map(|n| word.chars().take(n).collect()))
            }
        }
    }
    found
}

enum Run {
    Latin(String),
    Han(Vec<char>),
}

fn run_terms(run: &Run) -> Vec<String> {
    match run {
        Run::Latin(word) => vec![word.clone()],
        Run::Han(letters) if letters.len() == 1 => vec![letters[0].to_string()],
        Run::Han(letters) => letters.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

/// Splits a text into runs of Latin letters and digits and runs of other letters.
fn split_runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut fresh = true;
    for letter in text.chars().flat_map(char::to_lowercase) {
        if !letter.is_alphanumeric() {
            fresh = true;
            continue;
        }
        let latin = letter.is_ascii();
        match runs.last_mut() {
            Some(Run::Latin(word)) if latin && !fresh => {
                if word.len() < WORD_MAX {
                    word.push(letter);
                }
            }
            Some(Run::Han(letters)) if !latin && !fresh => letters.push(letter),
            _ if latin => runs.push(Run::Latin(letter.to_string())),
            _ => runs.push(Run::Han(vec![letter])),
        }
        fresh = false;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(of: BTreeSet<String>) -> Vec<String> {
        of.into_iter().collect()
    }

    #[test]
    fn words_and_pairs_are_looked_up() {
        assert_eq!(all(query_terms("云雀 X23 手机壳")), ["x23", "云雀", "手机", "机壳"]);
        assert_eq!(all(query_terms("手")), ["手"]);
        assert_eq!(all(query_terms(" ' % _ \" ")), Vec::<String>::new());
    }

    #[test]
    fn every_search_for_a_part_of_a_name_finds_the_name() {
        let name = index_terms("云雀 X23 智能手机");
        for query in ["云", "云雀", "智能手机", "能手", "x", "X2", "x23 手机"] {
            assert!(query_terms(query).is_subset(&name), "{query}");
        }
    }
}
