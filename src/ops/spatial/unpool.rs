//! The inverse of max pooling: every value back to the cell that its index names, zeros elsewhere.
//! Where several indices name one cell the last write stays, and the derivative is that of what is done: its alone.

use super::images::{by_axes, image_size, plane, window_attributes, with_plane};
use super::max_pool::{MaxPool, MaxPool1d, MaxPool2d, MaxPool3d};
use super::plane::{cells, check_pairs, check_planes, outside_plane, size};
use crate::kernels::plane as kernel;
use crate::ops::prelude::*;
use crate::window::Window;

/// y[.., index[.., l]] = x[.., l] in the order of l, into planes of the sizes that were pooled.
#[derive(Clone, Debug)]
pub(crate) struct MaxUnpool<const D: usize> {
    window: Window<D>,
    /// `None` for the sizes that the windows cover exactly.
    plane: Option<[usize; D]>,
}

/// The adjoint, from planes to this many windows: y[.., l] = x[.., index[.., l]] where l was the last to name its cell,
/// else 0.
#[derive(Clone, Debug)]
pub(crate) struct MaxUnpoolAdjoint<const D: usize> {
    unpool: MaxUnpool<D>,
    windows: [usize; D],
}

impl<const D: usize> MaxUnpool<D> {
    fn of(pool: &MaxPool<D>, plane: Option<[usize; D]>) -> Self {
        MaxUnpool { window: pool.window().clone(), plane }
    }

    fn geometry(&self) -> Attributes {
        let mut a = window_attributes(&self.window);
        a.extend(self.plane.map(|plane| ("plane", (&plane[..]).into())));
        a
    }
}

impl<T: Real, const D: usize> Op<T> for MaxUnpool<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["max_unpool1d", "max_unpool2d", "max_unpool3d"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real, Kind::Int])?;
        let plane = self.window.unpooled(image_size(&x[0])?, self.plane)?;
        check_pairs(&x[0], &x[1])?;
        check_planes(&x[0], &x[1], plane)?;
        Ok(ResultSigs::real(with_plane(x[0].dims, plane)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (plane, index) = (plane::<D>(y[0].dims()), (x[1].int(), cells::<D>(x[1].dims())));
        kernel::plane_write(x[0].real(), index, (y[0].real(), size(&plane)))
            .map_err(|at| outside_plane(&x[1], at, &plane))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().read_last(r.int(1), self, plane(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.unpool(r.int(1), self.clone()));
    }

    fn attributes(&self) -> Attributes {
        self.geometry()
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<T: Real, const D: usize> Op<T> for MaxUnpoolAdjoint<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        by_axes::<D>(["max_unpool1d_adjoint", "max_unpool2d_adjoint", "max_unpool3d_adjoint"])
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let (plane, should) = (image_size(&x[0])?, self.unpool.window.unpooled(self.windows, self.unpool.plane)?);
        if plane != should {
            return Err(Error::shape(format!("{} is not the shape of what was unpooled", x[0]))
                .rule(format!("{:?} windows are unpooled to {should:?}", self.windows))
                .fix("give a cotangent of the shape of the unpooled tensor"));
        }
        check_planes(&x[0], &x[1], plane)?;
        Ok(ResultSigs::real(with_plane(x[0].dims, self.windows)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (plane, index) = (plane::<D>(x[0].dims()), (x[1].int(), cells::<D>(x[1].dims())));
        kernel::plane_read_last((x[0].real(), size(&plane)), index, y[0].real())
            .map_err(|at| outside_plane(&x[1], at, &plane))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().unpool(r.int(1), self.unpool.clone()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.read_last(r.int(1), &self.unpool, self.windows));
    }

    fn attributes(&self) -> Attributes {
        let mut a = self.unpool.geometry();
        a.push(("windows", (&self.windows[..]).into()));
        a
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The inverse of [`max_pool2d`](Var::max_pool2d): puts every value into the cell that its index names, in planes of
    /// zeros of size `(n − 1)·S − 2P + D(F − 1) + 1` along each axis, or of the given one.
    ///
    /// Where pooling dropped a tail or let a window hang over, give the size that was pooled; it is less than a stride away
    /// from that of the formula. Rounding plays no part.
    ///
    /// Overlapping windows may name one cell several times: the last value in row-major order stays, and the derivative is
    /// that of what is done, so the others get 0. (PyTorch gives all of them the cotangent of the cell.)
    ///
    /// # Panics
    /// The tensor is no batch of images, values and indices differ in shape, the size does not have so many windows, or
    /// a known index lies outside its plane; a computed one is an error when it runs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 2., 5.], [4., 3., 0.]]]);
    /// let options = MaxPool2d::new(2).floor();
    /// let (y, index) = x.max_pool2d_with_indices(options.clone());
    /// let back = y.max_unpool2d(index, options, Some([2, 3]));
    /// assert_eq!(back.value().as_slice().unwrap(), [0., 0., 0., 4., 0., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_unpool2d(
        self,
        index: IntVar<'t, T>,
        options: impl Into<MaxPool2d>,
        size: Option<[usize; 2]>,
    ) -> Var<'t, T> {
        self.unpool(index, MaxUnpool::of(&options.into(), size))
    }

    /// The inverse of [`max_pool1d`](Var::max_pool1d); see [`max_unpool2d`](Var::max_unpool2d).
    ///
    /// # Panics
    /// As there, for signals.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = (tape.var([[7., 8.]]), tape.ints([1, 1]).reshape([1, 2]));
    /// let x = y.max_unpool1d(index, MaxPool1d::new(2).stride(1), None);
    /// assert_eq!(x.value().as_slice().unwrap(), [0., 8., 0.]);
    /// assert_eq!(x.sum().backward()[y].as_slice().unwrap(), [0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_unpool1d(
        self,
        index: IntVar<'t, T>,
        options: impl Into<MaxPool1d>,
        size: Option<[usize; 1]>,
    ) -> Var<'t, T> {
        self.unpool(index, MaxUnpool::of(&options.into(), size))
    }

    /// The inverse of [`max_pool3d`](Var::max_pool3d); see [`max_unpool2d`](Var::max_unpool2d).
    ///
    /// # Panics
    /// As there, for volumes.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (y, index) = (tape.var([[[[9.]]]]), tape.ints([6]).reshape([1, 1, 1, 1]));
    /// let x = y.max_unpool3d(index, 2, None);
    /// assert_eq!(x.value().as_slice().unwrap(), [0., 0., 0., 0., 0., 0., 9., 0.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn max_unpool3d(
        self,
        index: IntVar<'t, T>,
        options: impl Into<MaxPool3d>,
        size: Option<[usize; 3]>,
    ) -> Var<'t, T> {
        self.unpool(index, MaxUnpool::of(&options.into(), size))
    }

    #[track_caller]
    fn unpool<const D: usize>(self, index: IntVar<'t, T>, unpool: MaxUnpool<D>) -> Var<'t, T> {
        self.tape.call(unpool, &[self.into(), index.into()]).real(0)
    }

    #[track_caller]
    fn read_last<const D: usize>(self, index: IntVar<'t, T>, of: &MaxUnpool<D>, windows: [usize; D]) -> Var<'t, T> {
        let op = MaxUnpoolAdjoint { unpool: of.clone(), windows };
        self.tape.call(op, &[self.into(), index.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::tape::Tensor;

    /// The checks of an inverse and of its adjoint, with indices that name some cells twice and some never.
    fn pair<const D: usize>(pool: MaxPool<D>, x: &[usize], size: Option<[usize; D]>) -> [OpCheck; 2] {
        let unpool = MaxUnpool::of(&pool, size);
        let windows = plane(x);
        let plane = pool.window().unpooled(windows, size).unwrap();
        let cells: usize = plane.iter().product();
        let index: Vec<u32> = (0..x.iter().product()).map(|l: usize| (l * l % cells) as u32).collect();
        [
            OpCheck::new(unpool.clone()).real(x).ints(x, &index),
            OpCheck::new(MaxUnpoolAdjoint { unpool, windows }).real(with_plane(x, plane)).ints(x, &index),
        ]
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut all = Vec::new();
        all.extend(pair(MaxPool2d::new(2), &[2, 3, 2, 3], None));
        all.extend(pair(MaxPool2d::new(3).stride(2).padding(1), &[1, 2, 2], Some([4, 3])));
        all.extend(pair(MaxPool2d::new(2), &[0, 3, 2, 2], None));
        all.extend(pair(MaxPool1d::new(2).stride(1), &[2, 5], None));
        all.extend(pair(MaxPool3d::new([1, 2, 2]).dilation(2).stride(1), &[1, 2, 1, 2, 2], None));
        all
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn of_several_values_for_a_cell_the_last_stays_and_has_the_derivative() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[[1.0, 2.0, 0.0], [3.0, 9.0, 4.0], [5.0, 6.0, 7.0]]]);
        let options = MaxPool2d::new(2).stride(1);
        let (y, index) = x.max_pool2d_with_indices(options.clone());
        let y = tape.var(y.value());
        let back = (y * tape.constant([[[1.0, 2.0], [3.0, 4.0]]])).max_unpool2d(index, options, None);
        // All four windows chose the 9 in the middle; the last of them writes 4·9.
        assert_eq!(back.value()[[0, 1, 1]], 36.0);
        assert_eq!(back.sum().backward()[y].as_slice().unwrap(), [0.0, 0.0, 0.0, 4.0]);
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let text = |op: MaxUnpool<2>, x: &[usize], index: &[u32], at: &[usize]| {
            let index = tape.ints(Tensor::new(at, index.to_vec()).unwrap());
            tape.apply(op, &[tape.zeros(x).into(), index.into()]).unwrap_err().to_string()
        };
        let of = |size| MaxUnpool::of(&MaxPool2d::new(2), size);
        for (text, part) in [
            (
                text(of(None), &[1, 1, 2], &[0, 8], &[1, 1, 2]),
                "index 8 at position [0, 0, 1] lies outside a plane of 2×4 = 8 cells",
            ),
            (text(of(Some([4, 4])), &[1, 1, 2], &[0, 1], &[1, 1, 2]), "|4 − 2| is not below 2"),
            (text(of(None), &[1, 1, 2], &[0, 1], &[1, 2, 1]), "one index for every value"),
            (text(of(None), &[1, 2], &[0, 1], &[1, 2]), "[N, C, H, W]"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
