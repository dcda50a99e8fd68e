//! Timestamps are in UTC+8, regardless of the time zone of the machine.

use proptest::prelude::*;
use wechatpay::v2::time::{V2TimeError, from_stamp, to_stamp};

#[test]
fn stamps_are_eight_hours_ahead_of_utc() {
    for (utc_ms, stamp) in [
        (0, "19700101080000"),
        (-1, "19700101075959"),
        (1_767_232_800_999, "20260101100000"),
        (1_709_164_800_000, "20240229080000"),
    ] {
        assert_eq!(to_stamp(utc_ms).as_deref(), Ok(stamp));
        assert_eq!(from_stamp(stamp), Ok(utc_ms.div_euclid(1000) * 1000));
    }
}

#[test]
fn times_that_do_not_exist_are_refused() {
    for text in ["", "2026010110000", "202601011000000", "20260230100000", "20260101240000", "20261301100000"]
    {
        assert_eq!(from_stamp(text), Err(V2TimeError), "{text}");
    }
    for text in ["20260101100060", "2026010110000a", "+2026010110000", " 2026010110000", "２０２６01"] {
        assert_eq!(from_stamp(text), Err(V2TimeError), "{text}");
    }
    for utc_ms in [i64::MIN, i64::MAX, -62_200_000_000_000] {
        assert_eq!(to_stamp(utc_ms), Err(V2TimeError), "{utc_ms}");
    }
}

proptest! {
    #[test]
    fn whole_seconds_come_back(second in 0..250_000_000_000i64) {
        prop_assert_eq!(to_stamp(second * 1000).and_then(|stamp| from_stamp(&stamp)), Ok(second * 1000));
    }
}
