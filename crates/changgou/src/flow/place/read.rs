//! Everything a batch of requests needs to be decided, read as sets.

use std::collections::{BTreeSet, HashMap};

use super::decide::State;
use super::{ReceiverChoice, Request};
use crate::ground::db::{DbError, Tx};
use crate::nouns::address::{self, Address};
use crate::nouns::order::key::{self, Key};
use crate::nouns::{cart, catalog};
use crate::values::id::{AddressId, SkuId};

/// Reads what `requests` need.
pub(super) async fn state(tx: &mut Tx<'_>, requests: &[Request]) -> Result<State, DbError> {
    let mut carts: HashMap<String, Vec<cart::Line>> = HashMap::new();
    for line in lines(tx, requests).await? {
        carts.entry(line.username.clone()).or_default().push(line);
    }
    let wanted: BTreeSet<_> = carts.values().flatten().map(|line| line.sku_id).collect();
    let skus = catalog::by_ids(tx, wanted).await?.into_iter().map(|sku| (sku.id, sku)).collect();
    let addresses = addresses(tx, requests).await?;
    let defaults = defaults(tx, requests).await?;
    Ok(State { carts, skus, addresses, defaults, keys: keys(tx, requests).await? })
}

/// The cart lines that may be bought: those that are named, or whole carts
/// where none are.
async fn lines(tx: &mut Tx<'_>, requests: &[Request]) -> Result<Vec<cart::Line>, DbError> {
    let whole: BTreeSet<&str> = requests
        .iter()
        .filter(|request| request.sku_ids.is_none())
        .map(|request| request.username.as_str())
        .collect();
    let named = requests.iter().filter(|request| !whole.contains(request.username.as_str()));
    let named = named.flat_map(|request| {
        let ids = request.sku_ids.iter().flatten();
        ids.map(|id| (request.username.as_str(), *id))
    });
    let named: BTreeSet<(&str, SkuId)> = named.collect();
    let mut lines = cart::some(tx, &named).await?;
    lines.extend(cart::of(tx, whole).await?);
    Ok(lines)
}

async fn addresses(tx: &mut Tx<'_>, requests: &[Request]) -> Result<HashMap<AddressId, Address>, DbError> {
    let named = requests.iter().filter_map(|request| match request.receiver {
        ReceiverChoice::Address(id) => Some(id),
        ReceiverChoice::Default | ReceiverChoice::Given(_) => None,
    });
    let named: BTreeSet<AddressId> = named.collect();
    Ok(address::by_ids(tx, named).await?.into_iter().map(|address| (address.id, address)).collect())
}

async fn defaults(tx: &mut Tx<'_>, requests: &[Request]) -> Result<HashMap<String, Address>, DbError> {
    let asking = requests.iter().filter(|request| request.receiver == ReceiverChoice::Default);
    let buyers: BTreeSet<&str> = asking.map(|request| request.username.as_str()).collect();
    let found = address::defaults_of(tx, buyers).await?;
    Ok(found.into_iter().map(|address| (address.username.clone(), address)).collect())
}

async fn keys(tx: &mut Tx<'_>, requests: &[Request]) -> Result<HashMap<(String, String), Key>, DbError> {
    let mut known = HashMap::new();
    for request in requests {
        for text in &request.keys {
            if let Some(key) = key::find(tx, &request.username, text, request.now).await? {
                known.insert((request.username.clone(), text.clone()), key);
            }
        }
    }
    Ok(known)
}
