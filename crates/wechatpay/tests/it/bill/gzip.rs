//! GZIP is decompressed in small pieces and with a limit.

use proptest::prelude::*;
use wechatpay::bill::{BillError, BillHash, Gunzip};

use super::common::{good, gzip};

fn unpacked(packed: &[u8], size: usize, longest: u64) -> Result<Vec<u8>, BillError> {
    let (mut gunzip, mut plain) = (Gunzip::new(longest), Vec::new());
    for bytes in packed.chunks(size) {
        gunzip.push(bytes);
        while let Some(piece) = gunzip.next_piece()? {
            assert!(piece.len() <= 64 * 1024);
            plain.extend(piece);
        }
    }
    plain.extend(gunzip.finish()?);
    Ok(plain)
}

#[test]
fn what_was_packed_is_unpacked() {
    for size in [1, 10, 100_000] {
        assert_eq!(unpacked(&gzip(good().as_bytes()), size, 1 << 20).unwrap(), good().as_bytes());
    }
    assert_eq!(unpacked(&gzip(b""), 3, 0).unwrap(), b"");
}

#[test]
fn bombs_go_off_early() {
    let bomb = gzip(&vec![0; 50_000_000]);
    assert!(bomb.len() < 100_000);
    assert_eq!(unpacked(&bomb, 1000, 1_000_000), Err(BillError::TooBig));
}

#[test]
fn what_is_no_gzip_or_not_whole_is_refused() {
    let packed = gzip(good().as_bytes());
    for end in 0..packed.len() {
        assert_eq!(unpacked(&packed[..end], 64, 1 << 20), Err(BillError::Gzip), "{end}");
    }
    assert_eq!(unpacked(&[&packed[..], b"more"].concat(), 64, 1 << 20), Err(BillError::Gzip));
    assert_eq!(unpacked(good().as_bytes(), 64, 1 << 20), Err(BillError::Gzip));
}

#[test]
fn the_hash_is_sha_1() {
    let mut hash = BillHash::new();
    hash.push(b"a");
    hash.push(b"bc");
    assert_eq!(hash.finish(), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>()) {
        let _ = unpacked(&bytes, 7, 1 << 16);
        let mut packed = gzip(good().as_bytes());
        let at = at.index(packed.len());
        packed.splice(at..at, bytes);
        let _ = unpacked(&packed, 50, 1 << 16);
    }
}
