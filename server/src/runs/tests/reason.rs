use crate::runs::{NotAReason, REASON_MAX, Reason};

#[test]
fn reasons() {
    assert_eq!(Reason::try_from("  two\r\nlines ").unwrap().as_str(), "two\nlines");
    assert_eq!(Reason::try_from(" \n\t "), Err(NotAReason::Empty));
    assert!(Reason::try_from("é".repeat(REASON_MAX).as_str()).is_ok(), "characters count, not bytes");
    assert_eq!(Reason::try_from("x".repeat(REASON_MAX + 1).as_str()), Err(NotAReason::TooLong { characters: REASON_MAX + 1 }));
    assert_eq!(Reason::try_from("a\u{1b}[31m"), Err(NotAReason::Control { code: 0x1b }));
}
