//! A plane of numbers as a picture: blue above 0, orange below, the number itself in each cell where there is room.
//! Colour never stands alone: numbers carry signs, and cells without numbers a title.

use std::fmt::Write;

use super::super::formula::number;
use super::super::values::Values;

/// The most rows and columns whose cells show their numbers.
const WRITTEN: usize = 6;

/// How large a picture may be, in pixels.
const LARGEST: f64 = 112.0;

/// Pixels of a cell with a number in it: width for each character, and height.
const CELL: [f64; 2] = [6.6, 20.0];

/// A plane with its geometry.
pub(super) struct Heat<'a> {
    values: &'a Values,
    pub rows: usize,
    pub columns: usize,
    cell: [f64; 2],
    written: bool,
}

impl<'a> Heat<'a> {
    pub fn of(values: &'a Values) -> Self {
        let [rows, columns] = values.plane.size;
        let whole = values.plane.of == values.plane.size;
        let written = whole && rows <= WRITTEN && columns <= WRITTEN;
        let cell = if written {
            let longest = values.plane.data.iter().map(|v| number(*v).chars().count()).max().unwrap_or(1);
            [(longest as f64 * CELL[0] + 8.0).max(22.0), CELL[1]]
        } else {
            let side = (LARGEST / rows.max(columns) as f64).clamp(5.0, 14.0);
            [side, side]
        };
        Heat { values, rows, columns, cell, written }
    }

    pub fn size(&self) -> [f64; 2] {
        [self.cell[0] * self.columns as f64, self.cell[1] * self.rows as f64]
    }

    /// The middle of a cell of the plane, from the picture's corner.
    pub fn middle(&self, cell: usize) -> [f64; 2] {
        let columns = self.columns.max(1);
        [
            (cell % columns) as f64 * self.cell[0] + self.cell[0] / 2.0,
            (cell / columns) as f64 * self.cell[1] + self.cell[1] / 2.0,
        ]
    }

    /// Whether cells of the picture are the elements of the tensor, one by one.
    pub fn is_whole(&self) -> bool {
        self.values.stats.count == self.rows * self.columns
    }

    pub fn draw(&self, text: &mut String, [x, y]: [f64; 2], striped: &[usize]) {
        let data = &self.values.plane.data;
        let largest = data.iter().filter(|v| v.is_finite()).fold(0.0_f64, |m, v| m.max(v.abs()));
        let [w, h] = self.cell;
        for (k, &v) in data.iter().enumerate() {
            let at = [x + (k % self.columns) as f64 * w, y + (k / self.columns) as f64 * h];
            let (class, strength) = match v {
                v if !v.is_finite() => ("nan", 1.0),
                v if v == 0.0 || largest == 0.0 => ("zero", 1.0),
                v => (if v > 0.0 { "pos" } else { "neg" }, 0.1 + 0.5 * v.abs() / largest),
            };
            let _ = write!(
                text,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill-opacity=\"{strength:.2}\"/>",
                at[0], at[1]
            );
            if striped.contains(&k) {
                let _ = write!(
                    text,
                    "<rect class=\"tie\" x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/>",
                    at[0], at[1]
                );
            }
            if self.written {
                let _ = write!(
                    text,
                    "<text class=\"num\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    at[0] + w / 2.0,
                    at[1] + h / 2.0 + 4.0,
                    number(v)
                );
            }
        }
        let [sw, sh] = self.size();
        let _ = write!(text, "<rect class=\"frame\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{sw:.1}\" height=\"{sh:.1}\"/>");
    }
}
