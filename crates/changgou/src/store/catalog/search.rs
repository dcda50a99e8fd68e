//! Finding SKUs by words. Names are cut into Latin words and pairs of Chinese
//! letters; an index of these answers any search without reading every SKU.

use std::collections::BTreeSet;

use super::{COLUMNS, Sku};
use crate::infra::db::{DbError, Tx, Value, params};

/// Terms of a search that are looked up; more would not find less.
const TERMS_MAX: usize = 8;

/// Letters of a Latin word that count.
const WORD_MAX: usize = 20;

/// A page of SKUs on sale.
#[derive(Clone, Debug)]
pub struct SkuPage {
    /// How many there are in all.
    pub total: i64,
    /// Those of this page.
    pub list: Vec<Sku>,
}

/// The SKUs on sale whose name holds all of `query`; all of them if it is empty.
/// `page` counts from 1. They are counted unless their number is `known`.
pub async fn find_page(
    tx: &mut Tx<'_>,
    query: &str,
    page: i64,
    size: i64,
    known: Option<i64>,
) -> Result<SkuPage, DbError> {
    let terms: Vec<String> = terms(query).into_iter().take(TERMS_MAX).collect();
    if terms.is_empty() && !query.trim().is_empty() {
        return Ok(SkuPage { total: 0, list: Vec::new() });
    }
    let (from, mut row) = matching(&terms);
    let total = match known {
        Some(total) => total,
        None => tx.one::<(i64,)>(&format!("select count(*) {from}"), &row).await?.0,
    };
    row.extend([Value::from(size), Value::from((page - 1) * size)]);
    let columns = COLUMNS.replace("id, price", "s.id, s.price");
    let list = tx.rows(&format!("select {columns} {from} order by s.id limit ? offset ?"), &row).await?;
    Ok(SkuPage { total, list })
}

/// The `from` clause that leaves the SKUs having every term, and its parameters.
fn matching(terms: &[String]) -> (String, Vec<Value<'_>>) {
    let joins = (0..terms.len()).map(|n| {
        let joined = if n == 0 { "s.id".to_owned() } else { "t0.sku_id".to_owned() };
        format!(" join sku_term t{n} on t{n}.sku_id = {joined} and t{n}.term = ?")
    });
    let joins: String = joins.collect();
    let row = terms.iter().map(Value::from).collect();
    (format!("from tb_sku s{joins} where s.status = '1'"), row)
}

/// Makes the index say what the SKU's name says now.
pub(super) async fn index(tx: &mut Tx<'_>, sku: &Sku) -> Result<(), DbError> {
    tx.exec("delete from sku_term where sku_id = ?", params![sku.id]).await?;
    add(tx, &[sku]).await
}

/// Makes the index say what these SKUs' names say now.
pub(super) async fn index_again(tx: &mut Tx<'_>, skus: &[&Sku]) -> Result<(), DbError> {
    let ids: Vec<Value<'_>> = skus.iter().map(|sku| sku.id.into()).collect();
    tx.exec_in("delete from sku_term where sku_id", &[], &ids).await?;
    add(tx, skus).await
}

/// Puts SKUs into the index that are not in it yet.
pub(super) async fn add(tx: &mut Tx<'_>, skus: &[&Sku]) -> Result<(), DbError> {
    let words = skus.iter().flat_map(|sku| words(sku).into_iter().map(|word| [word.into(), sku.id.into()]));
    let rows: Vec<[Value<'_>; 2]> = words.collect();
    let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
    tx.insert_many("insert into sku_term (term, sku_id)", &rows).await
}

/// What a SKU is found by.
fn words(sku: &Sku) -> BTreeSet<String> {
    let facts = &sku.facts;
    let texts =
        [Some(&facts.name), facts.name_en.as_ref(), facts.brand_name.as_ref(), facts.category_name.as_ref()];
    texts.into_iter().flatten().flat_map(|text| index_terms(text)).collect()
}

/// What a search looks up: whole words and pairs; a lone letter as itself.
fn terms(text: &str) -> BTreeSet<String> {
    runs(text).iter().flat_map(cut).collect()
}

/// What a name is found by: also each Chinese letter, and the beginnings of words.
fn index_terms(text: &str) -> BTreeSet<String> {
    let mut found = terms(text);
    for run in runs(text) {
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

fn cut(run: &Run) -> Vec<String> {
    match run {
        Run::Latin(word) => vec![word.clone()],
        Run::Han(letters) if letters.len() == 1 => vec![letters[0].to_string()],
        Run::Han(letters) => letters.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

/// The text as runs of Latin letters and digits, and runs of other letters.
fn runs(text: &str) -> Vec<Run> {
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
        assert_eq!(all(terms("云雀 X23 手机壳")), ["x23", "云雀", "手机", "机壳"]);
        assert_eq!(all(terms("手")), ["手"]);
        assert_eq!(all(terms(" ' % _ \" ")), Vec::<String>::new());
    }

    #[test]
    fn every_search_for_a_part_of_a_name_finds_the_name() {
        let name = index_terms("云雀 X23 智能手机");
        for query in ["云", "云雀", "智能手机", "能手", "x", "X2", "x23 手机"] {
            assert!(terms(query).is_subset(&name), "{query}");
        }
    }
}
