//! QR codes, read by another program than the one that draws them.

/// An image as RGB pixels.
pub struct Image {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

impl Image {
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let start = ((y * self.width + x) * 3) as usize;
        self.pixels[start..start + 3].try_into().unwrap()
    }
}

/// The text a phone reads in an image, and the image's width.
pub fn text_of(png: Vec<u8>) -> (String, u32) {
    let image = read_png(png);
    (scanned(&image).0, image.width)
}

pub fn read_png(bytes: Vec<u8>) -> Image {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    Image { width: info.width, height: info.height, pixels }
}

/// The text a phone reads, and the error correction level.
pub fn scanned(image: &Image) -> (String, u16) {
    let (width, height) = (image.width as usize, image.height as usize);
    let grey = |x: usize, y: usize| image.at(x as u32, y as u32)[1];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "one code");
    let (meta, text) = grids[0].decode().expect("it can be read");
    (text, meta.ecc_level)
}
