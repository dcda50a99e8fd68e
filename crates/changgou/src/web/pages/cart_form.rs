//! `POST /cart`: the whole cart is one form, so that ticks and numbers count
//! whichever of its buttons is pressed, with or without JavaScript.

use axum::extract::State;

use super::super::Web;
use super::super::input::{self, Form};
use super::super::response::{Problem, status};
use super::cart;
use super::flash::{Notice, tellable};
use super::page_context::BuyerFrame;
use super::render::{Shown, see_other};
use super::stock_label::Stock;
use crate::domain::clock::UtcMs;
use crate::domain::id::SkuId;
use crate::domain::refusal::{Reason, Refusal};
use crate::flow;
use crate::flow::cart::SeenLine;
use crate::store::cart::Selected;

/// What the form says: `line` names the SKUs it shows, `selected` those that
/// are ticked, `num.{id}` how many; `act` is the button.
pub(in super::super) struct Sent {
    fields: Vec<(String, String)>,
}

/// The button that was pressed.
enum Act {
    Update,
    All,
    None,
    Less(SkuId),
    More(SkuId),
    Remove(SkuId),
    Settle,
}

pub(in super::super) async fn change(
    State(web): State<Web>,
    BuyerFrame { username, frame }: BuyerFrame,
    Form(fields): Form<Vec<(String, String)>>,
) -> Shown {
    match carry_out(&web, &username, &Sent { fields }).await {
        Ok(to) => Ok(see_other(to)),
        Err(problem) => {
            let refusal = tellable(problem)?;
            let frame = frame.at("/cart");
            let notice = Notice::refused(&refusal, frame.lang);
            cart::page(&web, &frame, username, status(refusal.reason), Some(notice)).await
        }
    }
}

async fn carry_out(web: &Web, username: &str, sent: &Sent) -> Result<&'static str, Problem> {
    let act = sent.act()?;
    for seen in flow::cart::list(&web.app, username.to_owned()).await? {
        if sent.all("line").any(|line| line == seen.line.sku_id.to_string()) {
            change_line(web, username, &seen, sent, &act).await?;
        }
    }
    match act {
        Act::Settle if sent.all("selected").next().is_none() => Err(nothing().into()),
        Act::Settle => Ok("/order"),
        Act::Update | Act::All | Act::None | Act::Less(_) | Act::More(_) | Act::Remove(_) => Ok("/cart"),
    }
}

fn nothing() -> Refusal {
    let zh = "请先勾选要购买的商品";
    Refusal::new(Reason::CartEmpty, zh, "Please select what you want to buy first.")
}

async fn change_line(
    web: &Web,
    username: &str,
    seen: &SeenLine,
    sent: &Sent,
    act: &Act,
) -> Result<(), Problem> {
    let (id, name, num) = (seen.line.sku_id, username.to_owned(), wanted(seen, sent, act)?);
    let mut is = if seen.line.selected { Selected::Yes } else { Selected::No };
    if num != seen.line.num {
        flow::cart::put(&web.app, name.clone(), id, num).await?;
        is = Selected::Yes;
    }
    let to = ticked(seen, sent, act, web.app.now());
    if num > 0 && is != to {
        flow::cart::select(&web.app, name, id, to).await?;
    }
    Ok(())
}

/// How many of a line are wanted now.
fn wanted(seen: &SeenLine, sent: &Sent, act: &Act) -> Result<i64, Refusal> {
    let (id, typed) = (seen.line.sku_id, sent.num(seen.line.sku_id)?);
    let num = typed.unwrap_or(seen.line.num);
    Ok(match act {
        Act::Remove(which) if *which == id => 0,
        Act::Less(which) if *which == id => (num - 1).max(1),
        Act::More(which) if *which == id => num + 1,
        Act::Update | Act::All | Act::None | Act::Less(_) | Act::More(_) | Act::Remove(_) | Act::Settle => {
            num
        }
    })
}

/// Whether a line is to be bought next. What is not on sale never is.
fn ticked(seen: &SeenLine, sent: &Sent, act: &Act, now: UtcMs) -> Selected {
    let (id, sku) = (seen.line.sku_id.to_string(), seen.sku.as_ref());
    let on_sale = sku.is_some_and(|sku| Stock::of(sku, now).is_buyable());
    let wanted = match act {
        Act::All => true,
        Act::None => false,
        Act::Update | Act::Less(_) | Act::More(_) | Act::Remove(_) | Act::Settle => {
            sent.all("selected").any(|selected| selected == id)
        }
    };
    if wanted && on_sale { Selected::Yes } else { Selected::No }
}

impl Sent {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    fn num(&self, id: SkuId) -> Result<Option<i64>, Refusal> {
        let name = format!("num.{id}");
        let typed = self.all(&name).next().map(str::trim).map(str::parse);
        typed.transpose().map_err(|_| Refusal::bad_request("数量须为整数", "A quantity is a whole number."))
    }

    fn act(&self) -> Result<Act, Refusal> {
        let word = self.all("act").next().unwrap_or("update");
        let (verb, which) = word.split_once('.').unwrap_or((word, ""));
        Ok(match verb {
            "all" => Act::All,
            "none" => Act::None,
            "less" => Act::Less(input::id(which)?),
            "more" => Act::More(input::id(which)?),
            "remove" => Act::Remove(input::id(which)?),
            "settle" => Act::Settle,
            _ => Act::Update,
        })
    }
}
