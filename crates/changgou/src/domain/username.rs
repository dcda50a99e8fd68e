//! Usernames. A name has one canonical form, so that it is one account on every engine and for every
//! reader.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_security::skeleton;

/// Characters of a username.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=50;

/// Names that a buyer could use to pose as the shop.
const RESERVED: [&str; 26] = [
    "admin",
    "administrator",
    "root",
    "system",
    "operator",
    "owner",
    "staff",
    "official",
    "support",
    "service",
    "security",
    "shop",
    "store",
    "changgou",
    "wechat",
    "wechatpay",
    "weixin",
    "畅购",
    "管理员",
    "客服",
    "官方",
    "系统",
    "店主",
    "商城",
    "微信",
    "微信支付",
];

/// Reserved names by their shape: `аdmin` with a Cyrillic letter looks like `admin`.
static RESERVED_SHAPES: LazyLock<HashSet<String>> =
    LazyLock::new(|| RESERVED.iter().map(|name| shape(name)).collect());

/// The canonical form: NFKC without invisible format characters and without spaces around it.
pub fn canonical(typed: &str) -> String {
    let visible = typed.chars().filter(|letter| letter.general_category() != GeneralCategory::Format);
    let composed: String = visible.nfkc().collect();
    composed.trim().to_owned()
}

/// Whether a new account may have this canonical name.
pub fn is_valid(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    LENGTH.contains(&name.chars().count()) && name.chars().all(is_plain)
}

/// Whether only the shop itself may use this name, or one that looks like it.
pub fn is_reserved(name: &str) -> bool {
    RESERVED_SHAPES.contains(&shape(name))
}

/// The same for names that look alike: case, separators and confusable letters do not count.
fn shape(name: &str) -> String {
    let folded = name.to_lowercase().replace(['_', '-'], "");
    // Lower case once more: the skeleton of some letters is a capital.
    skeleton(&folded).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_canonical_form() {
        for typed in ["demo", " demo", "demo ", "demo\u{3000}", "de\u{200b}mo", "ｄｅｍｏ", "\u{feff}demo\t"]
        {
            assert_eq!(canonical(typed), "demo", "{typed:?}");
        }
        assert_eq!(canonical("cafe\u{301}"), "café");
        assert_eq!(canonical("Demo"), "Demo");
    }

    #[test]
    fn a_name_is_made_of_letters() {
        for good in ["abc", "李小龙", "a_b-c", "café", &"长".repeat(50)] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["ab", "a b", "a.b.c", "e\u{301}ab", "abc😀", &"长".repeat(51)] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn names_that_look_like_the_shop_are_reserved() {
        for taken in ["admin", "Admin", "ADMIN", "аdmin", "ad_min", "wechat", "shop", "客服", "Wechat-Pay"]
        {
            assert!(is_reserved(taken), "{taken}");
        }
        for free in ["administer", "shopper", "buyer", "demo", "小畅"] {
            assert!(!is_reserved(free), "{free}");
        }
    }
}
