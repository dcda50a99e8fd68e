//! Gives orders and addresses to the account that their username means. The Java shop compared names
//! without case and without spaces at the end, so it wrote names that no account has letter by letter.

use super::rows::{ADDRESS, ORDER};
use super::step::AdoptionStep;

/// In this order.
pub(super) fn steps() -> Vec<AdoptionStep> {
    let names = "insert ignore into adoption_owner (folded, username, num) \
        select lower(trim(username)), min(username), count(*) from tb_user group by lower(trim(username))";
    let words = "users: names by how the Java shop compared them";
    vec![AdoptionStep::once("owner_names", words, "tb_user", &[names]), orders(), addresses()]
}

fn orders() -> AdoptionStep {
    let [note, mend] = mended("tb_order", "t.id");
    let nobody = format!(
        "insert ignore into adoption_note (kind, ref, detail) select 'no_account', t.id, \
         concat('username ', t.username) from tb_order t {ACCOUNT} where {{in t.id}} and u.username is null"
    );
    let words = "orders: named by case or space otherwise than their account get its name; without one they are noted";
    AdoptionStep::each("owners_of_orders", words, ORDER, &[&note, &mend, &nobody])
}

fn addresses() -> AdoptionStep {
    let [note, mend] = mended("tb_address", "cast(t.id as char)");
    let nobody = format!(
        "insert ignore into adoption_note (kind, ref, detail) select 'address_of_nobody', cast(t.id as char), \
         concat('username ', t.username) from tb_address t {ACCOUNT} where {{in t.id}} and u.username is null"
    );
    let words = "addresses: named by case or space otherwise than their account get its name";
    AdoptionStep::each("owners_of_addresses", words, ADDRESS, &[&note, &mend, &nobody])
}

/// The account of a row, letter by letter.
const ACCOUNT: &str =
    "left join tb_user u on u.username = t.username and length(u.username) = length(t.username)";

/// Notes the rows whose name means exactly one account, and gives them its name.
fn mended(table: &str, name: &str) -> [String; 2] {
    let which =
        format!("join adoption_owner w on w.folded = lower(trim(t.username)) and w.num = 1 {ACCOUNT}");
    let note = format!(
        "insert ignore into adoption_note (kind, ref, detail) select 'owner_mended', {name}, \
         concat('username ', t.username, ' became ', w.username) from {table} t {which} \
         where {{in t.id}} and u.username is null"
    );
    let mend = format!(
        "update {table} t {which} set t.username = w.username where {{in t.id}} and u.username is null"
    );
    [note, mend]
}
