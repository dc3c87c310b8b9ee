use super::*;

fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

fn refused(text: &str) -> CidrError {
    text.parse::<Cidr>().unwrap_err()
}

#[test]
fn reads_ranges_and_bare_addresses() {
    for (text, printed) in [
        ("50.60.0.0/16", "50.60.0.0/16"),
        (" 50.60.1.2\t", "50.60.1.2/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("0.0.0.0", "0.0.0.0/32"),
        ("255.255.255.255", "255.255.255.255/32"),
        ("::", "::/128"),
        ("::/0", "::/0"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
        ("::fffe:0:0/95", "::fffe:0:0/95"),
        ("::1.2.3.4", "::102:304/128"),
    ] {
        assert_eq!(cidr(text).to_string(), printed, "{text}");
    }
}

#[test]
fn names_the_rule_a_text_breaks() {
    let long = "9".repeat(1000);
    for (text, sentence) in [
        (" ", "the address is empty: write one, as 50.60.1.2, or a range, as 50.60.0.0/16"),
        ("web-1", "`web-1` is not an address or a CIDR: write one as 50.60.1.2, 50.60.0.0/16 or 2001:db8::/32"),
        ("10.0.0.0/33", "`10.0.0.0/33` has a prefix longer than an address: write 0 to 32 behind the `/`"),
        ("::/129", "`::/129` has a prefix longer than an address: write 0 to 128 behind the `/`"),
        (
            "50.60.1.2/16",
            "`50.60.1.2/16` has bits set behind its prefix: write 50.60.0.0/16 for the range, or 50.60.1.2/32 for the one address",
        ),
        (
            "2001:db8::1/32",
            "`2001:db8::1/32` has bits set behind its prefix: write 2001:db8::/32 for the range, or 2001:db8::1/128 for the one address",
        ),
        ("::ffff:10.1.2.3", "`::ffff:10.1.2.3` is an IPv4 range written as IPv6, which matches no packet: write 10.1.2.3/32"),
        ("::ffff:0:0/96", "`::ffff:0:0/96` is an IPv4 range written as IPv6, which matches no packet: write 0.0.0.0/0"),
        // Both rules broken: the notation is what to mend first.
        ("::ffff:10.1.2.3/104", "`::ffff:10.1.2.3/104` is an IPv4 range written as IPv6, which matches no packet: write 10.0.0.0/8"),
    ] {
        assert_eq!(refused(text).to_string(), sentence);
    }
    for text in ["10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0.0/08", "010.0.0.1", "10.0.0/8", "/8", "fe80::1%eth0", "1.2.3.4/8/9"] {
        assert!(matches!(refused(text), CidrError::Syntax { .. }), "{text}");
    }
    for text in ["1.2.3.4/999".to_owned(), format!("1.2.3.4/{long}")] {
        assert!(matches!(refused(&text), CidrError::PrefixLength { .. }), "{text}");
    }
}

#[test]
fn keeps_no_more_than_an_excerpt_of_a_wrong_text() {
    let CidrError::Syntax { text } = refused(&"é".repeat(100_000)) else { panic!("another rule") };
    assert_eq!(text.chars().count(), CidrError::EXCERPT);
    assert!(text.ends_with("é…"));
    let CidrError::Syntax { text } = refused(&"é".repeat(CidrError::EXCERPT)) else { panic!("another rule") };
    assert_eq!(text, "é".repeat(CidrError::EXCERPT));
}

#[test]
fn a_network_with_host_bits_is_no_cidr() {
    assert!(matches!(Cidr::try_from("10.0.0.1/8".parse::<IpNet>().unwrap()), Err(CidrError::HostBits { .. })));
    assert!(matches!(Cidr::try_from("::ffff:1.2.3.4".parse::<IpAddr>().unwrap()), Err(CidrError::Mapped { .. })));
    assert_eq!(Cidr::try_from("10.0.0.1".parse::<IpAddr>().unwrap()), Ok(cidr("10.0.0.1/32")));
}

#[test]
fn is_its_text_in_json() {
    assert_eq!(serde_json::to_string(&cidr("10.0.0.0/8")).unwrap(), r#""10.0.0.0/8""#);
    assert_eq!(serde_json::from_str::<Cidr>(r#""10.0.0.0/8""#).unwrap(), cidr("10.0.0.0/8"));
    assert!(serde_json::from_str::<Cidr>(r#""10.0.0.1/8""#).unwrap_err().to_string().contains("10.0.0.0/8"));
    let error = refused("10.0.0.1/8");
    assert_eq!(serde_json::from_value::<CidrError>(serde_json::to_value(&error).unwrap()).unwrap(), error);
}

#[test]
fn knows_its_bounds_at_both_ends_of_the_address_space() {
    for (text, first, last, count) in [
        ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "4,294,967,296"),
        ("255.255.255.254/31", "255.255.255.254", "255.255.255.255", "2"),
        ("0.0.0.0", "0.0.0.0", "0.0.0.0", "1"),
        ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "340,282,366,920,938,463,463,374,607,431,768,211,456"),
        ("8000::/1", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "170,141,183,460,469,231,731,687,303,715,884,105,728"),
    ] {
        let cidr = cidr(text);
        assert_eq!((cidr.first().to_string(), cidr.last().to_string()), (first.to_owned(), last.to_owned()));
        assert_eq!(cidr.count().to_string(), count);
        assert!(cidr.contains(cidr.first()) && cidr.contains(cidr.last()));
    }
    assert!(cidr("10.0.0.1").is_address() && !cidr("10.0.0.0/31").is_address());
}

#[test]
fn covering_overlapping_and_order() {
    let (wide, narrow, other) = (cidr("10.0.0.0/8"), cidr("10.1.0.0/16"), cidr("10.2.0.0/16"));
    assert!(wide.covers(narrow) && !narrow.covers(wide) && wide.covers(wide));
    assert!(narrow.overlaps(wide) && wide.overlaps(narrow) && !narrow.overlaps(other));
    assert!(!Cidr::all(Family::V6).covers(wide) && !Cidr::all(Family::V6).overlaps(wide));
    assert!(!Cidr::all(Family::V6).contains("10.0.0.1".parse().unwrap()));
    let mut sorted = [Cidr::all(Family::V6), narrow, other, cidr("10.0.0.0/16"), wide];
    sorted.sort_unstable();
    assert_eq!(sorted, [wide, cidr("10.0.0.0/16"), narrow, other, Cidr::all(Family::V6)]);
}
