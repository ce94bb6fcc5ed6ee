//! Interpolation: the last axes brought to other sizes, each by a sparse map of its own, since all its forms are separable.
//! Source coordinates follow PyTorch's formulas, which are those of its `interpolate`.

use super::resample::{AxisMap, Rule};
use crate::kernels::filter::{Edge, Filter};
use crate::ops::prelude::*;
use crate::window::PerAxis;

/// How [`Var::interpolate`] brings axes to other sizes, and the layer of that name.
///
/// A form ([`nearest`](Interpolate::nearest), [`linear`](Interpolate::linear), ..) is given a [`size`](Interpolate::size)
/// or a [`scale`](Interpolate::scale): a list with one entry for each of the last axes. From an axis of n cells to one of m:
///
/// - Place i looks at u = (i + ½)·n/m − ½, which aligns the outer edges of the first and the last cells.
/// - With [`align_corners`](Interpolate::align_corners), u = i·(n − 1)/(m − 1), which aligns their centres.
/// - By scale s, m = ⌊n·s⌋, and u = (i + ½)/s − ½ keeps s itself unless
///   [`recompute_scale`](Interpolate::recompute_scale) puts m/n in its place.
/// - Beyond the first and the last cell these two are repeated.
///
/// ```
/// use wengert::{Interpolate, prelude::*};
/// let tape = Tape::new();
/// let x = tape.var([[[0., 4.], [8., 12.]]]);
/// let y = x.interpolate(Interpolate::linear().size([3, 3]).align_corners());
/// assert_eq!(y.value().as_slice().unwrap(), [0., 2., 4., 4., 6., 8., 8., 10., 12.]);
/// assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [2.25; 4]);
/// let z = x.interpolate(Interpolate::nearest().scale([1.0, 2.0]));
/// assert_eq!(z.value().as_slice().unwrap(), [0., 0., 4., 4., 8., 8., 12., 12.]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Interpolate {
    by: By,
    target: Target,
    align_corners: bool,
    recompute_scale: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Nearest,
    NearestExact,
    Linear,
    Cubic,
    Area,
}

#[derive(Clone, Debug, PartialEq)]
enum Target {
    Missing,
    Size(SmallVec<[usize; 3]>),
    Scale(SmallVec<[f64; 3]>),
}

/// An axis that is resized: its number, its size to be, and its factor if one counts.
type Resized = (usize, usize, Option<f64>);

impl By {
    fn name(self) -> &'static str {
        match self {
            By::Nearest => "nearest",
            By::NearestExact => "nearest_exact",
            By::Linear => "linear",
            By::Cubic => "cubic",
            By::Area => "area",
        }
    }
}

impl Interpolate {
    fn by(by: By) -> Self {
        Interpolate { by, target: Target::Missing, align_corners: false, recompute_scale: false }
    }

    /// Every place takes the cell ⌊i·n/m⌋.
    pub fn nearest() -> Self {
        Interpolate::by(By::Nearest)
    }

    /// Every place takes the cell whose centre is nearest to its own, ⌊(i + ½)·n/m⌋.
    pub fn nearest_exact() -> Self {
        Interpolate::by(By::NearestExact)
    }

    /// Straight lines between the centres of neighbouring cells; over two axes it is bilinear, over three trilinear.
    pub fn linear() -> Self {
        Interpolate::by(By::Linear)
    }

    /// The cubic convolution of Keys (1981) with a = −0.75 over four cells; over two axes it is bicubic.
    pub fn cubic() -> Self {
        Interpolate::by(By::Cubic)
    }

    /// Every place takes the mean of the cells that it overlaps, ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉ − 1: adaptive average pooling.
    pub fn area() -> Self {
        Interpolate::by(By::Area)
    }

    /// The sizes of the last axes in the result.
    #[must_use]
    pub fn size(self, size: impl AsRef<[usize]>) -> Self {
        Interpolate { target: Target::Size(size.as_ref().into()), ..self }
    }

    /// The factors by which the last axes grow; sizes are rounded down.
    #[must_use]
    pub fn scale(self, scale: impl AsRef<[f64]>) -> Self {
        Interpolate { target: Target::Scale(scale.as_ref().into()), ..self }
    }

    /// Aligns the centres of the first and of the last cells, for [`linear`](Interpolate::linear) and
    /// [`cubic`](Interpolate::cubic).
    #[must_use]
    pub fn align_corners(self) -> Self {
        Interpolate { align_corners: true, ..self }
    }

    /// Takes coordinates from the rounded sizes, as [`size`](Interpolate::size) does, rather than from the factors given.
    #[must_use]
    pub fn recompute_scale(self) -> Self {
        Interpolate { recompute_scale: true, ..self }
    }

    /// The form in words, and what is asked for: "linear to [3, 3]".
    pub(crate) fn text(&self) -> String {
        let corners = if self.align_corners { ", corners aligned" } else { "" };
        match &self.target {
            Target::Missing => self.by.name().into(),
            Target::Size(size) => format!("{} to {:?}{corners}", self.by.name(), &size[..]),
            Target::Scale(scale) => format!("{} by {:?}{corners}", self.by.name(), &scale[..]),
        }
    }

    /// The axes that are resized, from the first to the last.
    fn axes(&self, dims: &Dims) -> Result<SmallVec<[Resized; 3]>, Error> {
        if self.align_corners && !matches!(self.by, By::Linear | By::Cubic) {
            return Err(Error::argument(format!("`{}` has no corners to align", self.by.name()))
                .rule("align_corners goes with linear and cubic interpolation")
                .fix("leave it out, or choose another form"));
        }
        let count = match &self.target {
            Target::Missing => {
                return Err(Error::argument("neither a size nor a scale is given")
                    .rule("the last axes get new sizes or factors, one for each")
                    .fix("say `.size([height, width])` or `.scale([2.0, 2.0])`"));
            }
            Target::Size(list) => list.len(),
            Target::Scale(list) => list.len(),
        };
        let Some(first) = dims.rank().checked_sub(count) else {
            return Err(Error::shape(format!("{count} sizes or factors for shape {dims}"))
                .rule(format!("there is one for each of the last axes; here are {}", dims.rank()))
                .fix("give as many as axes are resized"));
        };
        (first..dims.rank())
            .map(|axis| {
                let n = dims[axis];
                let (m, factor) = match &self.target {
                    Target::Scale(list) => (scaled(axis, n, list[axis - first])?, Some(list[axis - first])),
                    Target::Size(list) => (list[axis - first], None),
                    Target::Missing => unreachable!("it has been refused"),
                };
                if n == 0 || m == 0 {
                    return Err(Error::shape(format!("axis {axis} goes from size {n} to size {m}"))
                        .rule("an axis that is interpolated has cells, before and after")
                        .fix("give a size of 1 or more, or leave the axis out"));
                }
                Ok((axis, m, factor.filter(|_| !self.recompute_scale)))
            })
            .collect()
    }

    /// The map of an axis from n to m cells; `None` where every place takes the cell of its own number.
    fn map(&self, n: usize, m: usize, factor: Option<f64>) -> Option<AxisMap> {
        let apart = match factor {
            _ if self.align_corners && m == 1 => 0.0,
            _ if self.align_corners => (n - 1) as f64 / (m - 1) as f64,
            Some(s) => 1.0 / s,
            None => n as f64 / m as f64,
        };
        // The centre of place 0; the edge of a cell lies ½ before its centre.
        let centre = if self.align_corners { 0.0 } else { 0.5 * apart - 0.5 };
        let (filter, offset) = match self.by {
            By::Nearest => (Filter::Cell, 0.0),
            By::NearestExact => (Filter::Cell, 0.5 * apart),
            // Equal sizes stand for a copy, also where the factor is not quite 1.
            By::Linear if n == m => return None,
            By::Linear => (Filter::Linear, centre),
            By::Cubic => (Filter::Cubic, centre),
            By::Area if n == m => return None,
            By::Area => return Some(AxisMap::new(Rule::Mean, n, m)),
        };
        if n == m && apart == 1.0 {
            return None;
        }
        Some(AxisMap::new(Rule::Filter { filter, edge: Edge::Replicate, step: apart, offset }, n, m))
    }
}

/// ⌊n·s⌋, for a factor that makes sense.
fn scaled(axis: usize, n: usize, s: f64) -> Result<usize, Error> {
    if !(s > 0.0 && s.is_finite()) {
        return Err(Error::argument(format!("the factor of axis {axis} is {s}"))
            .rule("factors are positive numbers")
            .fix("use 2.0 for twice the size, 0.5 for half of it"));
    }
    let m = (n as f64 * s).floor();
    if m < 1.0 || m >= (1u64 << 53) as f64 {
        return Err(Error::shape(format!("the factor {s} brings axis {axis} of size {n} to size {m}"))
            .rule(format!("the size is ⌊n·s⌋ = ⌊{n}·{s}⌋, at least 1, and fits in memory"))
            .fix("use another factor, or give the size"));
    }
    Ok(m as usize)
}

impl<'t, T: Real> Var<'t, T> {
    /// The tensor with its last axes brought to other sizes; see [`Interpolate`].
    ///
    /// Axes that shrink are resized first, and of those that grow the last one first, so that least is computed.
    ///
    /// # Panics
    /// No size and no scale is given, or for more axes than there are; a size or factor is 0 (also after rounding), or a
    /// factor is negative or not finite; an axis is empty; or corners are to be aligned for a form that has none.
    #[track_caller]
    #[must_use]
    pub fn interpolate(self, options: Interpolate) -> Self {
        let dims = self.dims();
        let mut axes = match options.axes(&dims) {
            Ok(axes) => axes,
            Err(e) => self.tape.blame(e, "interpolate", &[self.id]).raise(),
        };
        axes.sort_by_key(|&(axis, m, _)| if m < dims[axis] { (0, axis) } else { (1, dims.rank() - axis) });
        let mut x = self;
        for (axis, m, factor) in axes {
            if let Some(map) = options.map(dims[axis], m, factor) {
                x = x.resampled(axis, map);
            }
        }
        x
    }

    /// Images \[.., H, W\] with every cell repeated: the last two axes times a whole number.
    ///
    /// # Panics
    /// The rank is below 2, an axis is empty, or the factor is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.]]);
    /// assert_eq!(x.upsample_nearest(2).value().as_slice().unwrap(), [1., 1., 2., 2., 1., 1., 2., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn upsample_nearest(self, factor: impl PerAxis<2>) -> Self {
        self.interpolate(Interpolate::nearest().scale(factor.per_axis().map(|f| f as f64)))
    }

    /// Images \[.., H, W\] with straight lines between the cells: the last two axes times a whole number.
    ///
    /// The outer edges stay in place; where the centres of the outermost cells shall, use [`Var::interpolate`] with
    /// [`align_corners`](Interpolate::align_corners).
    ///
    /// # Panics
    /// The rank is below 2, an axis is empty, or the factor is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[0., 4.]]);
    /// assert_eq!(x.upsample_bilinear([1, 2]).value().as_slice().unwrap(), [0., 1., 3., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn upsample_bilinear(self, factor: impl PerAxis<2>) -> Self {
        self.interpolate(Interpolate::linear().scale(factor.per_axis().map(|f| f as f64)))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::check::check;
    use crate::tape::Tensor;

    fn list(y: Var<'_, f64>) -> Vec<f64> {
        y.value().into_raw_vec_and_offset().0
    }

    #[test]
    fn derivatives_hold_in_every_form() {
        let x = Tensor::new([2, 3, 4], (0..24).map(|k| f64::from(k).sin()).collect()).unwrap();
        for form in [
            Interpolate::nearest().size([5, 3]),
            Interpolate::nearest_exact().scale([0.7, 1.6]),
            Interpolate::linear().size([2, 6]),
            Interpolate::linear().scale([1.7, 0.6]).align_corners(),
            Interpolate::cubic().scale([1.7, 0.6]),
            Interpolate::area().size([2, 3, 2]),
        ] {
            check(|_, x| x[0].interpolate(form.clone()).square(), (x.clone(),)).assert();
        }
    }

    #[test]
    fn values_along_one_axis_are_those_of_the_formulas() {
        let tape = Tape::<f64>::default();
        let x = tape.var([1., 2., 4., 8.]);
        let of = |form: Interpolate| list(x.interpolate(form));
        assert_eq!(of(Interpolate::nearest().size([6])), [1., 1., 2., 4., 4., 8.]);
        assert_eq!(of(Interpolate::nearest_exact().size([6])), [1., 2., 2., 4., 8., 8.]);
        assert_eq!(of(Interpolate::linear().size([8])), [1., 1.25, 1.75, 2.5, 3.5, 5., 7., 8.]);
        assert_eq!(of(Interpolate::linear().size([7]).align_corners()), [1., 1.5, 2., 3., 4., 6., 8.]);
        assert_eq!(of(Interpolate::linear().size([1]).align_corners()), [1.]);
        assert_eq!(of(Interpolate::area().size([3])), [1.5, 3., 6.]);
        // u = 1.5: the weights are −0.09375, 0.59375, 0.59375, −0.09375.
        assert_eq!(of(Interpolate::cubic().size([1])), [0.59375 * 6. - 0.09375 * 9.]);
        // A third of the way between two cells, by hand: u = (0 + ½)/1.5 − ½ = −1/6, then ½, then 7/6, ..
        let y = of(Interpolate::linear().scale([1.5]));
        let by_hand = [1., 1.5, 2. + 1. / 3., 3. + 2. / 3., 6., 8.];
        assert!(y.iter().zip(by_hand).all(|(a, b)| (a - b).abs() < 1e-12), "{y:?}");
    }

    #[test]
    fn a_factor_is_kept_or_recomputed() {
        let tape = Tape::<f64>::default();
        let x = tape.var([0., 1., 2., 3.]);
        let kept = list(x.interpolate(Interpolate::linear().scale([1.6])));
        let recomputed = list(x.interpolate(Interpolate::linear().scale([1.6]).recompute_scale()));
        assert_eq!(kept.len(), 6);
        assert!((kept[2] - (2.5 / 1.6 - 0.5)).abs() < 1e-12);
        assert_eq!(recomputed, list(x.interpolate(Interpolate::linear().size([6]))));
        assert_eq!(list(x.interpolate(Interpolate::linear().scale([1.1]))), [0., 1., 2., 3.]);
    }

    #[test]
    fn shrinking_comes_before_growing() {
        let tape = Tape::<f64>::default();
        let here = line!() + 1;
        let y = tape.zeros([4, 4, 4]).interpolate(Interpolate::linear().size([8, 2, 8]));
        assert_eq!(y.dims(), [8, 2, 8]);
        let text = tape.to_string();
        let steps: Vec<_> = text.lines().filter(|l| l.contains("resample")).collect();
        assert!(steps[0].contains("[4,2,4]") && steps[1].contains("[4,2,8]"), "{text}");
        assert!(steps.iter().all(|l| l.contains(&format!("interpolate.rs:{here}"))), "the caller's line: {text}");
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let refusal = |dims: &[usize], form: Interpolate| {
            let text = catch_unwind(AssertUnwindSafe(|| tape.zeros(dims).interpolate(form))).unwrap_err();
            text.downcast_ref::<String>().expect("panics carry text").clone()
        };
        let linear = Interpolate::linear;
        for (text, part) in [
            (refusal(&[2, 3], linear()), "neither a size nor a scale"),
            (refusal(&[2], linear().size([1, 2])), "2 sizes or factors for shape [2]"),
            (refusal(&[2, 4], linear().scale([0.1])), "⌊4·0.1⌋"),
            (refusal(&[2, 4], linear().scale([-1.0])), "the factor of axis 1 is -1"),
            (refusal(&[2, 4], linear().scale([f64::NAN])), "NaN"),
            (refusal(&[2, 4], linear().scale([1e300])), "fits in memory"),
            (refusal(&[2, 4], linear().size([0])), "axis 1 goes from size 4 to size 0"),
            (refusal(&[2, 0], linear().size([3])), "axis 1 goes from size 0 to size 3"),
            (refusal(&[2, 4], linear().size([usize::MAX])), "fits in memory"),
            (refusal(&[2, 4], Interpolate::nearest().size([3]).align_corners()), "`nearest` has no corners"),
        ] {
            assert!(text.contains(part) && text.contains("interpolate.rs"), "{part} is missing in: {text}");
        }
    }
}
