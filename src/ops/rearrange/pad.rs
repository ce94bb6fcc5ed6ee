//! Padding: a tensor amid further places that hold a number or repeat its own elements, or without its outer places.
//! Constant margins are the adjoint of a slice; the others are sparse maps along single axes.

use super::part::Part;
use super::slice::Pad;
use crate::kernels::filter::{Edge, Filter};
use crate::ops::prelude::*;
use crate::ops::spatial::resample::{AxisMap, Rule};

/// What the margins of [`Var::pad`] hold; a number stands for [`Constant`](PadMode::Constant).
///
/// ```
/// use wengert::{PadMode, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([1., 2., 3.]);
/// let padded = |mode: PadMode| x.pad(&[(2, 2)], mode).value().into_raw_vec_and_offset().0;
/// assert_eq!(padded(PadMode::Constant(9.0)), [9., 9., 1., 2., 3., 9., 9.]);
/// assert_eq!(padded(PadMode::Reflect), [3., 2., 1., 2., 3., 2., 1.]);
/// assert_eq!(padded(PadMode::Replicate), [1., 1., 1., 2., 3., 3., 3.]);
/// assert_eq!(padded(PadMode::Circular), [2., 3., 1., 2., 3., 1., 2.]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// This number.
    Constant(f64),
    /// The elements mirrored at the first and at the last one, which are not repeated.
    Reflect,
    /// The first and the last element, again and again.
    Replicate,
    /// The elements from the other end; of an axis that is also cut, those that are left.
    Circular,
}

impl From<f64> for PadMode {
    fn from(value: f64) -> Self {
        PadMode::Constant(value)
    }
}

impl From<f32> for PadMode {
    fn from(value: f32) -> Self {
        PadMode::Constant(value.into())
    }
}

/// The margins of one axis that are cut off, and those that are added.
#[derive(Clone, Copy, Debug)]
struct Margins {
    cut: [usize; 2],
    add: [usize; 2],
}

impl Margins {
    fn new((before, after): (isize, isize)) -> Self {
        let both = [before, after];
        let cut = both.map(|n| if n < 0 { n.unsigned_abs() } else { 0 });
        Margins { cut, add: both.map(|n| n.max(0).unsigned_abs()) }
    }

    /// The size of an axis without what is cut off, and with what is added.
    fn sizes(&self, axis: usize, n: usize) -> Result<(usize, usize), Error> {
        let [cut, add] = [self.cut, self.add].map(|[a, b]| a.saturating_add(b));
        let Some(left) = n.checked_sub(cut) else {
            return Err(Error::shape(format!("{cut} places are cut off axis {axis} of size {n}"))
                .rule("an axis is cut by no more than its size; what margins add does not count")
                .fix("use smaller negative margins"));
        };
        // Row-major numbers of places are `usize` and coordinates f64, which is exact up to here.
        match left.checked_add(add).filter(|&m| (m as u64) < 1 << 53) {
            Some(m) => Ok((left, m)),
            None => Err(Error::shape(format!("margins ({}, {}) on axis {axis} of size {n}", self.add[0], self.add[1]))
                .rule("the number of elements fits in memory")
                .fix("check the sizes given")),
        }
    }
}

/// The margins of every axis: those given are of the last ones.
fn on_axes(dims: &Dims, margins: &[(isize, isize)]) -> Result<SmallVec<[Margins; 4]>, Error> {
    let Some(leading) = dims.rank().checked_sub(margins.len()) else {
        return Err(Error::shape(format!("{} pairs of margins for shape {dims}", margins.len()))
            .rule(format!("there is one pair (before, after) for each of the last axes; here are {}", dims.rank()))
            .fix("write a pair for each axis that is padded and for those behind it, (0, 0) where one stays"));
    };
    let all = std::iter::repeat_n((0, 0), leading).chain(margins.iter().copied());
    let all: SmallVec<[Margins; 4]> = all.map(Margins::new).collect();
    all.iter().zip(&**dims).enumerate().try_for_each(|(axis, (m, &n))| m.sizes(axis, n).map(|_| ()))?;
    Ok(all)
}

/// Refuses margins that the elements of an axis cannot fill: mirrored or from the other end, each is used once at most.
fn check_source(mode: PadMode, axis: usize, m: &Margins, n: usize) -> Result<(), Error> {
    let largest = m.add[0].max(m.add[1]);
    let (name, most) = match mode {
        PadMode::Reflect => ("reflect", n.saturating_sub(1)),
        PadMode::Circular => ("circular", n - m.cut[0] - m.cut[1]),
        PadMode::Replicate if n > 0 => return Ok(()),
        PadMode::Replicate => ("replicate", 0),
        PadMode::Constant(_) => return Ok(()),
    };
    if largest <= most {
        return Ok(());
    }
    let rule = match mode {
        PadMode::Reflect => format!("a margin is at most size − 1, here {n} − 1: the outermost element is the mirror"),
        PadMode::Circular => format!("a margin is at most the number of elements left, here {most}"),
        _ => "an axis without elements has none to repeat".into(),
    };
    Err(Error::shape(format!("a margin of {largest} on axis {axis} of size {n} under `{name}`"))
        .rule(rule)
        .fix("use a smaller margin, pad in steps, or `Replicate`"))
}

/// The part of a tensor that the negative margins leave; `None` where there are none.
fn remainder(dims: &Dims, margins: &[Margins]) -> Option<Part> {
    let mut part = Part::all(dims);
    for (k, m) in margins.iter().enumerate() {
        part.begin[k] = m.cut[0];
        part.len[k] -= m.cut[0] + m.cut[1];
    }
    (part.len != *dims).then_some(part)
}

impl<'t, T: Real> Var<'t, T> {
    /// The tensor amid further places: one pair (before, after) for each of its last axes, in their order.
    ///
    /// The margins hold a number, or repeat elements as [`PadMode`] says. A negative margin cuts places off instead.
    ///
    /// # Panics
    /// There are more pairs than axes, a negative margin cuts more than there is, or the margin is larger than what
    /// [`Reflect`](PadMode::Reflect) (size − 1) or [`Circular`](PadMode::Circular) (size) can fill.
    ///
    /// ```
    /// use wengert::{PadMode, prelude::*};
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.]]);
    /// let y = x.pad(&[(0, 1), (1, 0)], 9.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [9., 1., 2., 9., 9., 9.]);
    /// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 1.]);
    /// let z = x.pad(&[(-1, 2)], PadMode::Replicate);
    /// assert_eq!(z.value().as_slice().unwrap(), [2., 2., 2.]);
    /// assert_eq!(z.sum().backward()[x].as_slice().unwrap(), [0., 3.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn pad(self, margins: &[(isize, isize)], mode: impl Into<PadMode>) -> Self {
        let (mode, dims) = (mode.into(), self.dims());
        let margins = match on_axes(&dims, margins) {
            Ok(margins) => margins,
            Err(e) => self.tape.blame(e, "pad", &[self.id]).raise(),
        };
        let edge = match mode {
            PadMode::Constant(value) => return self.cut(&margins).widened(&margins, value),
            PadMode::Reflect => Edge::Reflect,
            PadMode::Replicate => Edge::Replicate,
            PadMode::Circular => Edge::Circular,
        };
        let mut x = if edge == Edge::Circular { self.cut(&margins) } else { self };
        for (axis, m) in margins.iter().enumerate() {
            if let Err(e) = check_source(mode, axis, m, dims[axis]) {
                self.tape.blame(e, "pad", &[self.id]).raise()
            }
            let (left, to) = m.sizes(axis, dims[axis]).expect("the margins have been checked");
            let (from, cut) = if edge == Edge::Circular { (left, 0) } else { (dims[axis], m.cut[0]) };
            if m.add == [0; 2] && from == left {
                continue;
            }
            let rule = Rule::Filter { filter: Filter::Cell, edge, step: 1.0, offset: cut as f64 - m.add[0] as f64 };
            x = x.resampled(axis, AxisMap::new(rule, from, to));
        }
        x
    }

    /// What negative margins leave.
    #[track_caller]
    fn cut(self, margins: &[Margins]) -> Self {
        match remainder(&self.dims(), margins) {
            Some(part) => self.sliced(part),
            None => self,
        }
    }

    /// With the positive margins, which hold `value`.
    #[track_caller]
    fn widened(self, margins: &[Margins], value: f64) -> Self {
        if margins.iter().all(|m| m.add == [0; 2]) {
            return self;
        }
        let (part, dims) = Part::amid(&self.dims(), margins.iter().map(|m| m.add));
        self.padded(Pad { part, dims, value })
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// As [`Var::pad`], with an integer.
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn pad(self, margins: &[(isize, isize)], value: u32) -> Self {
        let dims = self.dims();
        let margins = match on_axes(&dims, margins) {
            Ok(margins) => margins,
            Err(e) => self.tape.blame(e, "pad", &[self.id]).raise(),
        };
        let left = match remainder(&dims, &margins) {
            Some(part) => self.sliced(part),
            None => self,
        };
        let (part, dims) = Part::amid(&left.dims(), margins.iter().map(|m| m.add));
        self.tape.call(Pad { part, dims, value: f64::from(value) }, &[left.into()]).int(0)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::check::check;
    use crate::tape::Tensor;

    const MODES: [PadMode; 4] = [PadMode::Constant(0.5), PadMode::Reflect, PadMode::Replicate, PadMode::Circular];

    fn list(y: Var<'_, f64>) -> Vec<f64> {
        y.value().into_raw_vec_and_offset().0
    }

    #[test]
    fn derivatives_hold_on_several_axes_cut_and_widened() {
        let x = Tensor::new([2, 3, 4], (0..24).map(|k| f64::from(k).sin()).collect()).unwrap();
        for mode in MODES {
            check(|_, x| x[0].pad(&[(2, 1), (-1, 1)], mode).square(), (x.clone(),)).assert();
        }
    }

    #[test]
    fn axes_are_padded_one_after_the_other() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1., 2.], [3., 4.]]);
        assert_eq!(
            list(x.pad(&[(1, 0), (0, 1)], PadMode::Reflect)),
            [3., 4., 3., 1., 2., 1., 3., 4., 3.],
            "corners are mirrored twice"
        );
        assert_eq!(list(x.pad(&[(0, 1), (1, 0)], PadMode::Circular)), [2., 1., 2., 4., 3., 4., 2., 1., 2.]);
        assert_eq!(list(x.pad(&[], PadMode::Circular)), [1., 2., 3., 4.]);
    }

    #[test]
    fn margins_of_the_last_axes_leave_the_others_alone() {
        let tape = Tape::<f64>::default();
        let x = tape.zeros([2, 3, 4]);
        for mode in MODES {
            assert_eq!(x.pad(&[(1, 2)], mode).dims(), [2, 3, 7]);
            assert_eq!(x.pad(&[(1, -2), (0, 1)], mode).dims(), [2, 2, 5]);
            assert_eq!(tape.zeros([0, 3]).pad(&[(1, 1)], mode).value().shape(), [0, 5]);
        }
    }

    #[test]
    fn what_is_cut_may_be_repeated_but_not_come_round() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1., 2., 3., 4.]);
        assert_eq!(list(x.pad(&[(-4, 5)], PadMode::Replicate)), [4.; 5]);
        assert_eq!(list(x.pad(&[(-1, 1)], PadMode::Reflect)), [2., 3., 4., 3.]);
        assert_eq!(list(x.pad(&[(-1, 1)], PadMode::Circular)), [2., 3., 4., 2.]);
        assert_eq!(list(x.pad(&[(-1, -1)], 7.0)), [2., 3.]);
        assert_eq!(list(x.pad(&[(-2, 3)], 7f32)), [3., 4., 7., 7., 7.]);
    }

    #[test]
    fn integers_are_cut_and_padded_like_numbers() {
        let tape = Tape::new();
        let x = tape.ints([1, 2, u32::MAX]);
        assert_eq!(x.pad(&[(1, -1)], u32::MAX - 1).value().as_slice().unwrap(), [u32::MAX - 1, 1, 2]);
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let refusal = |dims: &[usize], margins: &[(isize, isize)], mode: PadMode| {
            let text = catch_unwind(AssertUnwindSafe(|| tape.zeros(dims).pad(margins, mode))).unwrap_err();
            text.downcast_ref::<String>().expect("panics carry text").clone()
        };
        let huge = [(isize::MAX, 1)];
        for (text, part) in [
            (refusal(&[2], &[(1, 1), (0, 0)], PadMode::Reflect), "2 pairs of margins for shape [2]"),
            (refusal(&[3], &[(-2, -2)], PadMode::Replicate), "4 places are cut off axis 0 of size 3"),
            (refusal(&[2, 3], &[(3, 0)], PadMode::Reflect), "a margin of 3 on axis 1 of size 3 under `reflect`"),
            (refusal(&[3], &[(-1, 3)], PadMode::Circular), "at most the number of elements left, here 2"),
            (refusal(&[0], &[(0, 3)], PadMode::Replicate), "has none to repeat"),
            (refusal(&[2], &huge, PadMode::Constant(0.0)), "margins (9223372036854775807, 1) on axis 0 of size 2"),
            (refusal(&[2], &huge, PadMode::Replicate), "fits in memory"),
            (refusal(&[1 << 40, 2], &[(1 << 30, 0)], PadMode::Replicate), "fits in memory"),
        ] {
            assert!(text.contains(part) && text.contains("pad.rs"), "{part} is missing in: {text}");
        }
    }
}
