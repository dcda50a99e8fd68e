//! Where a buyer wants things sent. Owns `tb_address`.

use crate::domain::area;
use crate::domain::id::AddressId;
use crate::infra::db::{DbError, FromRow, Row, Tx, Value, params};

/// An address of a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its number.
    pub id: AddressId,
    /// Whose it is.
    pub username: String,
    /// What it says.
    pub words: AddressText,
    /// Whether it is the one suggested.
    pub is_default: bool,
}

/// What an address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressText {
    /// Province code.
    pub provinceid: String,
    /// City code.
    pub cityid: String,
    /// Area code.
    pub areaid: String,
    /// Phone of who receives.
    pub phone: String,
    /// Street and house.
    pub address: String,
    /// Who receives.
    pub contact: String,
    /// What the buyer calls it.
    pub alias: Option<String>,
}

impl Address {
    /// Everything in one line, as it is printed on a parcel.
    pub fn line(&self) -> String {
        let AddressText { provinceid, cityid, areaid, address, .. } = &self.words;
        let places = [provinceid, cityid, areaid].map(|code| area::spoken(code));
        [places[0], places[1], places[2], address].concat()
    }
}

impl FromRow for Address {
    fn from_row(row: &mut Row<'_>) -> Result<Address, DbError> {
        let text = |maybe: Option<String>| maybe.unwrap_or_default();
        Ok(Address {
            id: row.take()?,
            username: row.take()?,
            words: AddressText {
                provinceid: text(row.take()?),
                cityid: text(row.take()?),
                areaid: text(row.take()?),
                phone: text(row.take()?),
                address: text(row.take()?),
                contact: text(row.take()?),
                alias: row.take()?,
            },
            is_default: row.take::<String>()? == "1",
        })
    }
}

const SELECT: &str = "select id, username, provinceid, cityid, areaid, phone, address, contact, alias, is_default \
                      from tb_address";

/// All addresses of a buyer, the default first.
pub async fn of(tx: &mut Tx<'_>, username: &str) -> Result<Vec<Address>, DbError> {
    let mut all: Vec<Address> =
        tx.rows(&format!("{SELECT} where username = ? order by id"), params![username]).await?;
    all.sort_by_key(|address| !address.is_default);
    Ok(all)
}

/// One address of a buyer; nobody sees another's.
pub async fn find(tx: &mut Tx<'_>, username: &str, id: AddressId) -> Result<Option<Address>, DbError> {
    tx.row(&format!("{SELECT} where id = ? and username = ?"), params![id, username]).await
}

/// Addresses by number, whoever they belong to.
pub async fn by_ids(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = AddressId>,
) -> Result<Vec<Address>, DbError> {
    tx.rows_in(&format!("{SELECT} where id"), ids.into_iter().map(Value::from), "").await
}

/// The suggested addresses of these buyers.
pub async fn defaults_of<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<Address>, DbError> {
    let head = format!("{SELECT} where username");
    tx.rows_in(&head, usernames.into_iter().map(Value::from), "and is_default = '1'").await
}

/// How many addresses a buyer has.
pub async fn count(tx: &mut Tx<'_>, username: &str) -> Result<i64, DbError> {
    let sql = "select count(*) from tb_address where username = ?";
    Ok(tx.one::<(i64,)>(sql, params![username]).await?.0)
}

/// Keeps a new address.
pub async fn insert(tx: &mut Tx<'_>, address: &Address) -> Result<(), DbError> {
    let sql = "insert into tb_address (id, username, provinceid, cityid, areaid, phone, address, contact, alias, \
               is_default) values (?, ?, ?, ?, ?, ?, ?, ?, ?, '0')";
    let AddressText { provinceid, cityid, areaid, phone, address: street, contact, alias } = &address.words;
    let alias = alias.as_deref();
    let row =
        params![address.id, &address.username, provinceid, cityid, areaid, phone, street, contact, alias];
    tx.exec(sql, row).await.map(drop)
}

/// Changes what an address says; `false` if the buyer has no such address.
pub async fn update(
    tx: &mut Tx<'_>,
    username: &str,
    id: AddressId,
    words: &AddressText,
) -> Result<bool, DbError> {
    let sql = "update tb_address set provinceid = ?, cityid = ?, areaid = ?, phone = ?, address = ?, contact = ?, \
               alias = ? where id = ? and username = ?";
    let AddressText { provinceid, cityid, areaid, phone, address, contact, alias } = words;
    let row = params![provinceid, cityid, areaid, phone, address, contact, alias.as_deref(), id, username];
    Ok(tx.exec(sql, row).await? == 1)
}

/// Takes an address away; `false` if the buyer has no such address.
pub async fn delete(tx: &mut Tx<'_>, username: &str, id: AddressId) -> Result<bool, DbError> {
    let sql = "delete from tb_address where id = ? and username = ?";
    Ok(tx.exec(sql, params![id, username]).await? == 1)
}

/// Makes this address, and no other, the suggested one.
pub async fn make_default(tx: &mut Tx<'_>, username: &str, id: AddressId) -> Result<(), DbError> {
    let off = "update tb_address set is_default = '0' where username = ? and id <> ?";
    tx.exec(off, params![username, id]).await?;
    let on = "update tb_address set is_default = '1' where username = ? and id = ?";
    tx.exec(on, params![username, id]).await.map(drop)
}
