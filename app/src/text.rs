//! Words, numbers and times for people.

use policy::reach::written::Written;

/// The longest reason, in characters.
pub(crate) const REASON_MAX: u32 = 500;

/// `65792` as `65,792`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 range`, `65,792 ranges`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// How many, as a number that sentences can hold.
pub(crate) fn len<T>(items: &[T]) -> u64 {
    items.len().try_into().unwrap_or(u64::MAX)
}

/// How long ago a moment was: `just now`, `5 min ago`, `3 h ago`, `2 d ago`. A moment of the future, as clocks that differ give
/// it, is now.
pub(crate) fn ago(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        ..10 => "just now".to_owned(),
        10..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `2026-11-23 04:27:05 UTC` as HTML's `datetime` wants it: `2026-11-23T04:27:05Z`.
pub(crate) fn iso(moment: &str) -> String {
    moment.trim_end_matches(" UTC").replacen(' ', "T", 1) + "Z"
}

/// A value for a URL's query: everything but letters, digits and `-._~` in percent signs (RFC 3986, 2.3).
pub(crate) fn in_query(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Where a question is answered; beside it as planned, with the digest of a plan.
pub(crate) fn ask(question: &Written, plan: &str) -> String {
    let fields = [
        ("client", question.client.as_str()),
        ("to", &question.to),
        ("port", &question.port),
        ("protocol", &question.protocol),
        ("node", &question.node),
        ("interface", &question.interface),
        ("source_port", &question.source_port),
        ("plan", plan),
    ];
    let said: Vec<String> =
        fields.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("{name}={}", in_query(text))).collect();
    format!("/ask?{}", said.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_thousands_separators() {
        let texts = [0, 7, 999, 1000, 65_792, 1_000_000].map(thousands);
        assert_eq!(texts, ["0", "7", "999", "1,000", "65,792", "1,000,000"]);
        assert_eq!(counted(1, "range", "ranges"), "1 range");
        assert_eq!(counted(1024, "range", "ranges"), "1,024 ranges");
    }

    #[test]
    fn times_are_relative_in_whole_units() {
        let texts = [-5_000, 9_999, 10_000, 60_000, 3_599_000, 86_399_000, 172_800_000].map(ago);
        assert_eq!(texts, ["just now", "just now", "10 s ago", "1 min ago", "59 min ago", "23 h ago", "2 d ago"]);
        assert_eq!(iso("2026-11-23 04:27:05 UTC"), "2026-11-23T04:27:05Z");
    }

    #[test]
    fn a_query_keeps_its_bounds() {
        assert_eq!(in_query("a&b=c d/é"), "a%26b%3Dc%20d/%C3%A9");
    }
}
