//! The two languages of the shop.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    /// The text in this language.
    pub fn of<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The code for `lang` attributes and `Content-Language`.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The language of an `Accept-Language` header with the highest weight that the shop supports.
    pub fn accepted(header: &str) -> Option<Lang> {
        let mut offers: Vec<(&str, u32)> = header.split(',').filter_map(parse_offer).collect();
        offers.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        offers.into_iter().find_map(|(tag, _)| Lang::from_tag(tag))
    }

    /// The language of a tag such as `en-GB`, if the shop supports it.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }
}

fn parse_offer(item: &str) -> Option<(&str, u32)> {
    let mut parts = item.trim().split(";q=");
    let tag = parts.next()?.trim();
    let weight = parts.next().map_or(Some(1000), parse_thousandths)?;
    Some((tag, weight))
}

/// A weight such as `0.8` as thousandths, without floating point.
fn parse_thousandths(text: &str) -> Option<u32> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits: String = rest.chars().chain("000".chars()).take(3).collect();
    Some(whole.parse::<u32>().ok()?.min(1) * 1000 + digits.parse::<u32>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_we_speak_wins() {
        assert_eq!(Lang::accepted("fr, en-GB;q=0.7, zh;q=0.3"), Some(Lang::En));
        assert_eq!(Lang::accepted("en;q=0.2,zh-CN"), Some(Lang::Zh));
        assert_eq!(Lang::accepted("fr"), None);
        assert_eq!(Lang::accepted(";q=,,;;q=x"), None);
    }
}
