//! Places one order.

use super::PlaceRequest;
use super::placed_order::{PlaceDecision, PlacedOrder};
use crate::domain::id::OrderId;
use crate::domain::message::NotFound;
use crate::domain::refusal::Refusal;
use crate::flow::{App, Outcome};
use crate::store::order::{self, Order, OrderItem};

#[derive(Clone, Debug)]
pub struct PlacedResult {
    pub order: Order,
    pub items: Vec<OrderItem>,
    pub repeat: Replayed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// This request placed the order.
    First,
    /// An earlier request with the same key did.
    Again,
}

/// Places an order, in one batch with the others that wait.
pub async fn place_order(app: &App, request: PlaceRequest) -> Outcome<PlacedResult> {
    request.check()?;
    let username = request.username.clone();
    match app.place_queue.place(request).await? {
        PlaceDecision::Placed(placed) => {
            let PlacedOrder { order, items, .. } = *placed;
            Ok(PlacedResult { order, items, repeat: Replayed::First })
        }
        PlaceDecision::Repeat(id) => read_earlier(app, username, id).await,
    }
}

/// The order an earlier request placed, as it is now.
async fn read_earlier(app: &App, username: String, id: OrderId) -> Outcome<PlacedResult> {
    app.db
        .read(async move |tx| {
            let gone = || Refusal::new(NotFound::Order);
            let order = order::find_for_user(tx, &username, &id).await?.ok_or_else(gone)?;
            let items = order::list_items(tx, [&id]).await?;
            Ok(PlacedResult { order, items, repeat: Replayed::Again })
        })
        .await
}
