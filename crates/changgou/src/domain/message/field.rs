//! Fields of a request that cannot be read or are out of bounds.

use std::borrow::Cow;

use super::fact::Fact;
use crate::domain::lang::Lang;

/// The field a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldName {
    /// A parameter, by its name in the API.
    Api(&'static str),
    /// Who receives a parcel.
    Contact,
    Phone,
    Street,
    AddressAlias,
    BuyerMessage,
    /// Why an operator decided so.
    Remark,
}

impl Fact for FieldName {
    fn shown(&self, lang: Lang) -> Cow<'_, str> {
        let (zh, en) = match *self {
            FieldName::Api(name) => return api_name(name, lang),
            FieldName::Contact => ("收货人", "Recipient"),
            FieldName::Phone => ("手机号码", "Phone number"),
            FieldName::Street => ("详细地址", "Street address"),
            FieldName::AddressAlias => ("地址标签", "Label"),
            FieldName::BuyerMessage => ("买家留言", "Message to the shop"),
            FieldName::Remark => ("原因", "Reason"),
        };
        lang.of(zh, en).into()
    }

    #[cfg(test)]
    fn sample() -> Self {
        FieldName::Api("x7")
    }
}

/// A Latin name and the Chinese behind it are set apart by a space.
fn api_name(name: &'static str, lang: Lang) -> Cow<'static, str> {
    match lang {
        Lang::Zh => format!("{name} ").into(),
        Lang::En => name.into(),
    }
}

impl From<&'static str> for FieldName {
    fn from(name: &'static str) -> FieldName {
        FieldName::Api(name)
    }
}

super::messages! { Field, FieldMessage {
    /// In characters; control characters are refused too.
    TextLength { field: FieldName, least: usize, most: usize }: BadRequest,
        "{field}须为 {least} 到 {most} 个字符",
        "{field} must have {least} to {most} characters.";
    VisibleAscii { field: FieldName, most: usize }: BadRequest,
        "{field}须为 1 到 {most} 个可见 ASCII 字符",
        "{field} must have 1 to {most} visible ASCII characters.";
    NotInRange { field: FieldName, least: i64, most: i64 }: BadRequest,
        "{field}须为 {least} 到 {most}",
        "{field} must be from {least} to {most}.";
    NotOneOf { field: FieldName, allowed: &'static [&'static str] }: BadRequest,
        "{field}须为 {allowed} 之一",
        "{field} must be one of {allowed}.";
    IdInvalid { given: String }: BadRequest,
        "编号 {given} 有误，须为不超过 19 位的整数",
        "{given} is not an id: an id is a whole number of at most 19 digits.";
    TooManyIds { max: usize }: BadRequest,
        "最多 {max} 个编号",
        "At most {max} ids are allowed.";
    OrderIdInvalid: BadRequest,
        "订单号有误，形如 NO.1234567890123456789",
        "An order id looks like NO.1234567890123456789.";
    PageOutOfRange { page_max: i64, size_max: i64 }: BadRequest,
        "page 须为 1 到 {page_max}，size 须为 1 到 {size_max}",
        "page must be from 1 to {page_max}, and size from 1 to {size_max}.";
    TimeInvalid { field: FieldName }: BadRequest,
        "{field}须为 RFC 3339 时间，如 2026-11-24T20:00:00+08:00",
        "{field} must be an RFC 3339 time such as 2026-11-24T20:00:00+08:00.";
    DateInvalid { given: String }: BadRequest,
        "日期 {given} 有误，形如 2026-11-23",
        "{given} is not a date; a date looks like 2026-11-23.";
    PhoneInvalid { field: FieldName }: BadRequest,
        "{field}须为有效的电话号码",
        "{field} must be a phone number of 5 to 20 digits.";
    OpenidInvalid: BadRequest,
        "openid 须为 1 到 128 个字母、数字、下划线或连字符",
        "An openid has 1 to 128 letters, digits, underscores or hyphens.";
    ColourInvalid { field: FieldName }: BadRequest,
        "{field}须为颜色，如 white 或 #1a2b3c",
        "{field} must be a colour such as white or #1a2b3c.";
    TooManyBytes { field: FieldName, max: usize }: BadRequest,
        "{field}最多 {max} 字节",
        "{field} must have at most {max} bytes.";
    TooLongForQr: BadRequest,
        "value 太长，无法编码为二维码",
        "value is too long for a QR code of this level.";
    QrSizeOutOfRange { least: u32, most: u32 }: BadRequest,
        "size 须为 {least} 到 {most} 像素，否则二维码无法识别",
        "size must be {least} to {most} pixels, or the code cannot be read.";
    PayTypeInvalid: BadRequest,
        "payType 须为 1（在线支付）或 0（货到付款）",
        "payType must be 1 (online) or 0 (on delivery).";
    SkuStatusInvalid: BadRequest,
        "status 须为 1（在售）、2（下架）或 3（已删除）",
        "status must be 1 (on sale), 2 (off the shelf) or 3 (deleted).";
    TemplateStatusInvalid: BadRequest,
        "status 须为 1（发放）或 2（停发）",
        "status must be 1 (granted) or 2 (no longer granted).";
    TooFewOrMany { field: FieldName, most: usize }: BadRequest,
        "{field}须有 1 到 {most} 项",
        "{field} must have 1 to {most} entries.";
    TooManyParcels { max: usize }: BadRequest,
        "每次发货 1 到 {max} 个订单",
        "Ship 1 to {max} orders at a time.";
    ItemsAndAmount: BadRequest,
        "items 与 amount 只能给其一",
        "Give items or amount, or neither to refund the whole order, but not both.";
}}
