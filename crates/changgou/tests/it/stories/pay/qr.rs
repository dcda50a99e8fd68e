//! QR codes: read by an independent decoder, and compared pixel by pixel with the layout of QRious.

use reqwest::Method;

use crate::support::qr::{Image, read_png, scanned};
use crate::support::shop::{Reply, Shop, read};

/// Requests a code; status, media type and bytes.
async fn drawn(shop: &Shop, options: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
    let request = shop.stranger().request(Method::GET, "/api/qr").query(options);
    let sent = request.send().await.unwrap();
    let kind = sent.headers()["content-type"].to_str().unwrap().to_owned();
    (sent.status().as_u16(), kind, sent.bytes().await.unwrap().to_vec())
}

async fn png(shop: &Shop, options: &[(&str, &str)]) -> Image {
    let (status, kind, bytes) = drawn(shop, options).await;
    assert_eq!((status, kind.as_str()), (200, "image/png"), "{options:?}");
    read_png(bytes)
}

const PAY: &str = "weixin://wxpay/bizpayurl?pr=0aBcDeF00";

#[tokio::test(flavor = "multi_thread")]
async fn another_program_reads_what_was_drawn() {
    Shop::run(async |shop| {
        let long = "畅购 ".repeat(60);
        // The two bits of a code's error correction level.
        for (value, level, bits, size) in [
            (PAY, "L", 1, "100"),
            (PAY, "M", 0, "250"),
            (PAY, "q", 3, "251"),
            (PAY, "H", 2, "400"),
            ("1", "L", 1, "21"),
            ("NO.1234567890123456789", "L", 1, "77"),
            (&long, "L", 1, "500"),
            (&long, "H", 2, "600"),
        ] {
            let image = png(shop, &[("value", value), ("level", level), ("size", size)]).await;
            assert_eq!(scanned(&with_margin(&image)), (value.to_owned(), bits), "{level} {size}");
        }
    })
    .await;
}

/// A decoder needs the quiet zone, which QRious leaves to the page.
fn with_margin(image: &Image) -> Image {
    let (margin, width) = (40, image.width + 80);
    let inside = |at: u32| at.checked_sub(margin).filter(|at| *at < image.width);
    let all = (0..width).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels = all.flat_map(|(x, y)| match (inside(x), inside(y)) {
        (Some(x), Some(y)) => image.at(x, y),
        _ => [255; 3],
    });
    Image { width, height: width, pixels: pixels.collect() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pixel_lies_where_qrious_puts_it() {
    Shop::run(async |shop| {
        // The modules per side follow from the standard's table of bytes per version.
        for (value, letter, size, padding, width) in [
            (PAY, "L", 100_u32, None, 29_u32),
            (PAY, "H", 250_u32, None, 37_u32),
            (PAY, "M", 301_u32, None, 29_u32),
            ("1", "L", 21_u32, None, 21_u32),
            ("1", "L", 41_u32, None, 21_u32),
            (PAY, "L", 200_u32, Some(0), 29_u32),
            (PAY, "L", 200_u32, Some(7), 29_u32),
            (PAY, "Q", 321_u32, Some(30), 33_u32),
        ] {
            let (text, pad) = (size.to_string(), padding.unwrap_or(0).to_string());
            let mut options = vec![("value", value), ("level", letter), ("size", text.as_str())];
            options.extend(padding.map(|_| ("padding", pad.as_str())));
            let image = png(shop, &options).await;
            assert_eq!((image.width, image.height), (size, size));

            let module = (size - 2 * padding.unwrap_or(0)) / width;
            let offset = padding.unwrap_or((size - module * width) / 2);
            let place = |at: u32| at.checked_sub(offset).map(|at| at / module).filter(|nth| *nth < width);
            for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))) {
                let wanted = match (place(x), place(y)) {
                    // Every pixel of a module is the colour of its first.
                    (Some(column), Some(row)) => image.at(offset + column * module, offset + row * module),
                    _ => [255; 3],
                };
                assert_eq!(image.at(x, y), wanted, "{options:?} at {x},{y}");
            }
            let corner = |nth: u32| image.at(offset + nth * module, offset);
            assert_eq!([0, 6, 7, width - 1].map(corner), [[0; 3], [0; 3], [255; 3], [0; 3]], "{options:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_those_asked_for() {
    Shop::run(async |shop| {
        for (background, foreground, light, dark) in [
            ("white", "black", [255, 255, 255], [0, 0, 0]),
            ("#fff", "#c00", [255, 255, 255], [204, 0, 0]),
            ("#FAFBFC", "#1a2b3c", [250, 251, 252], [26, 43, 60]),
            ("Gray", "NAVY", [128, 128, 128], [0, 0, 128]),
        ] {
            let options =
                [("value", PAY), ("size", "111"), ("background", background), ("foreground", foreground)];
            let image = png(shop, &options).await;
            // 29 modules of 3 pixels leave 24: the code begins at 12.
            assert_eq!((image.at(0, 0), image.at(110, 110)), (light, light));
            assert_eq!((image.at(11, 12), image.at(12, 12), image.at(15, 15)), (light, dark, light));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_and_a_photograph_show_the_same_code() {
    Shop::run(async |shop| {
        let options = |mime| [("value", PAY), ("size", "145"), ("foreground", "#c00"), ("mime", mime)];
        let image = png(shop, &options("image/png")).await;

        let (_, kind, svg) = drawn(shop, &options("image/svg+xml")).await;
        let svg = String::from_utf8(svg).unwrap();
        assert_eq!(kind, "image/svg+xml");
        assert!(svg.contains("width=\"145\" height=\"145\"") && svg.contains("fill=\"#cc0000\""), "{svg}");
        let module = |at: u32| at * 5;
        for (x, y) in (0..29).flat_map(|y| (0..29).map(move |x| (module(x), module(y)))) {
            let dark = image.at(x, y) == [204, 0, 0];
            assert_eq!(svg.contains(&format!("M{x} {y}h5v5h-5z")), dark, "{x},{y}");
        }

        let (_, kind, jpeg) = drawn(shop, &options("image/jpeg")).await;
        assert_eq!(kind, "image/jpeg");
        assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]));
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
        assert_eq!(jpeg[frame + 5..frame + 9], [0, 145, 0, 145], "height and width");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_cannot_be_drawn_are_refused() {
    Shop::run(async |shop| {
        let (too_long, for_no_level) = ("x".repeat(2049), "x".repeat(1300));
        for wrong in [
            vec![("size", "0")],
            vec![("size", "20")],
            vec![("size", "2049")],
            vec![("size", "-1")],
            vec![("size", "1e3")],
            vec![("size", "99999999999")],
            vec![("padding", "40")],
            vec![("padding", "4294967295")],
            vec![("padding", "-1")],
            vec![("level", "X")],
            vec![("level", "")],
            vec![("mime", "image/gif")],
            vec![("mime", "text/html")],
            vec![("mime", "image/png\r\nx: y")],
            vec![("foreground", "url(#a)")],
            vec![("foreground", "\"/><script>alert(1)</script>"), ("mime", "image/svg+xml")],
            vec![("background", "#12345")],
            vec![("background", "#ggg")],
            vec![("value", too_long.as_str())],
            vec![("value", for_no_level.as_str()), ("level", "H"), ("size", "1000")],
            vec![("colour", "red")],
            vec![("size", "100"), ("size", "200")],
        ] {
            let reply: Reply = read(shop.stranger().request(Method::GET, "/api/qr").query(&wrong)).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{:.60}", format!("{wrong:?}"));
        }
    })
    .await;
}
