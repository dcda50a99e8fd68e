//! `/api/provinces`, `/api/cities`, `/api/areas`: the national list.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::input::Params;
use super::super::openapi::refusals;
use super::super::response::{ApiResult, ApiSuccess, ok};
use crate::domain::area;

#[derive(Serialize, ToSchema)]
struct Province {
    #[schema(pattern = "^[0-9]{6}$")]
    provinceid: &'static str,
    province: &'static str,
}

#[derive(Serialize, ToSchema)]
struct City {
    #[schema(pattern = "^[0-9]{6}$")]
    cityid: &'static str,
    city: &'static str,
    /// 所给的值 / As it was given
    provinceid: String,
}

#[derive(Serialize, ToSchema)]
struct Area {
    #[schema(pattern = "^[0-9]{6}$")]
    areaid: &'static str,
    area: &'static str,
    /// 所给的值 / As it was given
    cityid: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct OfProvince {
    /// 省代码 / Code of the province
    #[param(example = "440000")]
    provinceid: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct OfCity {
    /// 市代码 / Code of the city
    #[param(example = "440300")]
    cityid: String,
}

/// 省份列表 / Provinces
#[utoipa::path(
    get, path = "/api/provinces", operation_id = "listProvinces", tag = "收货地址 / Addresses",
    responses((status = 200, body = Vec<Province>)),
)]
pub(in super::super) async fn provinces() -> ApiSuccess {
    let all =
        area::provinces().into_iter().map(|place| Province { provinceid: place.code, province: place.name });
    ok("查询成功", "Here you are", all.collect::<Vec<_>>())
}

/// 城市列表 / Cities of a province
///
/// 没有这个省则为空 / Empty if there is no such province
#[utoipa::path(
    get, path = "/api/cities", operation_id = "listCities", tag = "收货地址 / Addresses",
    params(OfProvince),
    responses((status = 200, body = Vec<City>), refusals::Input),
)]
pub(in super::super) async fn cities(Params(of): Params<OfProvince>) -> ApiResult {
    let all = area::cities(&of.provinceid).into_iter();
    let all =
        all.map(|place| City { cityid: place.code, city: place.name, provinceid: of.provinceid.clone() });
    Ok(ok("查询成功", "Here you are", all.collect::<Vec<_>>()))
}

/// 区县列表 / Areas of a city
///
/// 没有这个市则为空 / Empty if there is no such city
#[utoipa::path(
    get, path = "/api/areas", operation_id = "listAreas", tag = "收货地址 / Addresses",
    params(OfCity),
    responses((status = 200, body = Vec<Area>), refusals::Input),
)]
pub(in super::super) async fn areas(Params(of): Params<OfCity>) -> ApiResult {
    let all = area::areas(&of.cityid).into_iter();
    let all = all.map(|place| Area { areaid: place.code, area: place.name, cityid: of.cityid.clone() });
    Ok(ok("查询成功", "Here you are", all.collect::<Vec<_>>()))
}
