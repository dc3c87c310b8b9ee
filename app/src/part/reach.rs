//! Who can reach what, before and after: a sentence, then the sets for each address, port and kind of path.

use super::journey::path_kind;
use super::{Tone, cidr_chips, open_connections, prose};
use crate::text::{counted, len, thousands};
use leptos::prelude::*;
use policy::reach::verdict::PathKind;
use policy::view::{OtherReach, RangeList, ReachRow, ReachView};

/// Ranges of a set that have a chip each; the others are one text, so that a thousand of them cost no more than one.
const SHOWN: usize = 8;
/// So few ranges are not folded.
const FEW: u32 = 3;
/// More Services than these are a line each, which opens.
const MANY: usize = 6;
/// Rows that are shown at once.
const ROWS: usize = 12;

/// The sentence, the sets of the Service in hand, those of all others, what cannot be told, and what becomes of open connections.
pub(crate) fn reach(view: ReachView) -> AnyView {
    let ReachView { sentence, rows, others, unknown, open_connections: open } = view;
    let unknown = (!unknown.is_empty()).then(|| {
        let reasons = unknown.into_iter().map(|why| view! { <li>{prose(&why)}</li> }).collect_view();
        view! {
            <div class="reach-unknown unknown">
                <p class="state">
                    <span class="shape" aria-hidden="true">"?"</span>
                    "Not everything can be told"
                </p>
                <ul class="reasons">{reasons}</ul>
            </div>
        }
    });
    let others = (!others.is_empty()).then(|| {
        // Of a plan that is not about one Service, none is another.
        let of = if rows.is_empty() { ("Touches", "Service", "Services") } else { ("Also touches", "other Service", "other Services") };
        let count = counted(len(&others), of.1, of.2);
        let many = others.len() > MANY;
        let list = others.into_iter().map(|one| other(one, many)).collect_view();
        view! {
            <details class="reach-others" open>
                <summary>{format!("{} {count}", of.0)}</summary>
                <ul>{list}</ul>
            </details>
        }
    });
    view! {
        <div class="reach">
            <p class="sentence">{prose(&sentence)}</p>
            {table(rows, &CHANGE)}
            {others}
            {unknown}
            {open.map(open_connections)}
        </div>
    }
    .into_any()
}

/// What somebody who followed Calico's page by hand would have got instead of the plan.
pub(crate) fn by_the_page(view: ReachView) -> AnyView {
    let ReachView { sentence, rows, .. } = view;
    view! {
        <details class="by-the-page">
            <summary>"What Calico's page would have done"</summary>
            <p>{prose(&sentence)}</p>
            <p class="dim">
                "The same clients, guarded to the letter of " <cite>"Apply Calico policy to services exposed externally as cluster IPs"</cite>
                " in Calico's documentation, with its typing errors corrected. Portcullis never writes these policies."
            </p>
            {table(rows, &BY_THE_PAGE)}
        </details>
    }
    .into_any()
}

/// What the two sides of a table are, and what it is to be on one alone.
struct Words {
    before: &'static str,
    after: &'static str,
    gained: &'static str,
    lost: &'static str,
    /// Of what is gained: by the page it is a fault.
    gained_tone: Tone,
}

const CHANGE: Words = Words { before: "Before", after: "After", gained: "newly allowed", lost: "newly denied", gained_tone: Tone::Allowed };
const BY_THE_PAGE: Words = Words {
    before: "By this plan",
    after: "By Calico's page",
    gained: "not allowed, and let in",
    lost: "allowed, and cut off",
    gained_tone: Tone::Denied,
};

/// One line a Service; of a few, with their sets.
fn other(other: OtherReach, many: bool) -> AnyView {
    let OtherReach { service, sentence, rows } = other;
    if many && !rows.is_empty() {
        return view! {
            <li>
                <details>
                    <summary>{service.to_string()} ": " {prose(&sentence)}</summary>
                    <p><a href=format!("/services/{service}")>{format!("Open {service}")}</a></p>
                    {table(rows, &CHANGE)}
                </details>
            </li>
        }
        .into_any();
    }
    view! {
        <li>
            <p><a href=format!("/services/{service}")>{service.to_string()}</a> ": " {prose(&sentence)}</p>
            {table(rows, &CHANGE)}
        </li>
    }
    .into_any()
}

/// Rows that change come first; those that stay as they are are folded where there are many.
fn table(rows: Vec<ReachRow>, words: &'static Words) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let (mut moved, same): (Vec<ReachRow>, Vec<ReachRow>) = rows.into_iter().partition(ReachRow::differs);
    let room = ROWS.saturating_sub(moved.len());
    let (shown, folded) = if same.len() <= room { (same, Vec::new()) } else { (Vec::new(), same) };
    moved.extend(shown);
    let folded = (!folded.is_empty()).then(|| {
        view! {
            <details>
                <summary>{counted(len(&folded), "address and port stays", "addresses and ports stay")} " as they are"</summary>
                {rows_table(folded, words)}
            </details>
        }
    });
    let moved = (!moved.is_empty()).then(|| rows_table(moved, words));
    view! { {moved} {folded} }.into_any()
}

/// A table of rows; where none differs it says who gets there, without a before and an after.
fn rows_table(rows: Vec<ReachRow>, words: &'static Words) -> AnyView {
    let differ = rows.iter().any(ReachRow::differs);
    let heads: &[&str] =
        if differ { &["Address", "Path", words.before, words.after, "Difference"] } else { &["Address", "Path", "Clients"] };
    let heads = heads.iter().map(|head| view! { <th scope="col">{*head}</th> }).collect_view();
    let rows = rows.into_iter().map(|one| row(one, differ.then_some(words))).collect_view();
    view! {
        <table class="rows facts-rows reach-rows">
            <thead>
                <tr>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(row: ReachRow, both: Option<&'static Words>) -> AnyView {
    let differs = row.differs();
    let ReachRow { address, port, kinds, before, after, gained, lost, partly, unknown } = row;
    let partly = (partly.ranges > 0).then(|| moved(Tone::Changes, "±", "on some paths", partly));
    let unknown = (unknown.ranges > 0).then(|| moved(Tone::Unknown, "?", "cannot be told", unknown));
    let sides = if let Some(words) = both {
        let change = if differs {
            view! { {moved(words.gained_tone, "+", words.gained, gained)} {moved(Tone::Denied, "−", words.lost, lost)} }.into_any()
        } else {
            view! { <span class="dim">"none"</span> }.into_any()
        };
        view! {
            <td data-label=words.before>{ranges(before)}</td>
            <td data-label=words.after><div>{ranges(after)} {partly} {unknown}</div></td>
            <td data-label="Difference"><div>{change}</div></td>
        }
        .into_any()
    } else {
        view! { <td data-label="Clients"><div>{ranges(after)} {partly} {unknown}</div></td> }.into_any()
    };
    view! {
        <tr>
            <th scope="row"><code>{address}</code> " " <span class="ports">{port}</span></th>
            <td data-label="Path">{kinds_in_words(&kinds)}</td>
            {sides}
        </tr>
    }
    .into_any()
}

fn kinds_in_words(kinds: &[PathKind]) -> String {
    match kinds {
        [PathKind::SameNode, PathKind::OtherNode] => "Same and other node".to_owned(),
        kinds => kinds.iter().map(|kind| path_kind(*kind)).collect::<Vec<_>>().join(", "),
    }
}

/// How many addresses, and which.
fn ranges(list: RangeList) -> AnyView {
    if list.ranges == 0 {
        return view! { <span class="dim">"nobody"</span> }.into_any();
    }
    let count = list.count.addresses();
    if list.ranges == 1 && list.first.iter().all(|range| range.prefix_len() == 0) {
        return view! { <span>"everybody"</span> }.into_any();
    }
    let few = list.ranges <= FEW;
    view! {
        <details class="set" open=few>
            <summary>{count}</summary>
            {chips(list)}
        </details>
    }
    .into_any()
}

/// Addresses that the change moves, with a sign and a word.
fn moved(tone: Tone, sign: &'static str, word: &'static str, list: RangeList) -> AnyView {
    if list.ranges == 0 {
        return ().into_any();
    }
    let few = list.ranges <= FEW;
    view! {
        <details class=format!("set {}", tone.class()) open=few>
            <summary>
                <span class="state">
                    <span class="shape" aria-hidden="true">{sign}</span>
                    {format!("{} {word}", list.count.addresses())}
                </span>
            </summary>
            {chips(list)}
        </details>
    }
    .into_any()
}

fn chips(list: RangeList) -> AnyView {
    let RangeList { mut first, ranges, .. } = list;
    let rest = first.split_off(first.len().min(SHOWN));
    let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
    let unlisted = u64::from(ranges).saturating_sub(len(&first) + len(&rest));
    let unlisted = (unlisted > 0).then(|| view! { <p class="dim">{format!("and {} that are not listed", thousands(unlisted))}</p> });
    let folded = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{counted(len(&rest), "more range", "more ranges")}</summary>
                <p class="mono more-ranges">{rest.join(" ")}</p>
                {unlisted}
            </details>
        }
    });
    view! { <ul class="chips" inner_html=cidr_chips(&first)></ul> {folded} }.into_any()
}
