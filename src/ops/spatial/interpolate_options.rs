//! The options of interpolation: which axes get which size, and the sparse map that brings an axis there.
//! Source coordinates follow PyTorch's formulas, which are those of its `interpolate`.

use super::resample::{AxisMap, Rule};
use crate::kernels::filter::{Edge, Filter};
use crate::ops::prelude::*;

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
pub(super) type Resized = (usize, usize, Option<f64>);

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
    pub(super) fn axes(&self, dims: &Dims) -> Result<SmallVec<[Resized; 3]>, Error> {
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
    pub(super) fn map(&self, n: usize, m: usize, factor: Option<f64>) -> Option<AxisMap> {
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
