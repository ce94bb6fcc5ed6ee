//! How large a program from outside may grow: characters, lines, numbers and operations, each with a stated bound.
//! What is beyond a limit is refused before it is computed.

use crate::error::Error;
use crate::real::Real;
use crate::tape::Tape;

/// Bounds on what a text may ask for.
///
/// ```
/// use wengert::expr::Limits;
/// let small = Limits { elements: 1 << 12, ..Limits::default() };
/// assert!(small.elements < Limits::default().elements);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of text.
    pub text: usize,
    /// Lines on the tape, adjoint lines not counted.
    pub lines: usize,
    /// Numbers on all lines together.
    pub elements: usize,
    /// Floating-point operations of all lines together, roughly.
    pub flops: f64,
}

impl Default for Limits {
    /// 64 KiB of text, 100,000 lines, 2²⁵ numbers (256 MiB as doubles), 10¹¹ operations.
    fn default() -> Self {
        Limits { text: 1 << 16, lines: 100_000, elements: 1 << 25, flops: 1e11 }
    }
}

/// What has been used up.
#[derive(Clone, Debug, Default)]
pub(super) struct Used {
    lines: usize,
    elements: usize,
    flops: f64,
}

impl Limits {
    /// Counts the lines that are new on the tape, and refuses what is too much.
    pub(super) fn count<T: Real>(&self, tape: &Tape<T>, used: &mut Used) -> Result<(), Error> {
        while used.lines < tape.len() {
            let line = tape.line(used.lines as u32);
            for (_, dims) in &line.results {
                used.elements = used.elements.saturating_add(dims.checked_count().unwrap_or(usize::MAX));
            }
            used.flops += tape.cost(line.id).flops;
            used.lines += line.results.len();
            let refused = |what: String, most: String| {
                Err(Error::argument(what).rule(format!("a program may ask for at most {most}")).fix("make it smaller"))
            };
            if used.lines > self.lines {
                return refused(format!("the tape has {} lines", used.lines), format!("{} lines", self.lines));
            }
            if used.elements > self.elements {
                let so_far = format!("the lines hold {} numbers together", used.elements);
                return refused(so_far, format!("{} numbers", self.elements));
            }
            if used.flops > self.flops {
                let so_far = format!("it takes {:.1e} operations", used.flops);
                return refused(so_far, format!("{:.0e} operations", self.flops));
            }
        }
        Ok(())
    }
}
