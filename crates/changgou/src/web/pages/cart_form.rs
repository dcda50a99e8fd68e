//! `POST /cart`: the whole cart is one form, so that every button also saves
//! the selection and the quantities, with or without JavaScript.

use axum::extract::State;

use super::super::WebState;
use super::super::input::{self, Form};
use super::super::response::{ApiProblem, status};
use super::cart;
use super::flash::{Flash, into_refusal};
use super::page_context::BuyerContext;
use super::render::{PageResult, see_other};
use super::stock_label::StockLabel;
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::message::CartMessage;
use crate::domain::refusal::Refusal;
use crate::flow;
use crate::flow::cart::PricedCartLine;
use crate::store::cart::LineSelection;

/// The fields: `line` for each SKU shown, `selected` for each that is ticked,
/// `num.{id}` for its quantity, and `act` for the button.
pub(in super::super) struct CartForm {
    fields: Vec<(String, String)>,
}

/// The button that was pressed.
enum CartAction {
    Update,
    All,
    None,
    Less(SkuId),
    More(SkuId),
    Remove(SkuId),
    Settle,
}

pub(in super::super) async fn change(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    match carry_out(&web, &username, &CartForm { fields }).await {
        Ok(to) => Ok(see_other(to)),
        Err(problem) => {
            let refusal = into_refusal(problem)?;
            let frame = frame.at_path("/cart");
            let notice = Flash::refused(&refusal, frame.lang);
            cart::page(&web, &frame, username, status(refusal.reason), Some(notice)).await
        }
    }
}

async fn carry_out(web: &WebState, username: &str, sent: &CartForm) -> Result<&'static str, ApiProblem> {
    let act = sent.act()?;
    for seen in flow::cart::list_lines(&web.app, username.to_owned()).await? {
        if sent.all("line").any(|line| line == seen.line.sku_id.to_string()) {
            change_line(web, username, &seen, sent, &act).await?;
        }
    }
    match act {
        CartAction::Settle if sent.all("selected").next().is_none() => {
            Err(Refusal::new(CartMessage::NothingTicked).into())
        }
        CartAction::Settle => Ok("/order"),
        CartAction::Update
        | CartAction::All
        | CartAction::None
        | CartAction::Less(_)
        | CartAction::More(_)
        | CartAction::Remove(_) => Ok("/cart"),
    }
}

async fn change_line(
    web: &WebState,
    username: &str,
    seen: &PricedCartLine,
    sent: &CartForm,
    act: &CartAction,
) -> Result<(), ApiProblem> {
    let (id, name, num) = (seen.line.sku_id, username.to_owned(), quantity_after(seen, sent, act)?);
    let mut is = if seen.line.selected { LineSelection::Yes } else { LineSelection::No };
    if num != seen.line.num {
        flow::cart::set_quantity(&web.app, name.clone(), id, num).await?;
        is = LineSelection::Yes;
    }
    let to = selection_after(seen, sent, act, web.app.now());
    if num > 0 && is != to {
        flow::cart::set_selection(&web.app, name, id, to).await?;
    }
    Ok(())
}

/// The quantity of a line after this action.
fn quantity_after(seen: &PricedCartLine, sent: &CartForm, act: &CartAction) -> Result<i64, Refusal> {
    let (id, typed) = (seen.line.sku_id, sent.num(seen.line.sku_id)?);
    let num = typed.unwrap_or(seen.line.num);
    Ok(match act {
        CartAction::Remove(which) if *which == id => 0,
        CartAction::Less(which) if *which == id => (num - 1).max(1),
        CartAction::More(which) if *which == id => num + 1,
        CartAction::Update
        | CartAction::All
        | CartAction::None
        | CartAction::Less(_)
        | CartAction::More(_)
        | CartAction::Remove(_)
        | CartAction::Settle => num,
    })
}

/// Whether a line is selected after this action. What is not on sale never is.
fn selection_after(seen: &PricedCartLine, sent: &CartForm, act: &CartAction, now: UtcMs) -> LineSelection {
    let (id, sku) = (seen.line.sku_id.to_string(), seen.sku.as_ref());
    let on_sale = sku.is_some_and(|sku| StockLabel::of(sku, now).is_buyable());
    let wanted = match act {
        CartAction::All => true,
        CartAction::None => false,
        CartAction::Update
        | CartAction::Less(_)
        | CartAction::More(_)
        | CartAction::Remove(_)
        | CartAction::Settle => sent.all("selected").any(|selected| selected == id),
    };
    if wanted && on_sale { LineSelection::Yes } else { LineSelection::No }
}

impl CartForm {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    fn num(&self, id: SkuId) -> Result<Option<i64>, Refusal> {
        let name = format!("num.{id}");
        let typed = self.all(&name).next().map(str::trim).map(str::parse);
        typed.transpose().map_err(|_| Refusal::new(CartMessage::QuantityNotWhole))
    }

    fn act(&self) -> Result<CartAction, Refusal> {
        let word = self.all("act").next().unwrap_or("update");
        let (verb, which) = word.split_once('.').unwrap_or((word, ""));
        Ok(match verb {
            "all" => CartAction::All,
            "none" => CartAction::None,
            "less" => CartAction::Less(input::id(which)?),
            "more" => CartAction::More(input::id(which)?),
            "remove" => CartAction::Remove(input::id(which)?),
            "settle" => CartAction::Settle,
            _ => CartAction::Update,
        })
    }
}
