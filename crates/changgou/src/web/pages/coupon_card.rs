//! A coupon as pages show it: its value, conditions and validity.

use super::labels;
use crate::domain::clock::UtcMs;
use crate::domain::coupon_rule::{CouponReduction, CouponRule, CouponScope};
use crate::domain::lang::Lang;
use crate::domain::money::Fen;
use crate::store::coupon::{Coupon, CouponId};

pub(super) struct CouponCard {
    pub id: CouponId,
    pub name: String,
    pub worth: String,
    pub condition: String,
    pub validity: String,
}

pub(super) fn card(coupon: &Coupon, lang: Lang, now: UtcMs) -> CouponCard {
    CouponCard {
        id: coupon.id,
        name: lang.of(&coupon.name, coupon.name_en.as_deref().unwrap_or(&coupon.name)).to_owned(),
        worth: worth(coupon.offer.off, lang),
        condition: condition(&coupon.offer, lang),
        validity: validity(coupon, lang, now),
    }
}

/// The value, short enough for the card.
fn worth(off: CouponReduction, lang: Lang) -> String {
    match off {
        CouponReduction::Amount(amount) => format!("¥{}", short(amount)),
        CouponReduction::Percent { percent, .. } => {
            lang.of(&discount(percent), &format!("{percent}%")).to_owned()
        }
    }
}

/// 10 percent off is 9 折, 15 percent off is 8.5 折.
fn discount(percent: i64) -> String {
    let left = 100 - percent.clamp(0, 100);
    match (left / 10, left % 10) {
        (0, 0) => "免单".to_owned(),
        (tenths, 0) => format!("{tenths} 折"),
        (tenths, rest) => format!("{tenths}.{rest} 折"),
    }
}

fn condition(offer: &CouponRule, lang: Lang) -> String {
    let min = short(offer.min_money);
    let least = match offer.min_money {
        Fen::ZERO => lang.of("无门槛", "No minimum spend").to_owned(),
        Fen(_) => lang.of(&format!("满 ¥{min} 可用"), &format!("Min. spend ¥{min}")).to_owned(),
    };
    let cap = match offer.off {
        CouponReduction::Amount(_) => None,
        CouponReduction::Percent { most, .. } => {
            let most = short(most);
            Some(lang.of(&format!("最多减 ¥{most}"), &format!("up to ¥{most} off")).to_owned())
        }
    };
    let scope = match offer.scope {
        CouponScope::All => lang.of("全部商品", "all items"),
        CouponScope::Skus(_) => lang.of("限指定商品", "selected items only"),
        CouponScope::Categories(_) => lang.of("限指定品类", "selected categories only"),
    };
    [Some(least), cap, Some(scope.to_owned())]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(lang.of("，", ", "))
}

fn validity(coupon: &Coupon, lang: Lang, now: UtcMs) -> String {
    let until = coupon.until.beijing();
    if now < coupon.from {
        let from = labels::month_day_time(coupon.from);
        return lang.of(&format!("{from} 起，至 {until}"), &format!("Valid {from} to {until}")).to_owned();
    }
    lang.of(&format!("有效期至 {until}"), &format!("Valid until {until}")).to_owned()
}

/// An amount without `.00`.
fn short(amount: Fen) -> String {
    let whole = amount.to_string();
    whole.strip_suffix(".00").unwrap_or(&whole).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_taken_off_is_told_as_chinese_shops_do() {
        assert_eq!([10, 15, 50, 99, 100].map(discount), ["9 折", "8.5 折", "5 折", "0.1 折", "免单"]);
        assert_eq!([Fen(1000), Fen(1050), Fen(5)].map(short), ["10", "10.50", "0.05"]);
    }
}
