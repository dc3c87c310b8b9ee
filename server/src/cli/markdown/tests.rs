//! Text of others stays text: whoever reads the Markdown finds the same elements, whatever the text.

use super::*;
use policy::diff::{DiffLine, ObjectDiff, Side};
use policy::object::{Kind, ObjectKey};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};

/// What begins or ends something in Markdown or HTML, or calls somebody.
const TRAPS: &[&str] = &[
    "|",
    "\\|",
    "\\",
    "\\\\|",
    "`",
    "``",
    "```",
    "````",
    "\n",
    "\r\n",
    "\n\n",
    "\n\n# a",
    "<",
    ">",
    "</details>",
    "</code>",
    "<script>alert(1)</script>",
    "<!--",
    "-->",
    "&",
    "&lt;",
    "&#124;",
    "[a](http://evil.example)",
    "![a](b)",
    "](",
    "[^1]",
    "*",
    "**",
    "_",
    "__",
    "~~",
    "#",
    "- ",
    "+ ",
    "1. ",
    "1) ",
    "> ",
    "    ",
    "\t",
    "---",
    "===",
    ": ",
    ":--",
    "| --- |",
    "@octocat",
    "#1",
    "http://evil.example",
    "www.evil.example",
    "$a$",
    "{{a}}",
    "\u{2028}",
    "\u{202e}",
    "\u{a0}",
    " ",
    "a",
    "é",
    "0",
    "<a@b.c>",
    "\u{85}",
    "\0",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![3 => proptest::sample::select(TRAPS).prop_map(str::to_owned), 1 => "[ -~]{0,4}", 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A document with everything in it that takes text of others.
fn document(text: &str) -> String {
    let line = |side, text: &str| DiffLine { side, text: text.to_owned() };
    let diff = ObjectDiff { lines: vec![line(Side::Added, text), line(Side::Removed, "b")], ..ObjectDiff::default() };
    let key = ObjectKey::new(Kind::NetworkPolicy, text, text);
    let finding = |severity| Finding {
        severity,
        id: text.to_owned(),
        what: text.to_owned(),
        objects: Vec::new(),
        field: String::new(),
        why: String::new(),
        action: text.to_owned(),
        packet: None,
    };
    [
        sentence(&format!("Lets {text}")),
        format!("\n{}\n\n", prose(text)),
        table(["A", "B"], &[[code(text), prose(text)], [prose(text), "b".to_owned()]]),
        findings(&[finding(Severity::Blocker), finding(Severity::Info)]),
        objects(&[Changed { verb: "Create", key: &key, diff: &diff }]),
        assumed(&[format!("Of {text}")]),
    ]
    .concat()
}

/// The elements in their order, without the text in them; code in either spelling is none.
fn elements(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    for event in Parser::new_ext(
        markdown,
        Options::ENABLE_GFM | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_MATH,
    ) {
        match event {
            Event::Text(_) | Event::Code(_) | Event::SoftBreak => {}
            Event::InlineHtml(html) if ["<code>", "</code>"].contains(&&*html) => {}
            // Names stand in what is folded: between the tags nothing may be one.
            Event::Html(html) => found.push(
                html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" "),
            ),
            other => found.push(format!("{other:?}")),
        }
    }
    found
}

/// All text of it.
fn words(markdown: &str) -> String {
    let mut out = String::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_GFM | Options::ENABLE_TABLES) {
        if let Event::Text(text) | Event::Code(text) = event {
            out.push_str(&text);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_of_others_changes_what_a_document_is_made_of(text in hostile()) {
        // Where nothing is said there is no element for it; that is no matter of escaping.
        prop_assume!(!text.trim().is_empty());
        prop_assert_eq!(elements(&document(&text)), elements(&document("x")), "{}", document(&text));
    }

    #[test]
    fn and_it_is_read_as_it_was(text in hostile()) {
        let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !"`\u{200b}?".contains(*c) && !c.is_control()).collect::<String>();
        let shown: String = text.chars().filter(|c| !matches!(*c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')).collect();
        prop_assert_eq!(plain(&words(&prose(&text))), plain(&shown));
        prop_assert_eq!(plain(&words(&code(&text))), plain(&shown));
    }
}

#[test]
fn names_that_need_nothing_are_easy_to_read_in_the_source_too() {
    assert_eq!(
        prose("Lets `50.60.0.0/16` reach `shop/svc-a` on TCP 80; denies nobody."),
        "Lets `50.60.0.0/16` reach `shop/svc-a` on TCP 80; denies nobody."
    );
    assert_eq!(code("a|b"), "<code>a&#124;b</code>");
    assert_eq!(code(""), "<code></code>");
}

#[test]
fn nobody_is_called_and_nothing_is_linked() {
    assert_eq!(prose("@octocat #1 www.a.b http://c"), "&#64;&#8203;octocat &#35;&#8203;1 www&#46;a.b http&#58;//c");
}

#[test]
fn what_is_much_is_cut_and_counted() {
    let finding = Finding {
        severity: Severity::Warning,
        id: "a".to_owned(),
        what: "A.".to_owned(),
        objects: Vec::new(),
        field: String::new(),
        why: String::new(),
        action: "B.".to_owned(),
        packet: None,
    };
    assert!(findings(&vec![finding; LISTED + 2]).ends_with("- **warning** `a` A. *Do:* B.\n- and 2 more\n"));
    let key = ObjectKey::new(Kind::HostEndpoint, "", "a");
    let lines = (0..300).map(|at| DiffLine { side: Side::Added, text: at.to_string() }).collect();
    let diff = ObjectDiff { lines, ..ObjectDiff::default() };
    let many: Vec<Changed> = (0..25).map(|_| Changed { verb: "Create", key: &key, diff: &diff }).collect();
    let text = objects(&many);
    assert!(text.contains("  ... and 100 more lines\n```") && text.ends_with("and 5 objects more\n"), "{text}");
}
