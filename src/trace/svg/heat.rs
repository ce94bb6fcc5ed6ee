//! A plane of numbers as a picture: blue above 0, orange below, the number itself in each cell where there is room.
//! Colour never stands alone: numbers carry signs, and pictures without numbers tell what they show and its range.

use std::fmt::Write;

use super::super::formula::number;
use super::super::record::TracedLine;
use super::super::text::short;
use super::super::values::Values;
use super::escaped;
use super::letters::width;

/// The most rows and columns whose cells show their numbers.
const WRITTEN: usize = 6;

/// Of a tensor with more planes than this, the first is a picture without numbers.
const PLANES: usize = 4;

/// How large a picture without numbers may be, in pixels.
const LARGEST: f64 = 112.0;

/// The height of a cell with a number in it, and of its letters.
const HEIGHT: f64 = 20.0;
pub(super) const LETTERS: f64 = 11.0;

/// Room that arrows need within a picture with numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    /// Pixels at the right of each column; none where it is empty.
    pub right: Vec<f64>,
    /// Pixels at the foot of each row.
    pub below: f64,
}

/// A plane with its geometry.
pub(super) struct Heat<'a> {
    values: &'a Values,
    pub rows: usize,
    pub columns: usize,
    /// Whether the cells show their numbers.
    pub written: bool,
    cell: [f64; 2],
    lanes: Lanes,
}

impl<'a> Heat<'a> {
    pub fn of(values: &'a Values, lanes: Lanes) -> Self {
        let [rows, columns] = values.plane.size;
        let whole = values.plane.of == values.plane.size;
        let few = values.stats.count <= PLANES * rows * columns;
        let written = whole && few && rows <= WRITTEN && columns <= WRITTEN;
        let cell = if written {
            let longest = values.plane.data.iter().map(|v| width(&number(*v), LETTERS)).fold(0.0, f64::max);
            [(longest + 8.0).max(22.0), HEIGHT + lanes.below]
        } else {
            let side = (LARGEST / rows.max(columns) as f64).clamp(5.0, 14.0);
            // A single row is no thread.
            [side, if rows == 1 { 14.0 } else { side }]
        };
        let lanes = if written { lanes } else { Lanes::default() };
        Heat { values, rows, columns, written, cell, lanes }
    }

    fn lane(&self, column: usize) -> f64 {
        self.lanes.right.get(column).copied().unwrap_or(0.0)
    }

    fn left(&self, column: usize) -> f64 {
        self.cell[0] * column as f64 + self.lanes.right.iter().take(column).sum::<f64>()
    }

    pub fn size(&self) -> [f64; 2] {
        [self.left(self.columns), self.cell[1] * self.rows as f64]
    }

    /// The part of a cell of the plane that its number stands in, from the picture's corner: x, y, width and height.
    pub fn cell(&self, cell: usize) -> [f64; 4] {
        let (row, column) = (cell / self.columns.max(1), cell % self.columns.max(1));
        [self.left(column), row as f64 * self.cell[1], self.cell[0], self.cell[1] - self.lanes.below]
    }

    /// Whether cells of the picture are the elements of the tensor, one by one.
    pub fn is_whole(&self) -> bool {
        self.values.stats.count == self.rows * self.columns
    }

    /// What stands above the picture, where it does not tell every number.
    pub fn captions(&self) -> Vec<String> {
        if self.written && self.is_whole() {
            return Vec::new();
        }
        let mut found = vec![short(self.values)];
        let [rows, columns] = self.values.plane.of;
        let planes = self.values.stats.count / (rows * columns).max(1);
        if planes > 1 {
            found.push(format!("plane 1 of {planes}"));
        }
        if self.values.plane.of != self.values.plane.size {
            found.push(format!("{}×{} of {rows}×{columns}", self.rows, self.columns));
        }
        found
    }

    /// What the picture shows, in words.
    pub fn title(&self, what: &str, l: &TracedLine) -> String {
        let [rows, columns] = self.values.plane.of;
        let count = self.values.stats.count;
        let mut text = format!("{what} of {}, {:?}", l.called(), self.values.dims);
        let rank = self.values.dims.len();
        if count > rows * columns {
            text += &format!(", the plane at {:?}", vec![0; rank.saturating_sub(2)]);
        }
        if self.values.plane.of != self.values.plane.size {
            text += &format!(", {} of {rows} rows and {} of {columns} columns", self.rows, self.columns);
        }
        let s = &self.values.stats;
        text + &format!(": {} to {}, mean {}", number(s.min), number(s.max), number(s.mean))
    }

    pub fn draw(&self, text: &mut String, [x, y]: [f64; 2], striped: &[usize], stripes: &str) {
        let data = &self.values.plane.data;
        let largest = data.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
        for (k, &v) in data.iter().enumerate() {
            let [left, top, w, h] = self.cell(k);
            let (left, top) = (x + left, y + top);
            let (width, height) = (w + self.lane(k % self.columns), h + self.lanes.below);
            let (class, strength) = match v {
                v if !v.is_finite() => ("nan", 1.0),
                v if v == 0.0 || largest == 0.0 => ("zero", 1.0),
                v => (if v > 0.0 { "pos" } else { "neg" }, 0.1 + 0.4 * v.abs() / largest),
            };
            let place = format!("x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"");
            let _ = write!(text, "<rect class=\"{class}\" {place} fill-opacity=\"{strength:.2}\"/>");
            if striped.contains(&k) {
                let _ = write!(text, "<rect class=\"tie\" {place} fill=\"url(#{stripes})\"/>");
            }
            if self.written {
                let bad = if v.is_finite() { "" } else { " bad" };
                let _ = write!(
                    text,
                    "<text class=\"num{bad}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    left + w / 2.0,
                    top + h / 2.0 + 4.0,
                    escaped(&number(v))
                );
            }
        }
        let [sw, sh] = self.size();
        let _ = write!(text, "<rect class=\"frame\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{sw:.1}\" height=\"{sh:.1}\"/>");
    }
}
