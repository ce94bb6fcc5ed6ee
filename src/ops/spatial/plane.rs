//! Gather and scatter within planes, each the other's adjoint: how values travel along the indices that pooling kept.
//! Cells that no index names get exactly 0; cells that several name get the sum, added in row-major order.

use std::any::TypeId;

use super::images::{plane, times, with_plane};
use crate::kernels::plane as kernel;
use crate::ops::index::positions::{check_known, outside};
use crate::ops::prelude::*;

/// y[.., l] = x[.., index[.., l]], the last `D` axes of x being one plane.
#[derive(Clone, Debug)]
pub(crate) struct PlaneGather<const D: usize>;

/// The adjoint: y[.., index[.., l]] += x[.., l] into planes of the given sizes.
#[derive(Clone, Debug)]
pub(crate) struct PlaneScatter<const D: usize> {
    plane: [usize; D],
}

/// Whether an operation is a scatter over planes.
pub(crate) fn is_plane_scatter<T: Real>(op: &dyn Op<T>) -> bool {
    let is = op.type_of();
    [TypeId::of::<PlaneScatter<1>>(), TypeId::of::<PlaneScatter<2>>(), TypeId::of::<PlaneScatter<3>>()].contains(&is)
}

/// Refuses values and indices that do not stand in the same planes, and known indices that lie outside them.
pub(crate) fn check_planes<const D: usize>(values: &Sig<'_>, index: &Sig<'_>, plane: [usize; D]) -> Result<(), Error> {
    let lead = |s: &Sig<'_>| s.rank().checked_sub(D);
    match (lead(values), lead(index)) {
        (Some(n), Some(m)) if values.dims[..n] == index.dims[..m] => {}
        _ => {
            let last = ["one", "two", "three"][D - 1];
            return Err(Error::shape(format!("values {values} and indices {index} do not stand in the same planes"))
                .rule(format!("all axes but the last {last} are equal"))
                .fix("use the indices that came with the pooling of this tensor"));
        }
    }
    check_known(index, size(&plane), || within(&plane))
}

/// Refuses values that do not have one index each.
pub(crate) fn check_pairs(values: &Sig<'_>, index: &Sig<'_>) -> Result<(), Error> {
    if values.dims == index.dims {
        return Ok(());
    }
    Err(Error::shape(format!("{values} values and {index} indices"))
        .rule("there is one index for every value")
        .fix("use the indices that came with these maxima"))
}

/// The number of cells of a plane; a shape on the tape cannot overflow, and one asked for is refused before it is run.
pub(crate) fn size(plane: &[usize]) -> usize {
    plane.iter().fold(1, |n: usize, &size| n.saturating_mul(size))
}

/// The number of cells in the last `D` axes.
pub(crate) fn cells<const D: usize>(dims: &[usize]) -> usize {
    size(&plane::<D>(dims))
}

fn within(plane: &[usize]) -> String {
    format!("a plane of {} = {} cells", times(plane), size(plane))
}

/// The fault of a kernel that met the index at the flat position `at` outside its plane.
pub(crate) fn outside_plane<T>(index: &Arg<'_, T>, at: usize, plane: &[usize]) -> Fault {
    outside(index, at, size(plane), &within(plane))
}

impl<T: Real, const D: usize> Op<T> for PlaneGather<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "plane_gather"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_planes::<D>(&x[0], &x[1], if x[0].rank() < D { [0; D] } else { plane(x[0].dims) })?;
        Ok(ResultSigs::real(x[1].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (plane, index) = (plane::<D>(x[0].dims()), (x[1].int(), cells::<D>(x[1].dims())));
        kernel::plane_gather((x[0].real(), size(&plane)), index, y[0].real())
            .map_err(|at| outside_plane(&x[1], at, &plane))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().scatter_in_planes(r.int(1), plane::<D>(&r.dims(0))));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.gather_in_planes::<D>(r.int(1)));
    }

    fn attributes(&self) -> Attributes {
        if D == 2 { Attributes::new() } else { smallvec![("axes", D.into())] }
    }

    fn reads(&self) -> Reads {
        Reads { operands: Which::These(0b10), results: Which::None }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<T: Real, const D: usize> Op<T> for PlaneScatter<D> {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "plane_scatter"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        check_planes(&x[0], &x[1], self.plane)?;
        check_pairs(&x[0], &x[1])?;
        Ok(ResultSigs::real(with_plane(x[0].dims, self.plane)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let index = (x[1].int(), cells::<D>(x[1].dims()));
        kernel::plane_scatter(x[0].real(), index, (y[0].real(), size(&self.plane)))
            .map_err(|at| outside_plane(&x[1], at, &self.plane))
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().gather_in_planes::<D>(r.int(1)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.scatter_in_planes(r.int(1), self.plane));
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
        self.gather_in_planes::<2>(index)
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
        self.scatter_in_planes(index, plane)
    }

    /// [`plane_gather`](Var::plane_gather) in planes of `D` axes.
    #[track_caller]
    pub(crate) fn gather_in_planes<const D: usize>(self, index: IntVar<'t, T>) -> Var<'t, T> {
        self.tape.call(PlaneGather::<D>, &[self.into(), index.into()]).real(0)
    }

    /// [`plane_scatter`](Var::plane_scatter) into planes of `D` axes.
    #[track_caller]
    pub(crate) fn scatter_in_planes<const D: usize>(self, index: IntVar<'t, T>, plane: [usize; D]) -> Var<'t, T> {
        self.tape.call(PlaneScatter { plane }, &[self.into(), index.into()]).real(0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::tape::Tensor;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let index = [0u32, 5, 5, 2, 1, 3, 4, 0];
        let gather = |n: usize, at: &[u32]| OpCheck::new(PlaneGather::<2>).real([n, 2, 3]).ints([n, 2, 2], at);
        let scatter =
            |n: usize, at: &[u32]| OpCheck::new(PlaneScatter { plane: [2, 3] }).real([n, 2, 2]).ints([n, 2, 2], at);
        vec![
            gather(2, &index),
            gather(0, &[]),
            scatter(2, &index),
            scatter(0, &[]),
            OpCheck::new(PlaneGather::<1>).real([2, 3]).ints([2, 4], &index.map(|i| i % 3)),
            OpCheck::new(PlaneScatter { plane: [3, 1, 2] }).real([2, 1, 2, 2]).ints([2, 1, 2, 2], &index),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn refusals_name_the_index_and_the_plane() {
        let tape = Tape::<f64>::default();
        let index = |dims: &[usize], list: [u32; 2]| tape.ints(Tensor::new(dims, list.to_vec()).unwrap());
        let x = tape.zeros([2, 1, 3]);
        let gather =
            |index: IntVar<'_, f64>| tape.apply(PlaneGather::<2>, &[x.into(), index.into()]).unwrap_err().to_string();
        let e = gather(index(&[2, 1, 1], [0, 3]));
        assert!(e.contains("index 3 at position [1, 0, 0] lies outside a plane of 1×3 = 3 cells"), "{e}");
        let e = gather(index(&[1, 2, 1], [0, 1]));
        assert!(e.contains("[2, 1, 3]") && e.contains("all axes but the last two are equal"), "{e}");
        let operands = [tape.zeros([2, 3]).into(), index(&[2, 1], [0, 1]).into()];
        let e = tape.apply(PlaneScatter { plane: [4] }, &operands).unwrap_err().to_string();
        assert!(e.contains("one index for every value"), "{e}");
        // An index that is computed is met by the kernel.
        let late = x.plane_gather(index(&[2], [0, 3]).reshape([2, 1, 1]));
        let e = late.try_tensor().unwrap_err().to_string();
        assert!(e.contains("index 3 at position [1, 0, 0]"), "{e}");
    }
}
