//! `/api/provinces`, `/api/cities`, `/api/areas`: the national list.

use serde::{Deserialize, Serialize};

use super::super::input::Params;
use super::super::response::{ApiResult, ApiSuccess, ok};
use crate::domain::area;

#[derive(Serialize)]
struct Province {
    provinceid: &'static str,
    province: &'static str,
}

#[derive(Serialize)]
struct City {
    cityid: &'static str,
    city: &'static str,
    provinceid: String,
}

#[derive(Serialize)]
struct Area {
    areaid: &'static str,
    area: &'static str,
    cityid: String,
}

#[derive(Deserialize)]
pub(in super::super) struct OfProvince {
    provinceid: String,
}

#[derive(Deserialize)]
pub(in super::super) struct OfCity {
    cityid: String,
}

pub(in super::super) async fn provinces() -> ApiSuccess {
    let all =
        area::provinces().into_iter().map(|place| Province { provinceid: place.code, province: place.name });
    ok("查询成功", "Here you are", all.collect::<Vec<_>>())
}

pub(in super::super) async fn cities(Params(of): Params<OfProvince>) -> ApiResult {
    let all = area::cities(&of.provinceid).into_iter();
    let all =
        all.map(|place| City { cityid: place.code, city: place.name, provinceid: of.provinceid.clone() });
    Ok(ok("查询成功", "Here you are", all.collect::<Vec<_>>()))
}

pub(in super::super) async fn areas(Params(of): Params<OfCity>) -> ApiResult {
    let all = area::areas(&of.cityid).into_iter();
    let all = all.map(|place| Area { areaid: place.code, area: place.name, cityid: of.cityid.clone() });
    Ok(ok("查询成功", "Here you are", all.collect::<Vec<_>>()))
}
