//! The verdicts of a check and what is found at one place: the numbers compared, their error bar, and the reason.
//! There is no bare yes or no: what could not be decided says why.

use std::fmt;

use super::line::Turn;

/// What a check says of one coordinate, and of a function as a whole.
///
/// They are ordered by what they mean for the whole: one mismatch among passes is a mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Analytic and numeric derivative agree within tolerance and error bar.
    Pass,
    /// The point sits on a kink, and the analytic value lies between the slopes on its two sides.
    Kink,
    /// The function is not defined around the point, so that no difference can be taken.
    Domain,
    /// The error bar of the difference is too wide to tell.
    Inconclusive,
    /// The derivative is wrong, or at a kink lies outside of the slopes on its two sides.
    Mismatch,
    /// The output, its derivative or both are NaN or infinite.
    NonFinite,
    /// Two evaluations at one point differ.
    NonDeterministic,
    /// The function records different programs at one point or wherever near it.
    Structural,
}

impl Verdict {
    /// Whether nothing wrong was found: a pass, or a kink whose derivative is one of those allowed there.
    pub fn is_sound(self) -> bool {
        self <= Verdict::Kink
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Verdict::Pass => "pass",
            Verdict::Kink => "kink",
            Verdict::Domain => "DOMAIN",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::Mismatch => "MISMATCH",
            Verdict::NonFinite => "NON-FINITE",
            Verdict::NonDeterministic => "NON-DETERMINISTIC",
            Verdict::Structural => "STRUCTURAL",
        };
        f.pad(word)
    }
}

/// A numeric derivative with its error bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numeric {
    /// The difference quotient, extrapolated to step zero.
    pub value: f64,
    /// The bound on its error: truncation and rounding.
    pub bar: f64,
}

/// A number with ten decimals, or with ten digits where these would show none or too many.
pub(super) struct Digits(pub f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Digits(v) = *self;
        match v.abs() {
            size if size == 0.0 || (1e-4..1e10).contains(&size) || !size.is_finite() => write!(f, "{v:.10}"),
            _ => write!(f, "{v:.9e}"),
        }
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A number below its bar has no digits to show.
        match self.value.abs() > self.bar {
            true => write!(f, "{} ± {:.0e}", Digits(self.value), self.bar),
            false => write!(f, "{:.10} ± {:.0e}", self.value, self.bar),
        }
    }
}

/// The decision that makes a point a kink.
#[derive(Clone, Debug, PartialEq)]
pub struct KinkAt {
    /// The number of the line that decides.
    pub id: u32,
    /// Its operation.
    pub op: &'static str,
    /// The line in words, with the user's source line.
    pub line: String,
    /// What it decides, in words.
    pub what: &'static str,
    /// The index of the choice: an element of the line's result, or of what the line decides.
    pub position: Vec<usize>,
    /// The choice at the point, and on the other side.
    pub choice: (u32, u32),
    /// How far the choice is from changing, in units of the deciding operand.
    pub gap: Option<f64>,
    /// The slope on the left.
    pub left: Numeric,
    /// The slope on the right.
    pub right: Numeric,
}

/// What was found at one coordinate, or along one direction.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// The input's position among the inputs, its name, and the index in it; for a direction, how many coordinates it moves.
    pub place: Place,
    /// The output element that the derivative is of; `None` for a weighted sum of all.
    pub output: Option<Vec<usize>>,
    /// The derivative by the rules.
    pub analytic: f64,
    /// The derivative by differences; NaN without a bar where there is none.
    pub numeric: Numeric,
    /// The kink, for a point on one.
    pub kink: Option<KinkAt>,
    /// In words what was done, or why it could not be.
    pub reason: String,
}

/// Where a finding belongs.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// One coordinate.
    Element {
        /// The input's position among the inputs.
        input: usize,
        /// The input's name.
        name: String,
        /// The index in the input.
        index: Vec<usize>,
    },
    /// A direction that moves so many coordinates at once.
    Direction(usize),
    /// The function as a whole.
    Everywhere,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Element { name, index, .. } if index.is_empty() => write!(f, "{name}"),
            Place::Element { name, index, .. } => write!(f, "{name}{index:?}"),
            Place::Direction(n) => write!(f, "a direction over {n} coordinates"),
            Place::Everywhere => write!(f, "the function"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.verdict, self.place)?;
        if let Some(output) = self.output.as_ref().filter(|o| !o.is_empty()) {
            write!(f, ", output {output:?}")?;
        }
        if self.place == Place::Everywhere {
            return write!(f, ": {}", self.reason);
        }
        write!(f, "\n    analytic  {}", Digits(self.analytic))?;
        match &self.kink {
            None if self.numeric.value.is_nan() => {}
            None => {
                write!(f, "\n    numeric   {}", self.numeric)?;
                let ratio = self.analytic / self.numeric.value;
                if self.verdict == Verdict::Mismatch && ratio.is_finite() {
                    write!(f, "\n    ratio     {ratio:.6}")?;
                }
            }
            Some(k) => {
                write!(f, "\n    slopes    {} on the left, {} on the right", k.left, k.right)?;
                write!(f, "\n    decides   {}: {} at {:?}: ", k.line, k.what, k.position)?;
                write!(f, "{} here, {} beyond", k.choice.0, k.choice.1)?;
                if let Some(gap) = k.gap {
                    write!(f, ", gap {gap:.1e}")?;
                }
            }
        }
        write!(f, "\n    because   {}", self.reason)
    }
}

impl KinkAt {
    pub(super) fn new(turn: &Turn, op: &'static str, text: String, left: Numeric, right: Numeric) -> Self {
        let Turn { line: id, what, ref position, gap, old, new, .. } = *turn;
        KinkAt { id, op, line: text, what, position: position.clone(), choice: (old, new), gap, left, right }
    }
}
