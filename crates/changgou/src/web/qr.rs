//! `/api/qr`: QR codes with the options of QRious, exact to the pixel: the
//! image is `size` wide whatever the code needs, modules are whole pixels, and
//! what is left over is shared between the sides.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use qrcode::bits::Bits;
use qrcode::types::{QrError, QrResult};
use qrcode::{Color, EcLevel, QrCode, Version};
use serde::Deserialize;
use utoipa::IntoParams;

use super::input::Params;
use super::openapi::refusals;
use super::openapi::schemas::{Colour, Picture, QrImageKind, QrLevel};
use super::response::ApiProblem;
use crate::domain::message::FieldMessage;
use crate::domain::refusal::Refusal;

/// Pixels of the largest image: 2048² is 16 MB of memory while it is drawn.
const SIZE_MAX: u32 = 2048;

/// Bytes that may be encoded; the largest code holds 2953 at level L.
const VALUE_MAX: usize = 2048;

const MIME_TYPES: &[&str] = &["image/png", "image/jpeg", "image/svg+xml"];

/// QRious' options; what is not given has QRious' default.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QrOptions {
    /// 内容，最多 2048 字节 / What it says, at most 2048 bytes
    #[param(max_length = 2048, default = "", example = "weixin://wxpay/bizpayurl?pr=demo")]
    pub value: Option<String>,
    /// 边长，像素 / Width in pixels
    #[param(minimum = 21, maximum = 2048, default = 100, example = 240)]
    pub size: Option<u32>,
    /// 纠错等级 / Error correction
    #[param(value_type = Option<QrLevel>, example = "M")]
    pub level: Option<String>,
    /// 背景色 / Background
    #[param(value_type = Option<Colour>, example = "white")]
    pub background: Option<String>,
    /// 前景色 / Foreground
    #[param(value_type = Option<Colour>, example = "#1d2433")]
    pub foreground: Option<String>,
    /// 图像格式 / Kind of image
    #[param(value_type = Option<QrImageKind>, example = "image/png")]
    pub mime: Option<String>,
    /// 四周留白，像素；不给则居中 / Pixels around it; without it, the code is centred
    #[param(minimum = 0, maximum = 1013)]
    pub padding: Option<u32>,
}

/// Where the modules lie on the image.
struct Layout {
    size: u32,
    module: u32,
    offset: u32,
}

type Rgb = [u8; 3];

/// A drawn code.
struct Drawing {
    layout: Layout,
    code: QrCode,
    background: Rgb,
    foreground: Rgb,
}

/// 画二维码 / Draw a QR code
///
/// 与 QRious 的选项相同；图像边长正好是 size，放不下则拒绝 / The options of QRious; the image is exactly size wide, and refused if the code does not fit
#[utoipa::path(
    get, path = "/api/qr", operation_id = "drawQr", tag = "二维码 / QR codes",
    params(QrOptions),
    responses(
        (status = 200, description = "图像 / The image", content((Picture = "image/png"), (Picture = "image/jpeg"), (String = "image/svg+xml"))),
        refusals::Input,
    ),
)]
pub(super) async fn draw(Params(options): Params<QrOptions>) -> Result<Response, ApiProblem> {
    let (mime, image) = image(&options)?;
    let headers = [(CONTENT_TYPE, mime), (CACHE_CONTROL, "private, max-age=86400")];
    Ok((headers, image).into_response())
}

/// The image and its MIME type.
pub fn image(options: &QrOptions) -> Result<(&'static str, Vec<u8>), Refusal> {
    let drawing = drawing(options)?;
    match options.mime.as_deref().unwrap_or("image/png") {
        "image/png" => Ok(("image/png", png(&drawing))),
        "image/jpeg" => Ok(("image/jpeg", jpeg(&drawing))),
        "image/svg+xml" => Ok(("image/svg+xml", svg(&drawing).into_bytes())),
        _ => Err(Refusal::new(FieldMessage::NotOneOf { field: "mime".into(), allowed: MIME_TYPES })),
    }
}

fn drawing(options: &QrOptions) -> Result<Drawing, Refusal> {
    let value = options.value.as_deref().unwrap_or_default();
    if value.len() > VALUE_MAX {
        return Err(Refusal::new(FieldMessage::TooManyBytes { field: "value".into(), max: VALUE_MAX }));
    }
    let level = level(options.level.as_deref().unwrap_or("L"))?;
    let size = options.size.unwrap_or(100);
    let too_long = |_| Refusal::new(FieldMessage::TooLongForQr);
    let code = encode(value, level).map_err(too_long)?;
    let layout = layout(&code, size, options.padding)?;
    let background = colour("background", options.background.as_deref().unwrap_or("white"))?;
    let foreground = colour("foreground", options.foreground.as_deref().unwrap_or("black"))?;
    Ok(Drawing { layout, code, background, foreground })
}

/// Encodes the text as bytes, as QRious does, in the smallest version that holds it.
fn encode(value: &str, level: EcLevel) -> QrResult<QrCode> {
    let mut fitted = Err(QrError::DataTooLong);
    for version in (1..=40).map(Version::Normal) {
        let mut bits = Bits::new(version);
        fitted =
            bits.push_byte_data(value.as_bytes()).and_then(|()| bits.push_terminator(level)).map(|()| bits);
        if fitted.is_ok() {
            break;
        }
    }
    QrCode::with_bits(fitted?, level)
}

fn level(letter: &str) -> Result<EcLevel, Refusal> {
    match letter {
        "L" | "l" => Ok(EcLevel::L),
        "M" | "m" => Ok(EcLevel::M),
        "Q" | "q" => Ok(EcLevel::Q),
        "H" | "h" => Ok(EcLevel::H),
        _ => Err(Refusal::new(FieldMessage::NotOneOf {
            field: "level".into(),
            allowed: &["L", "M", "Q", "H"],
        })),
    }
}

fn layout(code: &QrCode, size: u32, padding: Option<u32>) -> Result<Layout, Refusal> {
    let width = u32::try_from(code.width()).unwrap_or(u32::MAX);
    let inner = size.saturating_sub(padding.unwrap_or(0).saturating_mul(2));
    let module = inner / width;
    if module == 0 || size > SIZE_MAX {
        return Err(Refusal::new(FieldMessage::QrSizeOutOfRange { least: width, most: SIZE_MAX }));
    }
    Ok(Layout { size, module, offset: padding.unwrap_or((size - module * width) / 2) })
}

fn colour(field: &'static str, text: &str) -> Result<Rgb, Refusal> {
    let named = [
        ("white", [255, 255, 255]),
        ("black", [0, 0, 0]),
        ("red", [255, 0, 0]),
        ("green", [0, 128, 0]),
        ("blue", [0, 0, 255]),
        ("navy", [0, 0, 128]),
        ("gray", [128, 128, 128]),
    ];
    let known = named.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, rgb)| *rgb);
    let wrong = || Refusal::new(FieldMessage::ColourInvalid { field: field.into() });
    known.or_else(|| hex_colour(text.strip_prefix('#')?)).ok_or_else(wrong)
}

fn hex_colour(digits: &str) -> Option<Rgb> {
    let all = digits.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()));
    match all.collect::<Option<Vec<u8>>>()?.as_slice() {
        [r, g, b] => Some([r * 17, g * 17, b * 17]),
        [r1, r0, g1, g0, b1, b0] => Some([r1 * 16 + r0, g1 * 16 + g0, b1 * 16 + b0]),
        _ => None,
    }
}

impl Drawing {
    fn pixels(&self) -> Vec<u8> {
        let size = self.layout.size;
        let all = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        all.flat_map(|(x, y)| if self.is_dark(x, y) { self.foreground } else { self.background }).collect()
    }

    fn is_dark(&self, x: u32, y: u32) -> bool {
        let Layout { module, offset, .. } = self.layout;
        let at = |pixel: u32| pixel.checked_sub(offset).map(|inner| (inner / module) as usize);
        let (Some(column), Some(row)) = (at(x), at(y)) else {
            return false;
        };
        let width = self.code.width();
        column < width && row < width && self.code[(column, row)] == Color::Dark
    }
}

fn png(drawing: &Drawing) -> Vec<u8> {
    let mut image = Vec::new();
    let mut encoder = png::Encoder::new(&mut image, drawing.layout.size, drawing.layout.size);
    encoder.set_color(png::ColorType::Rgb);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&drawing.pixels()));
    written.expect("a memory buffer takes every image");
    image
}

fn jpeg(drawing: &Drawing) -> Vec<u8> {
    let mut image = Vec::new();
    let size = u16::try_from(drawing.layout.size).unwrap_or(u16::MAX);
    let encoder = jpeg_encoder::Encoder::new(&mut image, 95);
    let written = encoder.encode(&drawing.pixels(), size, size, jpeg_encoder::ColorType::Rgb);
    written.expect("a memory buffer takes every image");
    image
}

fn svg(drawing: &Drawing) -> String {
    let Layout { size, module, offset } = drawing.layout;
    let hex = |[r, g, b]: Rgb| format!("#{r:02x}{g:02x}{b:02x}");
    let (background, foreground) = (hex(drawing.background), hex(drawing.foreground));
    let width = drawing.code.width();
    let dark = (0..width).flat_map(|row| (0..width).map(move |column| (column, row)));
    let dark = dark.filter(|at| drawing.code[*at] == Color::Dark);
    let place = |nth: usize| offset + module * u32::try_from(nth).unwrap_or(u32::MAX);
    let path: String =
        dark.map(|(x, y)| format!("M{} {}h{module}v{module}h-{module}z", place(x), place(y))).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"{background}\"/>\
         <path fill=\"{foreground}\" d=\"{path}\"/></svg>"
    )
}
