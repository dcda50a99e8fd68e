//! Buyers of a file. An account that is there is never changed by a file.

use std::collections::BTreeMap;

use super::row::{self, ImportColumn, ImportRow};
use super::{ImportMode, RowVerdict};
use crate::domain::clock::UtcMs;
use crate::domain::lang::Lang;
use crate::domain::ledger::LedgerCause;
use crate::domain::username::canonical;
use crate::flow::{Outcome, account as rules};
use crate::infra::db::{DbError, Tx};
use crate::store::account::{self, AccountFingerprint, ImportedAccount, password};
use crate::store::points::{self, PointsEntry};

/// A buyer to be taken in.
#[derive(Clone, Debug, Default)]
struct ImportedBuyer {
    account: ImportedAccount,
    points: i64,
}

/// A column that holds a text of at most so many characters.
macro_rules! text {
    ($name:ident, $most:expr) => {
        ImportColumn {
            name: stringify!($name),
            set: |to: &mut ImportedBuyer, said| {
                row::parse_text(said, $most).map(|text| to.account.$name = Some(text))
            },
        }
    };
}

/// A column that holds a letter of the seed.
macro_rules! letter {
    ($name:ident, $($letter:expr),*) => {
        ImportColumn {
            name: stringify!($name),
            set: |to: &mut ImportedBuyer, said| row::parse_letter(said, &[$($letter),*]).map(|letter| to.account.$name = Some(letter)),
        }
    };
}

/// What a file may say about a buyer, besides name and password.
const COLUMNS: &[ImportColumn<ImportedBuyer>] = &[
    text!(phone, 20),
    text!(email, 50),
    text!(nick_name, 50),
    text!(name, 50),
    text!(head_pic, 150),
    text!(qq, 20),
    text!(source_type, 1),
    letter!(status, "0", "1"),
    letter!(is_mobile_check, "0", "1"),
    letter!(is_email_check, "0", "1"),
    text!(sex, 1),
    ImportColumn {
        name: "user_level",
        set: |to, said| row::parse_number(said).map(|number| to.account.user_level = Some(number)),
    },
    ImportColumn {
        name: "experience_value",
        set: |to, said| row::parse_number(said).map(|number| to.account.experience_value = Some(number)),
    },
    ImportColumn { name: "points", set: |to, said| row::parse_number(said).map(|points| to.points = points) },
    ImportColumn {
        name: "created",
        set: |to, said| row::parse_moment(said).map(|at| to.account.created = at),
    },
    ImportColumn {
        name: "updated",
        set: |to, said| row::parse_moment(said).map(|at| to.account.updated = at),
    },
    ImportColumn {
        name: "birthday",
        set: |to, said| row::parse_moment(said).map(|at| to.account.birthday = at),
    },
    ImportColumn {
        name: "last_login_time",
        set: |to, said| row::parse_moment(said).map(|at| to.account.last_login = at),
    },
    ImportColumn { name: "role", set: |_, said| check_role(said) },
];

/// All columns a file may have.
pub(super) fn column_names() -> Vec<&'static str> {
    ["username", "password"].into_iter().chain(COLUMNS.iter().map(|column| column.name)).collect()
}

/// A file makes nobody an operator.
fn check_role(said: &str) -> Result<(), String> {
    let words = "is not buyer: an operator is made by `changgou user add NAME --operator`";
    (said.trim() == "buyer").then_some(()).ok_or_else(|| words.to_owned())
}

/// Takes rows in; a verdict for each.
pub(super) async fn import_rows(
    tx: &mut Tx<'_>,
    rows: &[ImportRow],
    run: ImportMode,
    now: UtcMs,
) -> Outcome<Vec<RowVerdict>> {
    let names: Vec<String> = rows.iter().filter_map(|row| row.get("username")).map(canonical).collect();
    let there = account::find_fingerprints(tx, names.iter().map(String::as_str)).await?;
    let mut there: BTreeMap<String, AccountFingerprint> =
        there.into_iter().map(|settled| (settled.username.clone(), settled)).collect();
    let mut new = Vec::new();
    let verdicts =
        rows.iter().map(|row| try_decide_row(&mut there, &mut new, row).unwrap_or_else(RowVerdict::Refused));
    let verdicts = verdicts.collect();
    if run == ImportMode::Real && !new.is_empty() {
        write_users(tx, &mut new, now).await?;
    }
    Ok(verdicts)
}

fn try_decide_row(
    there: &mut BTreeMap<String, AccountFingerprint>,
    new: &mut Vec<ImportedBuyer>,
    row: &ImportRow,
) -> Result<RowVerdict, String> {
    let buyer = parse_row(row)?;
    let ImportedAccount { username, password, phone, email, .. } = &buyer.account;
    if let Some(settled) = there.get(username) {
        return check_same(settled, &buyer.account).map(|()| RowVerdict::AlreadyThere);
    }
    let (password, phone, email) = (password.clone(), phone.clone(), email.clone());
    let settled = AccountFingerprint { username: username.clone(), password, phone, email };
    there.insert(username.clone(), settled);
    new.push(buyer);
    Ok(RowVerdict::Imported)
}

/// Reasons name columns and never repeat a password or its hash.
fn parse_row(row: &ImportRow) -> Result<ImportedBuyer, String> {
    let username = canonical(row.get("username").ok_or("username is missing")?);
    rules::check_username(&username).map_err(|refusal| refusal.text(Lang::En).into_owned())?;
    let password = row.get("password").ok_or("password is missing")?.trim().to_owned();
    if !password::is_usable(&password) {
        return Err(
            "password is no bcrypt hash (cost 4 to 14) or argon2id hash; an MD5 sum or a plain text opens \
                    nothing here: make the account with `changgou user add NAME`, or let the buyer register"
                .to_owned(),
        );
    }
    let account = ImportedAccount { username, password, ..ImportedAccount::default() };
    let mut buyer = ImportedBuyer { account, points: 0 };
    row::apply_cells(row, COLUMNS, &mut buyer)?;
    Ok(buyer)
}

/// Whether the account that is there is the one that arrives, as far as it can be told.
fn check_same(settled: &AccountFingerprint, arrival: &ImportedAccount) -> Result<(), String> {
    let other = |given: &Option<String>, there: &Option<String>| given.is_some() && given != there;
    let differs = [
        ("password", password::is_other_password(&settled.password, &arrival.password)),
        ("phone", other(&arrival.phone, &settled.phone)),
        ("email", other(&arrival.email, &settled.email)),
    ];
    let names: Vec<&str> =
        differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(format!("an account of this name exists with other data: {}", names.join(", ")))
}

/// Accounts in the order of their names, as they are locked everywhere.
async fn write_users(tx: &mut Tx<'_>, new: &mut [ImportedBuyer], now: UtcMs) -> Outcome<()> {
    new.sort_by(|one, other| one.account.username.cmp(&other.account.username));
    let accounts: Vec<&ImportedAccount> = new.iter().map(|buyer| &buyer.account).collect();
    account::insert_many(tx, &accounts, now).await?;
    let with_points = new.iter().filter(|buyer| buyer.points > 0);
    let entries: Vec<PointsEntry<'_>> = with_points.map(opening_entry).collect();
    if entries.is_empty() {
        return Ok(());
    }
    Ok(points::apply(tx, &entries, now).await?.map_err(|_| DbError::NoRow)?)
}

fn opening_entry(buyer: &ImportedBuyer) -> PointsEntry<'_> {
    let (username, points) = (buyer.account.username.as_str(), buyer.points);
    PointsEntry { username, cause: LedgerCause::Opening, reference: "", points, pending: 0, open: 0 }
}
