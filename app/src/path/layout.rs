//! Where everything stands, on a grid of 8 units. Four columns; lines run through the boxes between them, each on a row of its own.

use super::lines::{Line, Reaches};
use policy::view::PathView;

/// The width of the picture.
pub(super) const WIDTH: i32 = 880;
/// Left edge and width of the columns.
pub(super) const COLUMNS: [(i32, i32); 4] = [(0, 184), (248, 160), (472, 152), (688, 192)];
/// Where boxes begin: above are the headings of the columns.
const TOP: i32 = 40;
/// Between boxes of a column.
const GAP: i32 = 16;
/// Between rows of lines.
const ROW: i32 = 16;
/// The part of a box that holds its text, where lines run below it.
const HEAD: i32 = 56;
/// The height of a box that has text alone.
const LOW: i32 = 64;

/// A box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BoxAt {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A line, drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineAt {
    /// The curve, as SVG writes it.
    pub(super) curve: String,
    /// Where its verdict stands.
    pub(super) mark: (i32, i32),
    /// Where it crosses to another node.
    pub(super) crosses: Option<(i32, i32)>,
    /// Where it begins.
    pub(super) begins: (i32, i32),
    /// Where it meets the gate of its interface.
    pub(super) gate: Option<(i32, i32)>,
}

/// The picture, laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) height: i32,
    /// By column, then by place.
    pub(super) boxes: [Vec<BoxAt>; 4],
    pub(super) lines: Vec<LineAt>,
}

/// Lays out these lines through the columns of a view.
pub(super) fn layout(view: &PathView, lines: &[Line]) -> Layout {
    let counts = [view.clients.len(), view.entries.len(), view.addresses.len(), view.backends.len()];
    // By column and box: the lines that touch it, from the top.
    let mut rows: [Vec<Vec<usize>>; 4] = counts.map(|count| vec![Vec::new(); count]);
    for (at, line) in lines.iter().enumerate() {
        for (column, place) in places(line).into_iter().enumerate() {
            if let Some(row) = place.and_then(|place| rows[column].get_mut(place as usize)) {
                row.push(at);
            }
        }
    }
    let heights: Vec<Vec<i32>> =
        rows.iter().enumerate().map(|(column, boxes)| boxes.iter().map(|rows| height(column, rows.len())).collect()).collect();
    let tall = |heights: &Vec<i32>| heights.iter().sum::<i32>() + GAP * (i32::try_from(heights.len()).unwrap_or(0) - 1).max(0);
    let tallest = heights.iter().map(tall).max().unwrap_or(0);
    let mut boxes: [Vec<BoxAt>; 4] = Default::default();
    for (column, heights) in heights.iter().enumerate() {
        let (x, width) = COLUMNS[column];
        let mut y = TOP + (tallest - tall(heights)) / 16 * 8;
        for height in heights {
            boxes[column].push(BoxAt { x, y, width, height: *height });
            y += height + GAP;
        }
    }
    let y = |column: usize, place: u32, line: usize| -> Option<(BoxAt, i32)> {
        let at = *boxes[column].get(place as usize)?;
        let rows = rows[column].get(place as usize)?;
        let row = i32::try_from(rows.iter().position(|other| *other == line)?).ok()?;
        Some((at, row_at(column, at, rows.len(), row)))
    };
    let drawn = lines.iter().enumerate().map(|(at, line)| draw(line, |column, place| y(column, place, at))).collect();
    Layout { height: TOP + tallest + 8, lines: drawn, boxes }
}

/// The box that a line touches in each column.
fn places(line: &Line) -> [Option<u32>; 4] {
    let backend = line.backend.filter(|_| line.reaches >= Reaches::Backend);
    [Some(line.client), Some(line.entry), line.address, backend]
}

fn height(column: usize, rows: usize) -> i32 {
    let rows = i32::try_from(rows).unwrap_or(0);
    match column {
        0 | 3 => LOW.max(ROW * (rows + 1)),
        _ => HEAD + ROW * rows.max(1),
    }
}

/// The height of a row in its box.
fn row_at(column: usize, at: BoxAt, rows: usize, row: i32) -> i32 {
    let rows = i32::try_from(rows).unwrap_or(1);
    match column {
        0 | 3 => at.y + at.height / 2 - ROW * (rows - 1) / 2 + ROW * row,
        _ => at.y + HEAD + ROW * row,
    }
}

/// Draws a line from its client as far as it gets.
fn draw(line: &Line, at: impl Fn(usize, u32) -> Option<(BoxAt, i32)>) -> LineAt {
    let nowhere = LineAt { curve: String::new(), mark: (0, 0), crosses: None, begins: (0, 0), gate: None };
    let Some((client, from)) = at(0, line.client) else { return nowhere };
    let Some((entry, y)) = at(1, line.entry) else { return nowhere };
    let begins = (client.x + client.width, from);
    let mut curve = format!("M{} {}", begins.0, begins.1);
    bend(&mut curve, begins, (entry.x, y));
    let gate = Some((entry.x + entry.width / 2, y));
    if line.reaches == Reaches::Entry {
        let mark = (entry.x + entry.width / 2, y);
        curve += &format!("H{}", mark.0);
        return LineAt { curve, mark, crosses: None, begins, gate };
    }
    let mut last = (entry.x + entry.width, y);
    curve += &format!("H{}", last.0);
    let Some((address, y)) = line.address.and_then(|place| at(2, place)) else { return nowhere };
    bend(&mut curve, last, (address.x, y));
    if line.reaches == Reaches::Address {
        let mark = (address.x + address.width / 2, y);
        curve += &format!("H{}", mark.0);
        return LineAt { curve, mark, crosses: None, begins, gate };
    }
    last = (address.x + address.width, y);
    curve += &format!("H{}", last.0);
    let Some((backend, y)) = line.backend.and_then(|place| at(3, place)) else {
        let mark = (last.0 + 24, last.1);
        curve += &format!("H{}", mark.0);
        return LineAt { curve, mark, crosses: None, begins, gate };
    };
    bend(&mut curve, last, (backend.x, y));
    let crosses = Some(((last.0 + backend.x) / 2, (last.1 + y) / 2));
    LineAt { curve, mark: (backend.x, y), crosses, begins, gate }
}

/// A curve that leaves and comes level.
fn bend(curve: &mut String, from: (i32, i32), to: (i32, i32)) {
    if from.1 == to.1 {
        *curve += &format!("H{}", to.0);
        return;
    }
    let middle = (from.0 + to.0) / 2;
    *curve += &format!("C{middle} {} {middle} {} {} {}", from.1, to.1, to.0, to.1);
}
