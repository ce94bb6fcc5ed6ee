//! How large a program from outside may grow: characters, lines, numbers and operations, each with a stated bound.
//! What is beyond a limit is refused before it is computed.

use super::value::Extent;
use crate::error::Error;
use crate::real::Real;
use crate::tape::Tape;

/// Items of one list, and of all lists that functions read.
const ITEMS: usize = 1 << 18;
/// How deep lists nest: as deep as brackets of the text.
const DEPTH: usize = 64;

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
    /// Items and spelled numbers of lists that have been read.
    items: usize,
}

fn refused(what: String, most: &str) -> Error {
    Error::argument(what).rule(format!("a program may ask for at most {most}")).fix("make it smaller")
}

impl Limits {
    /// Refuses a list that holds too much, or nests too deeply.
    pub(super) fn list(&self, list: Extent) -> Result<(), Error> {
        if list.depth > DEPTH {
            return Err(Error::argument("the list nests too deeply")
                .rule(format!("lists nest at most {DEPTH} deep"))
                .fix("leave out brackets that hold a single list"));
        }
        if list.items > ITEMS {
            return Err(Error::argument(format!("the list holds more than {ITEMS} items"))
                .rule(format!("a list holds at most {ITEMS} items, those of inner lists counted"))
                .fix("make it smaller"));
        }
        Ok(())
    }

    /// Counts the items of a list that is about to be read, and refuses what is too much before a line of it is recorded.
    pub(super) fn read(&self, list: Extent, used: &mut Used) -> Result<(), Error> {
        used.items = used.items.saturating_add(list.items).saturating_add(list.numbers);
        let (lines, numbers) = (used.lines.saturating_add(list.lines), used.elements.saturating_add(list.numbers));
        if used.items > ITEMS {
            return Err(refused(format!("more than {ITEMS} items of lists are read"), &format!("{ITEMS} of them")));
        }
        if lines > self.lines {
            return Err(refused(
                format!("reading the list takes {} lines", list.lines),
                &format!("{} lines", self.lines),
            ));
        }
        if numbers > self.elements {
            let so_far = format!("the list spells {} numbers", list.numbers);
            return Err(refused(so_far, &format!("{} numbers", self.elements)));
        }
        Ok(())
    }

    /// Counts the lines that are new on the tape, and refuses what is too much.
    pub(super) fn count<T: Real>(&self, tape: &Tape<T>, used: &mut Used) -> Result<(), Error> {
        while used.lines < tape.len() {
            let line = tape.line(used.lines as u32);
            for (_, dims) in &line.results {
                used.elements = used.elements.saturating_add(dims.checked_count().unwrap_or(usize::MAX));
            }
            used.flops += tape.cost(line.id).flops;
            used.lines += line.results.len();
            if used.lines > self.lines {
                return Err(refused(format!("the tape has {} lines", used.lines), &format!("{} lines", self.lines)));
            }
            if used.elements > self.elements {
                let so_far = format!("the lines hold {} numbers together", used.elements);
                return Err(refused(so_far, &format!("{} numbers", self.elements)));
            }
            if used.flops > self.flops {
                let so_far = format!("it takes {:.1e} operations", used.flops);
                return Err(refused(so_far, &format!("{:.0e} operations", self.flops)));
            }
        }
        Ok(())
    }
}
