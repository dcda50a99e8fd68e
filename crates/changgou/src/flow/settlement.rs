//! The settlement page (结算页): everything a buyer checks before ordering.
//! Nothing of it is trusted when the order is placed.

use crate::flow::cart::{self, SeenLine};
use crate::flow::{App, Outcome};
use crate::ground::secret::random_hex;
use crate::nouns::address::{self, Address};
use crate::nouns::{catalog::Shelf, points};
use crate::values::id::SkuId;
use crate::values::pricing::{self, Quote};
use crate::values::refusal::Refusal;

/// What the settlement page shows.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Names this purchase: two orders with it are one.
    pub token: String,
    /// The buyer's addresses, the default first.
    pub addresses: Vec<Address>,
    /// What would be bought.
    pub items: Vec<SeenLine>,
    /// The buyer's points.
    pub points: i64,
    /// What it would cost now.
    pub quote: Quote,
}

/// The settlement of these cart lines, or of the selected ones.
pub async fn settlement(app: &App, username: String, sku_ids: Option<Vec<SkuId>>) -> Outcome<Settlement> {
    let postage = app.settings.rules.postage;
    app.db
        .read(async move |tx| {
            let all = cart::seen(tx, &username).await?;
            let items: Vec<SeenLine> =
                all.into_iter().filter(|seen| is_chosen(seen, sku_ids.as_deref())).collect();
            let quote = pricing::quote(&priced(&items), postage).map_err(|_| {
                Refusal::bad_request(
                    "订单金额过大，请分开下单",
                    "The order is worth too much; please split it.",
                )
            })?;
            Ok(Settlement {
                token: random_hex(16),
                addresses: address::of(tx, &username).await?,
                points: points::balance(tx, &username).await?,
                items,
                quote,
            })
        })
        .await
}

fn is_chosen(seen: &SeenLine, sku_ids: Option<&[SkuId]>) -> bool {
    sku_ids.map_or(seen.line.selected, |ids| ids.contains(&seen.line.sku_id))
}

/// The lines that would be sold, at present prices.
fn priced(items: &[SeenLine]) -> Vec<pricing::Line> {
    let sold = items.iter().filter_map(|seen| Some((seen.line.num, seen.sku.as_ref()?)));
    let sold = sold.filter(|(_, sku)| sku.shelf == Shelf::OnSale);
    sold.map(|(num, sku)| pricing::Line { sku_id: sku.id, price: sku.price, num }).collect()
}
