//! Statistics of every line of a trace: of its values, and of its cotangent where one arrives.
//! It is where a vanishing gradient, a saturated layer or the first NaN is seen as a column of numbers.

use std::fmt;

use super::formula::number;
use super::json::Json;
use super::plain::plain;
use super::record::{Trace, TracedLine};
use super::values::Stats;

/// The statistics of one primal line.
#[derive(Clone, Debug, PartialEq)]
pub struct LineStatistics {
    /// The line's number.
    pub line: u32,
    /// Its operation.
    pub op: &'static str,
    /// Which of the operation's results it is.
    pub result: usize,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The sizes of its axes.
    pub dims: Vec<usize>,
    /// Statistics of its values.
    pub value: Stats,
    /// Statistics of its whole cotangent; `None` where none arrives.
    pub cotangent: Option<Stats>,
}

/// Statistics line by line; see [`Trace::statistics`].
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The primal lines, in the order of the tape.
    pub lines: Vec<LineStatistics>,
}

impl Trace {
    /// Statistics of the values and the cotangents of all primal lines, over all of their elements.
    ///
    /// Minimum, maximum, mean and root mean square (rms) are those of the finite elements; zeros and what is not finite are counted.
    /// Printed, it is a table with two rows for each line, cotangents below values.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([-1.0, 2.0, 4.0, -3.0]).named("x");
    /// let statistics = Trace::of(x.relu().sum())?.statistics();
    /// let relu = &statistics.lines[1];
    /// assert_eq!((relu.op, relu.value.max, relu.value.zeros), ("relu", 4.0, 2));
    /// let gradient = statistics.lines[0].cotangent.unwrap();
    /// assert_eq!((gradient.mean, gradient.zeros), (0.5, 2));
    /// let table = statistics.to_string();
    /// let row: Vec<&str> = table.lines().nth(2).unwrap().split_whitespace().collect();
    /// assert_eq!(row, ["cotangent", "0", "1", "0.5", "0.7071", "50%", "0"]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let of = |l: &TracedLine| LineStatistics {
            line: l.id,
            op: l.line.op,
            result: l.result,
            name: l.line.name.as_deref().filter(|_| l.result == 0).map(str::to_string),
            dims: l.value.dims.clone(),
            value: l.value.stats,
            cotangent: self.cotangent(l).copied(),
        };
        Statistics { lines: self.lines.iter().filter(|l| !l.is_adjoint()).map(of).collect() }
    }
}

impl Statistics {
    /// The statistics as JSON: a list of lines, each with `value` and, where one arrives, `cotangent`.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let json = Trace::of(tape.var(2.0).named("x").square())?.statistics().to_json();
    /// assert!(json.starts_with(r#"[{"line":0,"op":"var","name":"x","dims":[],"count":1,"value":{"min":2,"max":2,"#));
    /// assert!(json.contains(r#""cotangent":{"min":4,"max":4,"mean":4,"rms":4,"zeros":0,"nonfinite":0}"#));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut j = Json::default();
        j.list(self.lines.iter(), |j, l| {
            j.object(|o| {
                o.field("line").integer(l.line);
                o.field("op").text(l.op);
                if l.result > 0 {
                    o.field("result").integer(l.result);
                }
                if let Some(name) = &l.name {
                    o.field("name").text(name);
                }
                o.field("dims").list(l.dims.iter(), |j, d| j.integer(*d));
                o.field("count").integer(l.value.count);
                o.field("value").stats(&l.value);
                o.field("cotangent").optional(l.cotangent.as_ref(), Json::stats);
            });
        });
        j.text
    }
}

const TITLES: [&str; 9] = ["line", "", "of", "min", "max", "mean", "rms", "zeros", "NaN, inf"];

/// The columns from here on are numbers, which stand on the right.
const NUMBERS: usize = 3;

fn row(line: String, what: String, of: &str, s: &Stats) -> [String; 9] {
    let share = |n: usize| match 100.0 * n as f64 / s.count.max(1) as f64 {
        p if n > 0 && p < 1.0 => "<1%".to_string(),
        // All of them, and not nearly all.
        p if n < s.count && p > 99.0 => ">99%".to_string(),
        p => format!("{p:.0}%"),
    };
    let [min, max, mean, rms] = [s.min, s.max, s.mean, s.rms].map(|v| match s.count > s.nonfinite {
        true => number(v),
        false => "·".to_string(),
    });
    [line, what, of.to_string(), min, max, mean, rms, share(s.zeros), s.nonfinite.to_string()]
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![TITLES.map(str::to_string)];
        for l in &self.lines {
            let sizes = l.dims.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
            let what = match (&l.name, l.result) {
                (Some(name), _) => format!("{name} = {}", l.op),
                (None, 0) => l.op.to_string(),
                (None, k) => format!("result {k} of {}", l.op),
            };
            rows.push(row(format!("%{}", l.line), format!("{} [{sizes}]", plain(&what)), "value", &l.value));
            rows.extend(l.cotangent.map(|c| row(String::new(), String::new(), "cotangent", &c)));
        }
        // One long name may stick out, so that it does not push all others apart.
        const WIDEST: usize = 32;
        let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).filter(|w| *w <= WIDEST).max().unwrap_or(0);
        let widths: [usize; 9] = std::array::from_fn(width);
        for row in &rows {
            let mut text = String::new();
            for (c, (cell, width)) in row.iter().zip(widths).enumerate() {
                let gap = if c == 0 { "" } else { "  " };
                text += &match c < NUMBERS {
                    true => format!("{gap}{cell:<width$}"),
                    false => format!("{gap}{cell:>width$}"),
                };
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Tape;

    #[test]
    fn the_table_is_aligned_and_tells_what_is_not_finite() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[0.0, 1.0], [f64::NAN, -2.0]]).named("x");
        let none = tape.constant([f64::NAN]);
        let loss = (x.relu().sum() + none.sum()).named("loss");
        let text = Trace::of(loss).unwrap().statistics().to_string();
        let expected = "\
line                 of         min  max     mean     rms  zeros  NaN, inf
%0    x = var [2,2]  value       −2    1  −0.3333   1.291    25%         1
                     cotangent    0    1     0.25     0.5    75%         0
%1    constant [1]   value        ·    ·        ·       ·     0%         1
";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn shares_do_not_round_to_none_or_to_all() {
        let share = |zeros: usize| {
            let s = Stats::of((0..1000).map(|k| f64::from(u8::from(k >= zeros))));
            row(String::new(), String::new(), "value", &s)[7].clone()
        };
        assert_eq!([0, 1, 10, 994, 999, 1000].map(share), ["0%", "<1%", "1%", ">99%", ">99%", "100%"]);
    }
}
