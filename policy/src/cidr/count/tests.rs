use super::*;
use proptest::prelude::*;

#[test]
fn prints_thousands() {
    for (count, text) in [
        (AddressCount::ZERO, "0"),
        (AddressCount::ONE, "1"),
        (999.into(), "999"),
        (1000.into(), "1,000"),
        (65_792.into(), "65,792"),
        (u128::from(CHUNK).into(), "10,000,000,000,000,000,000"),
        (AddressCount::power_of_two(32), "4,294,967,296"),
        (u128::MAX.into(), "340,282,366,920,938,463,463,374,607,431,768,211,455"),
        (AddressCount::power_of_two(128), "340,282,366,920,938,463,463,374,607,431,768,211,456"),
        (AddressCount::power_of_two(128) + AddressCount::power_of_two(32), "340,282,366,920,938,463,463,374,607,436,063,178,752"),
        (AddressCount::MAX, "6,277,101,735,386,680,763,835,789,423,207,666,416,102,355,444,464,034,512,895"),
    ] {
        assert_eq!(count.to_string(), text);
        assert_eq!(text.replace(',', "").parse(), Ok(count));
    }
    assert_eq!(AddressCount::ONE.addresses(), "1 address");
    assert_eq!(AddressCount::from(65_792).addresses(), "65,792 addresses");
    for (digits, text) in [
        ("999999999999999", "999,999,999,999,999 addresses"),
        ("1000000000000000", "1.0 × 10^15 addresses"),
        ("79228162514264337597838917632", "7.9 × 10^28 addresses"),
        ("7950000000000000", "8.0 × 10^15 addresses"),
        ("9960000000000000", "1.0 × 10^16 addresses"),
    ] {
        assert_eq!(digits.parse::<AddressCount>().unwrap().addresses(), text);
    }
    assert_eq!(format!("{:>7}", AddressCount::from(1000)), "  1,000");
}

#[test]
fn refuses_what_is_no_number_or_too_large() {
    let past = "6277101735386680763835789423207666416102355444464034512896";
    for text in ["", "-1", "+1", "1,000", "1e3", " 1", past] {
        assert!(text.parse::<AddressCount>().is_err(), "{text}");
    }
}

#[test]
fn sums_stay_at_the_largest() {
    assert_eq!(AddressCount::MAX + AddressCount::ONE, AddressCount::MAX);
    assert_eq!(AddressCount::power_of_two(191) + AddressCount::power_of_two(191), AddressCount::MAX);
}

proptest! {
    #[test]
    fn counts_as_u128_does(a in any::<u128>(), b in any::<u128>()) {
        let (left, right) = (AddressCount::from(a), AddressCount::from(b));
        prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        prop_assert_eq!((left + right).as_u128(), a.checked_add(b));
        prop_assert_eq!(String::from(left), a.to_string());
        prop_assert_eq!(left.to_string().replace(',', ""), a.to_string());
    }

    #[test]
    fn comes_back_from_json(high in any::<u64>(), low in any::<u128>()) {
        let count = AddressCount { high, low };
        let json = serde_json::to_string(&count).unwrap();
        prop_assert!(json.starts_with('"'));
        prop_assert_eq!(serde_json::from_str::<AddressCount>(&json).unwrap(), count);
    }
}
