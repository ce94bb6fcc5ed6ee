//! Gather and scatter within planes, each the other's adjoint: how values travel along the indices that pooling kept.
//! Cells that no index names get exactly 0; cells that several name get the sum, added in row-major order.

use super::images::{plane, with_plane};
use crate::kernels::pool;
use crate::ops::prelude::*;

/// y[.., l] = x[.., index[.., l]], the last two axes of x being one plane.
#[derive(Clone, Debug)]
pub(crate) struct PlaneGather;

/// The adjoint: y[.., index[.., l]] += x[.., l] into planes of the given height and width.
#[derive(Clone, Debug)]
pub(crate) struct PlaneScatter {
    plane: [usize; 2],
}

fn infer(x: &[Sig<'_>], scatter_into: Option<[usize; 2]>) -> Result<ResultSigs, Error> {
    let (values, index) = (x[0], x[1]);
    if values.rank() < 2 || index.rank() < 2 || values.dims[..values.rank() - 2] != index.dims[..index.rank() - 2] {
        return Err(Error::shape(format!("values {values} and indices {index} do not stand in the same planes"))
            .rule("all axes but the last two are equal")
            .fix("use the indices that came with the pooling of this tensor"));
    }
    match scatter_into {
        None => Ok(ResultSigs::real(index.dims)),
        Some(_) if values.dims != index.dims => Err(Error::shape(format!("{values} values and {index} indices"))
            .rule("there is one index for every value")
            .fix("use the indices that came with these maxima")),
        Some(plane) => Ok(ResultSigs::real(with_plane(values.dims, plane))),
    }
}

fn plane_size(dims: &[usize]) -> usize {
    plane::<2>(dims).iter().product()
}

fn out_of_range(at: usize, index: &[u32], cells: usize) -> Fault {
    Fault::index(format!("index {} at position {at} lies outside a plane of {cells} cells", index[at]))
        .rule("indices are flat, row-major, and count within one plane")
        .fix("use the indices that came with the pooling")
}

impl<T: Real> Op<T> for PlaneGather {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "plane_gather"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        infer(x, None)
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (cells, picks, index) = (plane_size(x[0].dims()), plane_size(x[1].dims()), x[1].int());
        pool::plane_gather((x[0].real(), cells), (index, picks), y[0].real())
            .map_err(|at| out_of_range(at, index, cells))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().plane_scatter(r.int(1), plane(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.plane_gather(r.int(1)));
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<T: Real> Op<T> for PlaneScatter {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "plane_scatter"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        infer(x, Some(self.plane))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (cells, picks, index) = (self.plane[0] * self.plane[1], plane_size(x[1].dims()), x[1].int());
        pool::plane_scatter(x[0].real(), (index, picks), (y[0].real(), cells))
            .map_err(|at| out_of_range(at, index, cells))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().plane_gather(r.int(1)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.plane_scatter(r.int(1), self.plane));
    }

    fn attributes(&self) -> Attributes {
        smallvec![("plane", (&self.plane[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Picks from each plane (the last two axes) the elements at the given flat positions.
    ///
    /// # Panics
    /// The leading axes differ; when run, an index lies outside its plane.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// let picked = x.plane_gather(tape.ints([3, 0]).reshape([1, 2]));
    /// assert_eq!(picked.value().as_slice().unwrap(), [4., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn plane_gather(self, index: IntVar<'t, T>) -> Var<'t, T> {
        self.tape.plain(&PlaneGather, &[self.into(), index.into()]).real(0)
    }

    /// Adds each element into its plane of the given height and width at the given flat position: the adjoint of
    /// [`plane_gather`](Var::plane_gather).
    ///
    /// # Panics
    /// Values and indices differ in shape; when run, an index lies outside its plane.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([[10., 1.]]).plane_scatter(tape.ints([3, 3]).reshape([1, 2]), [2, 2]);
    /// assert_eq!(y.value().as_slice().unwrap(), [0., 0., 0., 11.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn plane_scatter(self, index: IntVar<'t, T>, plane: [usize; 2]) -> Var<'t, T> {
        self.tape.call(PlaneScatter { plane }, &[self.into(), index.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let index = [0u32, 5, 5, 2, 1, 3, 4, 0];
        let gather = |n: usize, at: &[u32]| OpCheck::new(PlaneGather).real([n, 2, 3]).ints([n, 2, 2], at);
        let scatter =
            |n: usize, at: &[u32]| OpCheck::new(PlaneScatter { plane: [2, 3] }).real([n, 2, 2]).ints([n, 2, 2], at);
        vec![gather(2, &index), gather(0, &[]), scatter(2, &index), scatter(0, &[])]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }
}
