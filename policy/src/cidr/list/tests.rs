use super::super::CidrSet;
use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

/// The entries as `line cidr note`.
fn entries(parsed: &Parsed) -> Vec<String> {
    parsed.entries.iter().map(|entry| format!("{} {} {}", entry.line, entry.cidr, entry.note).trim_end().to_owned()).collect()
}

fn problems(text: &str) -> Vec<String> {
    parse(text).problems.iter().map(ToString::to_string).collect()
}

fn one_problem(text: &str) -> Problem {
    let mut parsed = parse(text);
    assert_eq!(parsed.problems.len(), 1, "{parsed:#?}");
    parsed.problems.remove(0)
}

#[test]
fn reads_a_list_with_notes() {
    let parsed = parse(
        "\u{feff}# clients of the shop\r\n50.60.0.0/16  # Berlin office\r\n\r\n70.0.0.1,70.0.0.3;\t2001:db8::/32 // partners, #2\n//\n  80.0.0.0/8#a",
    );
    assert_eq!(parsed.problems, []);
    assert_eq!(
        entries(&parsed),
        [
            "2 50.60.0.0/16 Berlin office",
            "4 70.0.0.1/32 partners, #2",
            "4 70.0.0.3/32 partners, #2",
            "4 2001:db8::/32 partners, #2",
            "6 80.0.0.0/8 a"
        ]
    );
}

#[test]
fn ranges_become_the_fewest_prefixes() {
    for text in [
        "10.0.0.1-10.0.0.6",
        "10.0.0.1 - 10.0.0.6",
        "10.0.0.1- 10.0.0.6",
        "10.0.0.1 -10.0.0.6",
        "10.0.0.1–10.0.0.6",
        "- 10.0.0.1-10.0.0.6 # x",
    ] {
        let cidrs: Vec<_> = parse(text).entries.iter().map(|entry| entry.cidr.to_string()).collect();
        assert_eq!(cidrs, ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"], "{text}");
        assert_eq!(parse(text).problems, []);
    }
    for (text, whole) in
        [("0.0.0.0-255.255.255.255", "0.0.0.0/0"), ("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"), ("::1-::1", "::1/128")]
    {
        assert_eq!(entries(&parse(text)), [format!("1 {whole}")]);
    }
}

#[test]
fn lists_out_of_yaml_and_json_can_be_pasted() {
    assert_eq!(entries(&parse("- 10.0.0.0/8\n  - \"2001:db8::/32\" # a\n")), ["1 10.0.0.0/8", "2 2001:db8::/32 a"]);
    let parsed = parse("[\n  \"10.0.0.0/8\",\n  '11.0.0.0/8'\n]\n");
    assert_eq!(entries(&parsed), ["2 10.0.0.0/8", "3 11.0.0.0/8"]);
    assert_eq!(parsed.problems, []);
}

#[test]
fn each_bad_line_is_named_with_its_rule() {
    for (text, problem) in [
        (
            "\n50.60.1.2/16",
            "line 2: `50.60.1.2/16` has bits set behind its prefix: write 50.60.0.0/16 for the range, or 50.60.1.2/32 for the one address",
        ),
        ("10.0.0.0/33", "line 1: `10.0.0.0/33` has a prefix longer than an address: write 0 to 32 behind the `/`"),
        ("::ffff:1.2.3.4", "line 1: `::ffff:1.2.3.4` is an IPv4 range written as IPv6, which matches no packet: write 1.2.3.4/32"),
        (
            "the office in Berlin # x",
            "line 1: `the office in Berlin` is not an address, a CIDR or a range: write one as 50.60.1.2, 50.60.0.0/16 or 50.60.1.2-50.60.1.9, \
             and notes behind a `#`",
        ),
        (
            "10.0.0.1-9",
            "line 1: `10.0.0.1-9` is not a range of addresses: write the first and the last address in full, as 50.60.1.2-50.60.1.9",
        ),
        ("10.0.0.9 - 10.0.0.1", "line 1: `10.0.0.9 - 10.0.0.1` runs backwards: write the lower address first"),
        ("10.0.0.1-::1", "line 1: `10.0.0.1-::1` begins in one address family and ends in the other: write a range for each"),
        ("10.0.0.0/8\n\n10.0.0.0/8", "line 3: `10.0.0.0/8` is in line 1 already: leave one of the two out"),
        (
            "10.1.0.0/16\n10.0.0.0/8",
            "line 1: `10.1.0.0/16` is contained in 10.0.0.0/8 of line 2: leave it out, as it changes nothing, or narrow the wider one",
        ),
        ("", "the list is empty: write one address or range a line, as 50.60.0.0/16"),
        ("# nothing\n  \n//\n", "the list is empty: write one address or range a line, as 50.60.0.0/16"),
    ] {
        assert_eq!(problems(text), [problem], "{text}");
    }
    assert!(matches!(one_problem("::ffff:10.0.0.1-::ffff:10.0.0.9").rule, Rule::Cidr(CidrError::Mapped { .. })));
    // A slip, not an address with a note.
    assert!(matches!(one_problem("10.0.0.0//8").rule, Rule::NotAnAddress { .. }));
}

#[test]
fn a_bad_word_leaves_its_neighbours() {
    let parsed = parse("10.0.0.0/8 head office, 11.0.0.0/8 12.0.0.1/8 # x");
    assert_eq!(entries(&parsed), ["1 10.0.0.0/8 x", "1 11.0.0.0/8 x"]);
    let texts: Vec<_> = parsed.problems.iter().map(|problem| (problem.text.as_str(), problem.note.as_str())).collect();
    assert_eq!(texts, [("head office", "x"), ("12.0.0.1/8", "x")]);
}

#[test]
fn what_could_be_read_of_a_problem_can_be_taken_all_the_same() {
    let parsed = parse_for("10.0.0.0/8 # v4\n2001:db8::/32 # v6", &[Family::V6]);
    assert_eq!(entries(&parsed), ["2 2001:db8::/32 v6"]);
    let [problem] = parsed.problems.as_slice() else { panic!("{parsed:?}") };
    assert_eq!(problem.to_string(), "line 1: `10.0.0.0/8` is IPv4, and there is no IPv4 address that it could reach: leave it out");
    assert_eq!(problem.entries, [Entry { line: 1, cidr: cidr("10.0.0.0/8"), note: "v4".to_owned() }]);

    let duplicate = one_problem("10.0.0.0/8 # a\n10.0.0.0/8 # b");
    assert_eq!(duplicate.entries, [Entry { line: 2, cidr: cidr("10.0.0.0/8"), note: "b".to_owned() }]);
}

#[test]
fn a_duplicate_of_what_is_contained_is_a_duplicate() {
    let parsed = parse("10.1.0.0/16\n10.0.0.0/8\n10.1.0.0/16\n10.1.2.0/24");
    assert_eq!(entries(&parsed), ["2 10.0.0.0/8"]);
    let rules: Vec<_> = parsed.problems.into_iter().map(|problem| (problem.line, problem.rule)).collect();
    let contained = |text: &str| Rule::Contained { cidr: cidr(text), by: cidr("10.0.0.0/8"), by_line: 2 };
    let duplicate = Rule::Duplicate { cidr: cidr("10.1.0.0/16"), first: 1 };
    assert_eq!(rules, [(1, contained("10.1.0.0/16")), (3, duplicate), (4, contained("10.1.2.0/24"))]);
}

#[test]
fn a_note_may_have_so_many_characters() {
    let note = "é".repeat(NOTE_MAX as usize);
    assert_eq!(entries(&parse(&format!("10.0.0.1 # {note}"))), [format!("1 10.0.0.1/32 {note}")]);
    for line in [format!("10.0.0.1 10.0.0.2 # {note}!"), format!("x # {note}!")] {
        let parsed = parse(&line);
        assert_eq!(parsed.entries, []);
        let problem = parsed.problems.last().unwrap();
        assert_eq!(problem.to_string(), "line 1: the note has 121 characters: shorten it to 120");
        assert_eq!(problem.text, line);
        assert!(problem.entries.iter().all(|entry| entry.note == note));
    }
}

#[test]
fn a_huge_text_is_refused() {
    let text = " ".repeat(TEXT_MAX as usize + 1);
    assert_eq!(problems(&text), ["the list has 4,194,305 bytes, and no more than 4,194,304 are read at once: paste it in parts"]);
    assert_eq!(one_problem(&text[1..]).rule, Rule::Empty);
}

#[test]
fn reading_stops_where_a_list_is_too_long() {
    let lines = "x,\n".repeat(ITEMS_MAX as usize) + "x";
    let last = parse(&lines).problems.pop().unwrap();
    assert_eq!((last.line, last.rule.clone()), (ITEMS_MAX + 1, Rule::TooMany));
    assert_eq!(
        last.to_string(),
        "line 100001: the list has more than 100,000 entries, and reading stopped in this line: paste it in parts"
    );
    // One short line that stands for millions of prefixes.
    let ranges = "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe,".repeat(50_000);
    let parsed = parse(&ranges);
    assert!(parsed.entries.len() + parsed.problems.len() <= ITEMS_MAX as usize + 300);
    assert!(parsed.problems.iter().any(|problem| problem.rule == Rule::TooMany));
}

#[test]
fn takes_ten_thousand_lines() {
    let text: String = (0..10_000).map(|i| format!("10.{}.{}.0/24 # site {i}\n", i / 256, i % 256)).collect();
    let parsed = parse(&text);
    assert_eq!((parsed.entries.len(), parsed.problems.len()), (10_000, 0));
    assert_eq!(entries(&parsed)[9_999], "10000 10.39.15.0/24 site 9999");
}

/// A word of a list, and the addresses that it names.
fn any_word() -> impl Strategy<Value = (String, CidrSet)> {
    let good = (0..64_u32, 26..=32_u8).prop_map(|(address, length)| {
        let address = 0x0a00_0000 + (address >> (32 - length) << (32 - length));
        let cidr = cidr(&format!("{}/{length}", std::net::Ipv4Addr::from(address)));
        (cidr.to_string(), CidrSet::from(cidr))
    });
    let range = (0..64_u8, 0..64_u8, select(&["-", " - ", "–"][..])).prop_map(|(a, b, dash)| {
        let [first, last] = [a.min(b), a.max(b)].map(|last| std::net::Ipv4Addr::new(10, 0, 0, last));
        (format!("{first}{dash}{last}"), CidrSet::between(first.into(), last.into()))
    });
    let bad = select(&["x", "10.0.0.1/8", "::ffff:1.2.3.4", "10.0.0.0/40", "1-2"][..]).prop_map(|word| (word.to_owned(), CidrSet::new()));
    prop_oneof![4 => good, 2 => range, 1 => bad]
}

proptest! {
    #[test]
    fn what_is_listed_is_what_is_read(lines in proptest::collection::vec((proptest::collection::vec(any_word(), 0..4), select(&["", " # a", "#"][..])), 0..8)) {
        let text: Vec<String> = lines.iter().map(|(words, note)| {
            words.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(", ") + note
        }).collect();
        let parsed = parse(&text.join("\n"));
        let listed = lines.iter().flat_map(|(words, _)| words).fold(CidrSet::new(), |all, (_, set)| all.union(set));
        // Leaving out what is a duplicate or contained takes nothing away.
        prop_assert_eq!(&parsed.entries.iter().map(|entry| entry.cidr).collect::<CidrSet>(), &listed);
        for (i, a) in parsed.entries.iter().enumerate() {
            prop_assert!(parsed.entries[i + 1..].iter().all(|b| !a.cidr.overlaps(b.cidr)));
            prop_assert!(text[a.line as usize - 1].ends_with(&a.note));
        }
        for problem in &parsed.problems {
            prop_assert!(problem.line == 0 || text[problem.line as usize - 1].contains(&problem.text));
        }
        let bad_lines = lines.iter().filter(|(words, _)| words.iter().any(|(_, set)| set.is_empty())).count();
        let named: std::collections::BTreeSet<u32> = parsed.problems.iter().filter(|problem| problem.entries.is_empty() && problem.line > 0).map(|problem| problem.line).collect();
        prop_assert_eq!(named.len(), bad_lines);
    }

    #[test]
    fn any_text_is_entries_or_problems(text in "([0-9a-f:./,;# '\"\\[\\]\n–-]|[0-9.]{7}|\\PC){0,60}") {
        let parsed = parse(&text);
        prop_assert!(!parsed.entries.is_empty() || !parsed.problems.is_empty());
        prop_assert!(parsed.problems.is_sorted_by_key(|problem| problem.line));
        let json = serde_json::to_string(&parsed).unwrap();
        prop_assert_eq!(serde_json::from_str::<Parsed>(&json).unwrap(), parsed);
    }

    #[test]
    fn what_was_read_reads_again(text in "([0-9]{1,3}\\.[0-9]{1,3}\\.0\\.0(/16)?( ?- ?10\\.9\\.9\\.9)?[ ,\n](# ?[a-z]{0,3}\n)?){0,8}") {
        let entries = parse(&text).entries;
        let again: Vec<String> = entries.iter().map(|entry| format!("{} # {}", entry.cidr, entry.note)).collect();
        let reread = parse(&again.join("\n")).entries;
        let strip = |entries: &[Entry]| entries.iter().map(|entry| (entry.cidr, entry.note.clone())).collect::<Vec<_>>();
        prop_assert_eq!(strip(&reread), strip(&entries));
    }
}
