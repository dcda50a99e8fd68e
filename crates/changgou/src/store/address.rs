//! Delivery addresses of buyers. Owns `tb_address`.

use crate::domain::area;
use crate::domain::id::AddressId;
use crate::infra::db::{DbError, Tx, Value, from_row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub id: AddressId,
    pub username: String,
    pub words: AddressText,
    /// Whether it is preselected at checkout.
    pub is_default: bool,
}

/// The text of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressText {
    /// Six-digit code; see [`area`].
    pub provinceid: String,
    pub cityid: String,
    pub areaid: String,
    pub phone: String,
    pub address: String,
    pub contact: String,
    pub alias: Option<String>,
}

impl Address {
    /// The whole address in one line, as printed on a parcel.
    pub fn one_line(&self) -> String {
        let AddressText { provinceid, cityid, areaid, address, .. } = &self.words;
        let places = [provinceid, cityid, areaid].map(|code| area::name_in_address(code));
        [places[0], places[1], places[2], address].concat()
    }
}

from_row! {
    Address {
        id,
        username,
        words: AddressText {
            provinceid or default,
            cityid or default,
            areaid or default,
            phone or default,
            address or default,
            contact or default,
            alias,
        },
        is_default,
    }
}

const SELECT: &str = "select id, username, provinceid, cityid, areaid, phone, address, contact, alias, is_default \
                      from tb_address";

/// The default comes first.
pub async fn list_for_user(tx: &mut Tx<'_>, username: &str) -> Result<Vec<Address>, DbError> {
    let mut all: Vec<Address> =
        tx.rows(&format!("{SELECT} where username = ? order by id"), params![username]).await?;
    all.sort_by_key(|address| !address.is_default);
    Ok(all)
}

/// `None` if it belongs to another buyer.
pub async fn find(tx: &mut Tx<'_>, username: &str, id: AddressId) -> Result<Option<Address>, DbError> {
    tx.row(&format!("{SELECT} where id = ? and username = ?"), params![id, username]).await
}

pub async fn find_by_ids(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = AddressId>,
) -> Result<Vec<Address>, DbError> {
    tx.rows_in(&format!("{SELECT} where id"), ids.into_iter().map(Value::from), "").await
}

pub async fn defaults_for_users<'v>(
    tx: &mut Tx<'_>,
    usernames: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<Address>, DbError> {
    let head = format!("{SELECT} where username");
    tx.rows_in(&head, usernames.into_iter().map(Value::from), "and is_default = '1'").await
}

pub async fn count(tx: &mut Tx<'_>, username: &str) -> Result<i64, DbError> {
    let sql = "select count(*) from tb_address where username = ?";
    Ok(tx.required_row::<(i64,)>(sql, params![username]).await?.0)
}

pub async fn insert(tx: &mut Tx<'_>, address: &Address) -> Result<(), DbError> {
    let sql = "insert into tb_address (id, username, provinceid, cityid, areaid, phone, address, contact, alias, \
               is_default) values (?, ?, ?, ?, ?, ?, ?, ?, ?, '0')";
    let AddressText { provinceid, cityid, areaid, phone, address: street, contact, alias } = &address.words;
    let alias = alias.as_deref();
    let row =
        params![address.id, &address.username, provinceid, cityid, areaid, phone, street, contact, alias];
    tx.exec(sql, row).await.map(drop)
}

/// `false` if the buyer has no such address.
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

/// `false` if the buyer has no such address.
pub async fn delete(tx: &mut Tx<'_>, username: &str, id: AddressId) -> Result<bool, DbError> {
    let sql = "delete from tb_address where id = ? and username = ?";
    Ok(tx.exec(sql, params![id, username]).await? == 1)
}

/// Makes this address the only default.
pub async fn make_default(tx: &mut Tx<'_>, username: &str, id: AddressId) -> Result<(), DbError> {
    let off = "update tb_address set is_default = '0' where username = ? and id <> ?";
    tx.exec(off, params![username, id]).await?;
    let on = "update tb_address set is_default = '1' where username = ? and id = ?";
    tx.exec(on, params![username, id]).await.map(drop)
}
