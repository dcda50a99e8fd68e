//! Schemas of the values that fields hold. What each looks like is written in
//! `values.json`; a field whose Rust type says less names one as its `value_type`.

use std::borrow::Cow;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Schema};
use utoipa::openapi::{Ref, RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::domain::id::{Id, OrderId};
use crate::domain::money::Fen;
use crate::domain::status::PayType;
use crate::store::account::AccountRole;
use crate::store::coupon::template::TemplateStatus;
use crate::store::order::history::HistoryKind;
use crate::store::payment::refund::{RefundCause, RefundState};

macro_rules! schema {
    ($($name:ident)+) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Object::new().into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

macro_rules! values {
    ($($name:ident)+) => {
        $(pub(in crate::web) enum $name {})+
        schema! { $($name)+ }
    };
}

schema! { Id OrderId Fen PayType AccountRole TemplateStatus RefundState RefundCause HistoryKind }

values! {
    IdIn IdText Time Phone Colour Reason V3NoticeAnswer Picture
    OrderStatus PayStatus ConsignStatus SourceType YesNo MakeDefault SkuStatus CouponKind CouponScopeKind
    FlagKind TradeState PointsDelta OrderTab CouponTab RefundTab Selected ImageKind QrImageKind QrLevel SkuQrLevel
}

macro_rules! path_parameters {
    ($($marker:ident: $name:literal $schema:literal $description:literal $example:literal;)+) => {$(
        pub(in crate::web) enum $marker {}

        impl IntoParams for $marker {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![path_parameter($name, $schema, $description, $example)]
            }
        }
    )+};
}

path_parameters! {
    AddressIdPath: "id" "IdText" "收货地址编号 / Id of the address" "100000000000000001";
    OrderIdPath: "id" "OrderId" "订单号 / Id of the order" "NO.1234567890123456789";
    SkuIdPath: "id" "IdText" "商品编号 / Id of the SKU" "100000003145";
    TemplateIdPath: "id" "IdText" "优惠券模板编号 / Id of the template" "100000000000000001";
    CartSkuIdPath: "skuId" "IdText" "商品编号 / Id of the SKU" "100000008066";
}

fn path_parameter(name: &str, schema: &str, description: &str, example: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(Ref::from_schema_name(schema)))
        .example(Some(example.into()))
        .build()
}
