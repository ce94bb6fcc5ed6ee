//! The structural hash of a tape as it grows: what is computed, not with which numbers, a few nanoseconds a line.
//! It finds the work that an identical recording of before has left (plans, adjoint programs), so nothing unlike may look alike.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use super::form::Form;
use super::op::Op;
use super::region::Regions;
use super::row::Bound;
use crate::real::Real;

/// The hash of a tape without lines.
pub(super) const EMPTY: u64 = 0x243f_6a88_85a3_08d3;

// Further digits of π, with no pattern that products could meet.
const A: u64 = 0x1319_8a2e_0370_7345;
const B: u64 = 0xa409_3822_299f_31d1;
const C: u64 = 0x082e_fa98_ec4e_6c89;

/// Both halves of the product, folded: every bit of the result depends on all bits of both factors.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of a tape after a further line; `before` is that of the lines so far.
#[inline]
pub(super) fn after(before: Option<u64>, line: u64) -> u64 {
    fold(before.unwrap_or(EMPTY) ^ line, C)
}

/// The hash of a pointwise line. Its result's kind and shape follow from the row and the operands.
#[inline]
pub(super) fn of_row<T: Real>(op: &Bound<T>, operands: &[u32], flags: u8) -> u64 {
    let [p, q] = op.params.map(Real::bits);
    let row = std::ptr::from_ref(op.row) as usize as u64;
    let op = match size_of::<T>() {
        4 => fold(row ^ A, (p | q << 32) ^ B),
        _ => fold(fold(row ^ A, p ^ B), q ^ C),
    };
    let operand = |k: usize| operands.get(k).map_or(0, |&o| u64::from(o));
    let ends = operand(0) | operand(1) << 32;
    let rest =
        operands.get(2..).unwrap_or_default().iter().fold(u64::from(flags), |h, &o| fold(h ^ A, u64::from(o) ^ B));
    fold(op ^ ends, rest ^ B)
}

/// The hash of the lines and of the regions that they stand in.
pub(super) fn with_regions(lines: u64, regions: &Regions) -> u64 {
    let mut words = Words::new(lines);
    regions.feed(&mut words);
    words.finish()
}

/// The hash of what is asked of a tape whose structure and state are given.
pub(super) fn of_question(state: [u64; 3], pairs: &[(u32, u32)], lines: &[u32]) -> u64 {
    let mut words = Words::new(EMPTY);
    state.iter().for_each(|&w| words.word(w));
    words.word(pairs.len() as u64);
    pairs.iter().for_each(|&(a, b)| words.word(u64::from(a) | u64::from(b) << 32));
    lines.iter().for_each(|&id| words.word(id.into()));
    words.finish()
}

/// The hash of a line that is not pointwise.
pub(super) struct Line(Words);

impl Line {
    pub fn of<T: Real>(op: &dyn Op<T>, operands: &[u32]) -> Self {
        let mut words = Words::new(EMPTY);
        feed(op, &mut words);
        operands.iter().for_each(|&o| words.write_u32(o));
        Line(words)
    }

    pub fn result(&mut self, dims: &[usize], flags: u8) {
        self.0.write_u64(u64::from(flags) << 32 | dims.len() as u64);
        dims.iter().for_each(|&n| self.0.write_usize(n));
    }

    pub fn finish(self) -> u64 {
        self.0.finish()
    }
}

/// Feeds what an operation is.
fn feed<T: Real>(op: &dyn Op<T>, words: &mut Words) {
    op.type_of().hash(words);
    match op.form() {
        // Kind and shape are the result's; the values do not count.
        Form::Leaf(_) => return words.write(op.name().as_bytes()),
        // Rows of one name may differ.
        Form::Pointwise(bound) => words.write_usize(std::ptr::from_ref(bound.row) as usize),
        _ => {}
    }
    let before = words.count;
    op.fingerprint(words);
    // An operation that has state and tells nothing but its name is unlike any other, itself of another time included.
    if size_of_val(op) > 0 && words.count - before < 2 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        words.write_u64(NEXT.fetch_add(1, Ordering::Relaxed));
    }
}

/// The hash of an operation by itself.
#[cfg(test)]
pub(crate) fn of_op<T: Real>(op: &dyn Op<T>) -> u64 {
    let mut words = Words::new(EMPTY);
    feed(op, &mut words);
    words.finish()
}

/// A hasher of words that counts what is written.
#[derive(Default)]
pub(crate) struct Words {
    state: u64,
    count: u32,
}

impl Words {
    fn new(state: u64) -> Self {
        Words { state, count: 0 }
    }

    #[inline]
    fn word(&mut self, word: u64) {
        self.state = fold(self.state ^ word, A).wrapping_add(B);
    }
}

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        self.count += 1;
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|w| self.word(u64::from_le_bytes(*w)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.count += 1;
        self.word(n);
    }

    fn write_i64(&mut self, n: i64) {
        self.write_u64(n as u64);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        fold(self.state ^ B, C)
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Error;
    use crate::prelude::*;
    use crate::tape::{Arg, Attributes, Cx, Fault, Op, Out, ResultSigs, Sig, Vjp};

    fn of(tape: &Tape) -> u64 {
        tape.graph.borrow().structure()
    }

    fn recorded(f: impl Fn(&Tape)) -> u64 {
        let tape = Tape::new();
        f(&tape);
        of(&tape)
    }

    #[test]
    fn what_is_computed_counts_and_the_numbers_do_not() {
        let model = |x: f32, rows: usize, by: f64| {
            recorded(|tape| {
                let x = tape.var(vec![x; 6]).reshape([rows, 6 / rows]);
                let _ = (x * by).sum_over(0);
            })
        };
        assert_eq!(model(1.0, 2, 0.5), model(3.0, 2, 0.5));
        let others = [model(1.0, 3, 0.5), model(1.0, 2, 0.25)];
        assert!(!others.contains(&model(1.0, 2, 0.5)) && others[0] != others[1]);
        assert_ne!(recorded(|t| _ = t.var(1.0)), recorded(|t| _ = t.constant(1.0)));
        assert_ne!(recorded(|t| _ = t.var(1.0)), recorded(|t| _ = t.var([1.0])));
        assert_ne!(recorded(|t| _ = t.ints([1])), recorded(|t| _ = t.constant([1.0])));
        let two = |f: fn(Var<'_>, Var<'_>)| recorded(|t| f(t.var(1.0), t.var(2.0)));
        assert_ne!(two(|a, b| _ = a - b), two(|a, b| _ = b - a));
        assert_ne!(two(|a, b| _ = a - b), two(|a, _| _ = a - a));
        assert_ne!(two(|a, b| _ = (a - b, a)), two(|a, b| _ = (a - b, a.exp())));
        let region = |inside: bool| {
            recorded(|t| {
                let x = t.var(1.0);
                let _ = if inside { t.checkpoint(|| x.exp()) } else { x.exp() };
            })
        };
        assert_ne!(region(true), region(false));
    }

    #[test]
    fn lines_that_are_taken_back_leave_no_trace() {
        let tape = Tape::new();
        let x = tape.var([1.0, 2.0]);
        let before = of(&tape);
        tape.and_take_back(|| {
            let _ = tape.checkpoint(|| x.exp().sum());
            assert_ne!(of(&tape), before);
        });
        assert_eq!(of(&tape), before);
        let _ = x.exp();
        assert_eq!(of(&tape), recorded(|t| _ = t.var([0.0, 0.0]).exp()));
    }

    #[test]
    fn clearing_starts_over_and_copies_hash_alike() {
        let mut tape = Tape::new();
        let empty = of(&tape);
        let hash = |tape: &Tape| {
            let x = tape.var([1.0, 2.0]);
            let _ = (x.reshape([1, 2]).max_pool1d(2), tape.constant([0.5; 2]).clamp(0.0, 1.0).sum().backward());
            of(tape)
        };
        let first = hash(&tape);
        assert_eq!(of(&tape.transcribe(tape.len(), |_, op| Some(op.clone())).unwrap()), first);
        tape.clear();
        assert_eq!((of(&tape), hash(&tape)), (empty, first));
    }

    /// y = x, with something about it that only some operations tell.
    #[derive(Debug)]
    struct Same {
        told: Option<usize>,
    }

    impl Op<f32> for Same {
        fn name(&self) -> &'static str {
            "same"
        }
        fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
            Ok(ResultSigs::real(x[0].dims))
        }
        fn eval(&self, x: &[Arg<'_, f32>], y: &mut [Out<'_, f32>], _: &mut Cx<'_, f32>) -> Result<(), Fault> {
            y[0].real().copy_from_slice(x[0].real());
            Ok(())
        }
        fn vjp<'t>(&self, r: &Vjp<'t, f32>) {
            r.give(0, || r.g());
        }
        fn attributes(&self) -> Attributes {
            self.told.map(|n| ("n", n.into())).into_iter().collect()
        }
    }

    #[test]
    fn state_that_is_not_told_is_never_taken_for_the_same() {
        let line = |told| recorded(|t| _ = t.apply(Same { told }, &[t.var(1.0).into()]).unwrap());
        assert_eq!(line(Some(1)), line(Some(1)));
        assert_ne!(line(Some(1)), line(Some(2)));
        assert_ne!(line(None), line(None));
    }
}
