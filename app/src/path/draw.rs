//! The picture itself: boxes and lines in SVG. Every line is a link, so that it can be selected without JavaScript too.

use super::Side;
use super::layout::{BoxAt, COLUMNS, Layout, LineAt, WIDTH, layout};
use super::lines::{Line, Reaches, lines};
use super::panel::panel;
use super::table::table;
use super::words::{self, Words, fit, spoken};
use crate::part::journey::verdict;
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use policy::reach::verdict::PathKind;
use policy::view::PathView;
use wasm_bindgen::JsCast;
use web_sys::SvgElement;

/// What the columns are.
const HEADINGS: [&str; 4] = ["Clients", "Node interfaces", "Addresses", "Backends"];

/// The picture, with what is selected in it beside, and a table of the same facts below.
#[component]
pub(crate) fn PathPicture(
    view: PathView,
    side: Side,
    /// The page's address with the part of its query that stays, up to its last `&`.
    base: String,
    /// The selected line.
    line: Memo<Option<usize>>,
) -> impl IntoView {
    let lines = lines(&view, side);
    let layout = layout(&view, &lines);
    let navigate = use_navigate();
    let go = Callback::new(move |to: String| navigate(&to, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() }));
    let count = lines.len();
    let away = base.trim_end_matches(['&', '?']).to_owned();
    let keys = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => step(&event, count, 1),
        "ArrowUp" | "ArrowLeft" => step(&event, count, -1),
        "Escape" if line.get_untracked().is_some() => {
            event.prevent_default();
            go.run(away.clone());
        }
        _ => {}
    };
    let label = format!("The ways to {}, {}", view.service, words::port_in_words(view.port));
    let boxes = boxes(&view, &layout);
    let divider = divider(&view, &layout);
    let gates = gates(&lines, &layout);
    let ways = lines
        .iter()
        .zip(&layout.lines)
        .enumerate()
        .map(|(at, (one, drawn))| way(&view, side, at, one, drawn, &base, line, go))
        .collect_view();
    let frame = format!("0 0 {WIDTH} {}", layout.height);
    let (rows, shown) = (lines.clone(), view.clone());
    view! {
        <div class="path">
            <div class="stage">
            <svg
                class="picture"
                class:selecting=move || line.get().is_some()
                viewBox=frame
                width=WIDTH
                height=layout.height
                role="group"
                aria-label=label
                on:keydown=keys
            >
                {headings()} {divider} {boxes} {gates} {ways}
            </svg>
            {move || panel(&view, side, &lines, line.get())}
            </div>
            {table(&shown, side, &rows, &base, line)}
        </div>
    }
    .into_any()
}

/// The focus goes to the next or the previous line.
fn step(event: &KeyboardEvent, count: usize, by: isize) {
    event.prevent_default();
    let id = document().active_element().map(|active| active.id()).unwrap_or_default();
    let at = id.strip_prefix("way-").and_then(|at| at.parse::<usize>().ok());
    let next = at.map_or(0, |at| at.saturating_add_signed(by).min(count.saturating_sub(1)));
    if let Some(way) = document().get_element_by_id(&format!("way-{next}")).and_then(|way| way.dyn_into::<SvgElement>().ok()) {
        _ = way.focus();
    }
}

fn headings() -> AnyView {
    let texts = HEADINGS.iter().zip(COLUMNS).map(|(text, (x, _))| view! { <text class="heading" x=x y="16">{*text}</text> }).collect_view();
    view! { <g aria-hidden="true">{texts}</g> }.into_any()
}

/// Between backends on the same node and those on another.
fn divider(view: &PathView, layout: &Layout) -> Option<AnyView> {
    let other = view.backends.iter().position(|group| group.kind == PathKind::OtherNode).filter(|at| *at > 0)?;
    let at = layout.boxes[3].get(other)?;
    let y = at.y - 8;
    Some(view! { <line class="divider" x1=at.x - 56 x2=at.x + at.width y1=y y2=y /> }.into_any())
}

/// The bars of the gates that the interfaces are: shut where a line ends, open where it runs through.
fn gates(lines: &[Line], layout: &Layout) -> AnyView {
    let bars = lines.iter().zip(&layout.lines).filter_map(|(line, drawn)| {
        let (x, y) = drawn.gate?;
        let curve = match line.reaches {
            Reaches::Entry => format!("M{x} {}V{}", y - 8, y + 8),
            _ => format!("M{x} {}V{}M{x} {}V{}", y - 8, y - 4, y + 4, y + 8),
        };
        Some(view! { <path class="gate" d=curve /> })
    });
    view! { <g aria-hidden="true">{bars.collect_view()}</g> }.into_any()
}

fn boxes(view: &PathView, layout: &Layout) -> AnyView {
    let words: [Vec<(Words, &str)>; 4] = [
        view.clients.iter().map(|group| (words::client(group), "")).collect(),
        view.entries.iter().map(|group| (words::entry(group), if group.interface.is_some() { "" } else { "none" })).collect(),
        view.addresses.iter().map(|group| (words::address(group, view.port), "")).collect(),
        view.backends
            .iter()
            .map(|group| (words::backend(group, view.service.namespace()), if group.backends.count == 0 { "none" } else { "" }))
            .collect(),
    ];
    let drawn = words.into_iter().enumerate().flat_map(|(column, words)| {
        words.into_iter().zip(&layout.boxes[column]).map(move |((words, class), at)| one_box(column, words, class, *at)).collect::<Vec<_>>()
    });
    view! { <g aria-hidden="true">{drawn.collect_view()}</g> }.into_any()
}

fn one_box(column: usize, words: Words, class: &'static str, at: BoxAt) -> AnyView {
    let BoxAt { x, y, width, height } = at;
    let left = x + if column == 3 { 24 } else { 12 };
    // Text stands in the middle of boxes that have nothing else, and above the rows of those that have.
    let lines = i32::try_from(words.more.len()).unwrap_or(0) + 1;
    let top = if matches!(column, 0 | 3) { y + height / 2 - 9 * lines + 13 } else { y + 21 };
    let most = if words.mono { 20 } else { 24 };
    let names = words.names;
    let full = format!("{} {}", words.title, words.more.join(" "));
    let more = words
        .more
        .into_iter()
        .zip(1..)
        .map(|(text, row)| view! { <text class="more" class:mono=names x=left y=top + 18 * row>{fit(&text, if names { 22 } else { 26 })}</text> })
        .collect_view();
    let rail = matches!(column, 1 | 2).then(|| view! { <line class="rail" x1=x x2=x + width y1=y + 48 y2=y + 48 /> });
    view! {
        <g class=format!("box {class}")>
            <title>{full}</title>
            <rect x=x y=y width=width height=height rx="4" />
            {rail}
            <text class="title" class:mono=words.mono x=left y=top>{fit(&words.title, most)}</text>
            {more}
        </g>
    }
    .into_any()
}

#[expect(clippy::too_many_arguments, reason = "a line, where it stands, and what selects it")]
fn way(
    view: &PathView,
    side: Side,
    at: usize,
    line: &Line,
    drawn: &LineAt,
    base: &str,
    selected: Memo<Option<usize>>,
    go: Callback<String>,
) -> AnyView {
    let (tone, _) = verdict(&line.verdict);
    let LineAt { curve, mark, crosses, begins, gate: _ } = drawn.clone();
    let href = format!("{base}line={at}");
    let is = Memo::new(move |_| selected.get() == Some(at));
    let to = href.clone();
    let click = move |event: MouseEvent| {
        // As the router does for links that are no SVG: other buttons and keys mean another window.
        if event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key() && !event.alt_key() {
            event.prevent_default();
            go.run(to.clone());
        }
    };
    let other = line.backend.and_then(|at| view.backends.get(at as usize)).is_some_and(|group| group.kind == PathKind::OtherNode);
    let crossing = crosses.filter(|_| other).map(|(x, y)| view! { <circle class="crossing" cx=x cy=y r="4" /> });
    let changed = line.changed.then(|| {
        let (x, y) = begins;
        view! {
            <circle class="mark changes" cx=x + 20 cy=y r="7" />
            <text class="mark-shape changes" x=x + 20 y=y + 4>"±"</text>
        }
    });
    let class = format!("way {}{}", tone.class(), if other { " other" } else { "" });
    let curves = (curve.clone(), curve.clone(), curve);
    view! {
        <g class=class class:selected=is>
            <a
                id=format!("way-{at}")
                href=href
                aria-label=spoken(view, line, side)
                aria-current=move || is.get().then_some("true")
                on:click=click
            >
                <path class="halo" d=curves.0 />
                <path class="curve" d=curves.1 />
                {crossing}
                {changed}
                <circle class="mark" cx=mark.0 cy=mark.1 r="8" />
                <text class="mark-shape" x=mark.0 y=mark.1 + 4>{tone.shape()}</text>
                <path class="hit" d=curves.2 />
            </a>
        </g>
    }
    .into_any()
}
