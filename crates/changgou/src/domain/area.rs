//! The national list of provinces, cities and areas, compiled in.
//!
//! A code has six digits: the first two are the province, the first four the city.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};
use std::sync::OnceLock;

static LIST: &str = include_str!("../../data/areas.tsv");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub code: &'static str,
    pub name: &'static str,
}

fn names_by_code() -> &'static BTreeMap<&'static str, &'static str> {
    static ALL: OnceLock<BTreeMap<&'static str, &'static str>> = OnceLock::new();
    ALL.get_or_init(|| LIST.lines().filter_map(|line| line.split_once('\t')).collect())
}

/// `None` if the list does not have the code.
pub fn name(code: &str) -> Option<&'static str> {
    names_by_code().get(code).copied()
}

/// The name for an address line; empty for the list's fillers, such as 市辖区 between a municipality and
/// its districts.
pub fn name_in_address(code: &str) -> &'static str {
    let name = name(code).unwrap_or_default();
    let is_filler =
        code.ends_with("00") && (name == "市辖区" || name == "县" || name.ends_with("直辖县级行政区划"));
    if is_filler { "" } else { name }
}

pub fn provinces() -> Vec<Area> {
    list_places("", is_province)
}

pub fn cities(province: &str) -> Vec<Area> {
    let prefix = province.get(..2).filter(|_| is_province(province) && name(province).is_some());
    list_places(prefix.unwrap_or("-"), is_city)
}

pub fn areas(city: &str) -> Vec<Area> {
    let prefix = city.get(..4).filter(|_| is_city(city) && name(city).is_some());
    list_places(prefix.unwrap_or("-"), is_area)
}

/// Whether `area` is in `city` and `city` is in `province`.
pub fn is_consistent(province: &str, city: &str, area: &str) -> bool {
    let known = [province, city, area].iter().all(|code| name(code).is_some());
    let floors = is_province(province) && is_city(city) && is_area(area);
    known && floors && city.get(..2) == province.get(..2) && area.get(..4) == city.get(..4)
}

fn is_province(code: &str) -> bool {
    code.ends_with("0000")
}

fn is_city(code: &str) -> bool {
    code.ends_with("00") && !is_province(code)
}

fn is_area(code: &str) -> bool {
    !code.ends_with("00")
}

fn list_places(prefix: &str, wanted: impl Fn(&str) -> bool) -> Vec<Area> {
    let from_prefix = names_by_code()
        .range::<str, _>((Included(prefix), Unbounded))
        .take_while(|(code, _)| code.starts_with(prefix));
    from_prefix.filter(|(code, _)| wanted(code)).map(|(code, name)| Area { code, name }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_area_has_its_city_and_province() {
        for code in names_by_code().keys() {
            assert_eq!(code.len(), 6, "{code}");
            assert!(name(&format!("{}0000", &code[..2])).is_some(), "{code}");
            assert!(code.ends_with("0000") || name(&format!("{}00", &code[..4])).is_some(), "{code}");
        }
    }

    #[test]
    fn fillers_are_not_spoken() {
        let said: Vec<&str> = ["310000", "310100", "310115"].map(name_in_address).into();
        assert_eq!(said.concat(), "上海市浦东新区");
    }

    #[test]
    fn the_lists_go_down_the_tree() {
        assert!((31..=34).contains(&provinces().len()));
        let guangdong = cities("440000");
        assert!(guangdong.iter().any(|city| city.name.starts_with("深圳")), "{guangdong:?}");
        assert!(areas("440300").iter().any(|area| area.name.starts_with("南山")));
        assert!(is_consistent("440000", "440300", "440305"));
        assert!(!is_consistent("440000", "440100", "440305"));
        assert!(cities("99").is_empty() && areas("").is_empty());
    }
}
