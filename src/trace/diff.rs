//! The first line at which two traces differ: another operation, another shape, or other numbers.
//! It is how a change of code or of numbers is found in a long computation, as `diff` finds it in text.

use std::fmt;

use super::plain::cut;
use super::record::{Trace, TracedLine};
use super::values::Values;
use crate::shape::unravel;

/// The first difference between two traces.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The line's number in both.
    pub line: u32,
    /// What differs, in words, with both sides.
    pub text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}: {}", self.line, self.text)
    }
}

/// What is compared of a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Compared {
    pub op: String,
    pub name: Option<String>,
    pub operands: Vec<u32>,
    pub attributes: String,
    pub dims: Vec<usize>,
    /// All numbers, where the trace has them.
    pub data: Option<Vec<f64>>,
    /// Smallest, largest, mean and rms otherwise.
    pub stats: [f64; 4],
}

impl Compared {
    fn of(l: &TracedLine) -> Self {
        let attributes = l.line.attributes.iter().map(|(name, value)| format!("{name}={value}"));
        let Values { dims, data, stats, .. } = &l.value;
        Compared {
            op: l.line.op.to_string(),
            name: l.line.name.as_deref().map(str::to_string),
            operands: l.line.operands.clone(),
            attributes: attributes.collect::<Vec<_>>().join(" "),
            dims: dims.clone(),
            data: data.clone(),
            stats: [stats.min, stats.max, stats.mean, stats.rms],
        }
    }
}

impl Trace {
    /// The first line that differs from the other trace's, where numbers may differ by `tolerance` beside their size;
    /// `None` where there is none.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let trace = |w: f64| {
    ///     let tape = Tape::<f64>::default();
    ///     let x = tape.var([1.0, 2.0]).named("x");
    ///     Trace::of((x * w).sum())
    /// };
    /// assert_eq!(trace(2.0)?.diff(&trace(2.0)?, 0.0), None);
    /// let difference = trace(2.0)?.diff(&trace(3.0)?, 0.0).unwrap();
    /// assert_eq!(difference.line, 1);
    /// assert!(difference.to_string().ends_with("its attributes are by=2 and by=3"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn diff(&self, other: &Trace, tolerance: f64) -> Option<Difference> {
        let lines = |t: &Trace| t.lines.iter().map(Compared::of).collect::<Vec<_>>();
        first_difference(&lines(self), &lines(other), tolerance)
    }
}

/// The first difference of two lists of lines.
pub(super) fn first_difference(a: &[Compared], b: &[Compared], tolerance: f64) -> Option<Difference> {
    for (line, (a, b)) in (0..).zip(a.iter().zip(b)) {
        if let Some(text) = difference(a, b, tolerance) {
            return Some(Difference { line, text });
        }
    }
    let line = a.len().min(b.len()) as u32;
    let text = match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Less => format!("only in the second trace: {}", shown(&b[a.len()].op)),
        std::cmp::Ordering::Greater => format!("only in the first trace: {}", shown(&a[b.len()].op)),
    };
    Some(Difference { line, text })
}

fn difference(a: &Compared, b: &Compared, tolerance: f64) -> Option<String> {
    let called =
        |c: &Compared| c.name.as_ref().map_or_else(|| shown(&c.op), |n| format!("{} `{}`", shown(&c.op), shown(n)));
    let told = |what: &str, x: &dyn fmt::Display, y: &dyn fmt::Display| {
        format!("{}: {what} {} and {}", called(a), shown(x), shown(y))
    };
    if a.op != b.op {
        return Some(format!("the operations are {} and {}", called(a), called(b)));
    }
    if a.operands != b.operands {
        let list = |o: &[u32]| o.iter().map(|id| format!("%{id}")).collect::<Vec<_>>().join(" ");
        return Some(told("its operands are", &list(&a.operands), &list(&b.operands)));
    }
    if a.attributes != b.attributes {
        return Some(told("its attributes are", &a.attributes, &b.attributes));
    }
    if a.dims != b.dims {
        return Some(told("its shapes are", &format!("{:?}", a.dims), &format!("{:?}", b.dims)));
    }
    let same =
        |x: f64, y: f64| x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance * x.abs().max(y.abs());
    match (&a.data, &b.data) {
        (Some(x), Some(y)) => {
            let wrong: Vec<usize> = (0..x.len().min(y.len())).filter(|&k| !same(x[k], y[k])).collect();
            let &k = wrong.first()?;
            let index = shown(format!("{:?}", unravel(k, &a.dims)));
            let others =
                if wrong.len() > 1 { format!(", and {} elements more", wrong.len() - 1) } else { String::new() };
            Some(format!("{}: element {index} is {} and {}{others}", called(a), x[k], y[k]))
        }
        _ => {
            let k = (0..4).find(|&k| !same(a.stats[k], b.stats[k]))?;
            let what =
                ["its smallest elements are", "its largest elements are", "its means are", "its sizes (rms) are"][k];
            Some(told(what, &a.stats[k], &b.stats[k]))
        }
    }
}

/// What a file says, cut where it is long.
fn shown(text: impl fmt::Display) -> String {
    cut(text, 120)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Tape;

    fn trace(f: impl for<'t> Fn(crate::tape::Var<'t, f64>) -> crate::tape::Var<'t, f64>) -> Trace {
        let tape = Tape::<f64>::default();
        let x = tape.var([0.5, 1.5]).named("x");
        Trace::of(f(x).sum()).unwrap()
    }

    #[test]
    fn the_first_difference_is_told() {
        let text = |a: &Trace, b: &Trace, tolerance| a.diff(b, tolerance).map(|d| d.to_string());
        let (exp, sin) = (trace(|x| x.exp()), trace(|x| x.sin()));
        assert_eq!(text(&exp, &sin, 0.0).unwrap(), "%1: the operations are exp and sin");
        let (a, b) = (trace(|x| x * 1.0 + 0.25), trace(|x| x * 1.0 + 0.2500001));
        assert!(text(&a, &b, 0.0).unwrap().contains("attributes"));
        let tape = Tape::<f64>::default();
        let other = Trace::of(tape.var([0.5, 1.5000001]).named("x").exp().sum()).unwrap();
        assert_eq!(text(&exp, &other, 0.0).unwrap(), "%0: var `x`: element [1] is 1.5 and 1.5000001");
        assert_eq!(text(&exp, &other, 1e-5), None);
        assert_eq!(text(&exp, &trace(|x| x.exp().exp()), 0.0).unwrap(), "%2: the operations are sum and exp");
    }
}
