//! A buyer's address book. There is a default as long as there is an address.

use crate::domain::area;
use crate::domain::id::AddressId;
use crate::domain::limits::ADDRESSES_MAX;
use crate::domain::message::{AccountMessage, NotFound};
use crate::domain::refusal::Refusal;
use crate::flow::{App, Outcome};
use crate::store::account;
use crate::store::address::{self, Address, AddressText};

/// Refuses region codes that are not in the national list or do not belong together.
pub fn check_area(words: AddressText) -> Result<AddressText, Refusal> {
    if area::is_consistent(&words.provinceid, &words.cityid, &words.areaid) {
        return Ok(words);
    }
    Err(Refusal::new(AccountMessage::RegionCodesMismatch))
}

/// All addresses of a buyer, the default first.
pub async fn list(app: &App, username: String) -> Outcome<Vec<Address>> {
    app.db.read(async move |tx| Ok(address::list_for_user(tx, &username).await?)).await
}

/// One address of a buyer.
pub async fn find(app: &App, username: String, id: AddressId) -> Outcome<Address> {
    let found = app.db.read(async move |tx| address::find(tx, &username, id).await).await?;
    Ok(found.ok_or_else(no_address)?)
}

/// Keeps a new address; the first becomes the default.
pub async fn add(app: &App, username: String, words: AddressText) -> Outcome<Address> {
    let fresh = Address { id: app.id(), username, words, is_default: false };
    app.db
        .write(async move |tx| {
            account::lock(tx, &fresh.username).await?;
            let before = address::count(tx, &fresh.username).await?;
            if before >= ADDRESSES_MAX {
                return Err(Refusal::new(AccountMessage::TooManyAddresses { max: ADDRESSES_MAX }).into());
            }
            address::insert(tx, &fresh).await?;
            if before == 0 {
                address::make_default(tx, &fresh.username, fresh.id).await?;
            }
            Ok(Address { is_default: before == 0, ..fresh.clone() })
        })
        .await
}

/// Changes what an address says.
pub async fn change(app: &App, username: String, id: AddressId, words: AddressText) -> Outcome<()> {
    let found = app.db.write(async move |tx| address::update(tx, &username, id, &words).await).await?;
    Ok(found.then_some(()).ok_or_else(no_address)?)
}

/// Takes an address away; the oldest of the others becomes the default if it was.
pub async fn remove(app: &App, username: String, id: AddressId) -> Outcome<()> {
    app.db
        .write(async move |tx| {
            account::lock(tx, &username).await?;
            if !address::delete(tx, &username, id).await? {
                return Err(no_address().into());
            }
            let left = address::list_for_user(tx, &username).await?;
            if let Some(first) = left.first().filter(|first| !first.is_default) {
                address::make_default(tx, &username, first.id).await?;
            }
            Ok(())
        })
        .await
}

/// Makes an address the one that is suggested.
pub async fn make_default(app: &App, username: String, id: AddressId) -> Outcome<()> {
    app.db
        .write(async move |tx| {
            account::lock(tx, &username).await?;
            address::find(tx, &username, id).await?.ok_or_else(no_address)?;
            Ok(address::make_default(tx, &username, id).await?)
        })
        .await
}

fn no_address() -> Refusal {
    Refusal::new(NotFound::Address)
}
