//! A diagonal of each matrix of a tensor, and the tensor with a given diagonal: each the other's adjoint.
//! On top of them: `diag`, `trace`, and the identity matrix.

use crate::kernels::strided;
use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::without;
use crate::shape::{checked_count, resolve_axis, strides};

/// Which diagonal: `offset` places above the main one (below it where negative), of rows along one axis and columns
/// along another.
#[derive(Clone, Debug)]
struct Band {
    offset: isize,
    axes: [usize; 2],
}

/// The elements on the diagonal, which become the last axis.
#[derive(Clone, Debug)]
pub(crate) struct Diagonal {
    band: Band,
}

/// The tensor of the given shape that holds the operand on the diagonal and zeros elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct DiagEmbed {
    band: Band,
    dims: Dims,
}

impl Band {
    /// The shape of the diagonal of a tensor of shape `dims`.
    fn dims(&self, dims: &[usize]) -> Dims {
        let [rows, cols] = self.axes.map(|a| dims[a]);
        let (down, right) = self.start();
        let mut d = without(dims, &self.axes);
        d.push(rows.saturating_sub(down).min(cols.saturating_sub(right)));
        d
    }

    /// The first row and the first column of the diagonal.
    fn start(&self) -> (usize, usize) {
        let by = self.offset.unsigned_abs();
        if self.offset < 0 { (by, 0) } else { (0, by) }
    }

    /// Where the diagonal begins and how far one step along each of its axes goes.
    fn layout(&self, dims: &[usize]) -> (usize, SmallVec<[isize; 4]>) {
        let own = strides(dims);
        let ([a, b], (down, right)) = (self.axes, self.start());
        let steps = (0..dims.len()).filter(|k| !self.axes.contains(k)).map(|k| own[k] as isize);
        let steps = steps.chain([(own[a] + own[b]) as isize]).collect();
        if self.dims(dims).contains(&0) { (0, steps) } else { (down * own[a] + right * own[b], steps) }
    }

    fn attributes(&self) -> Attributes {
        smallvec![("offset", AttrValue::Int(self.offset as i64)), ("axes", (&self.axes[..]).into())]
    }

    fn check(&self, dims: &[usize]) -> Result<(), Error> {
        let [a, b] = self.axes;
        if a == b || a.max(b) >= dims.len() {
            return Err(Error::shape(format!("axes {a} and {b} of shape {dims:?} have no diagonal"))
                .rule("a diagonal lies between two different axes of the tensor")
                .fix("name the axis of the rows and that of the columns"));
        }
        Ok(())
    }
}

impl<T: Real> Op<T> for Diagonal {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "diagonal"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        self.band.check(x[0].dims)?;
        Ok(ResultSigs::real(self.band.dims(x[0].dims)))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (offset, steps) = self.band.layout(x[0].dims());
        strided::copy(y[0].dims(), x[0].real(), offset, &steps, y[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().on_band(DiagEmbed { band: self.band.clone(), dims: r.dims(0) }));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.band(self.band.clone()));
    }

    fn attributes(&self) -> Attributes {
        self.band.attributes()
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

impl<T: Real> Op<T> for DiagEmbed {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "diag_embed"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        self.band.check(&self.dims)?;
        let wants = self.band.dims(&self.dims);
        if wants != *x[0].dims {
            return Err(Error::shape(format!("shape {} does not fill a diagonal of shape {}", x[0], self.dims))
                .rule(format!("that diagonal has shape {wants}"))
                .fix("choose a shape whose diagonal is as long as the operand"));
        }
        Ok(ResultSigs::real(self.dims.clone()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (offset, steps) = self.band.layout(&self.dims);
        let y = y[0].real();
        y.fill(T::zero());
        strided::place(x[0].dims(), x[0].real(), y, offset, &steps);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().band(self.band.clone()));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.on_band(self.clone()));
    }

    fn attributes(&self) -> Attributes {
        let mut list = self.band.attributes();
        list.push(("shape", (&self.dims[..]).into()));
        list
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Route
    }
}

/// The two axes as positions of a shape.
fn two_axes(axes: [isize; 2], dims: &[usize]) -> Result<[usize; 2], Error> {
    Ok([resolve_axis(axes[0], dims)?, resolve_axis(axes[1], dims)?])
}

impl<'t, T: Real> Var<'t, T> {
    /// The diagonal between two axes (rows, columns), which vanish; it becomes the last axis.
    ///
    /// `offset` counts from the main diagonal: 1 is the one above it, -1 the one below. It may lie outside: the result is
    /// empty then.
    ///
    /// # Panics
    /// An axis does not exist, or both are the same.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// assert_eq!(x.diagonal(0, [0, 1]).value().as_slice().unwrap(), [1., 5.]);
    /// let above = x.diagonal(1, [-2, -1]);
    /// assert_eq!(above.value().as_slice().unwrap(), [2., 6.]);
    /// assert_eq!(above.sum().backward()[x].as_slice().unwrap(), [0., 1., 0., 0., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn diagonal(self, offset: isize, axes: [isize; 2]) -> Self {
        match two_axes(axes, &self.dims()) {
            Ok(axes) => self.band(Band { offset, axes }),
            Err(e) => self.tape.blame(e, "diagonal", &[self.id]).raise(),
        }
    }

    /// Square matrices that hold the last axis on a diagonal and zeros elsewhere; the two axes (rows, columns) are
    /// positions in the result, which has one axis more.
    ///
    /// # Panics
    /// The operand is a number, the axes do not exist or are the same, or the matrices are too large.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// let y = x.diag_embed(0, [-2, -1]);
    /// assert_eq!(y.dims(), [2, 2, 2]);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 0., 0., 2., 3., 0., 0., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn diag_embed(self, offset: isize, axes: [isize; 2]) -> Self {
        match embedding(&self.dims(), offset, axes) {
            Ok(op) => self.on_band(op),
            Err(e) => self.tape.blame(e, "diag_embed", &[self.id]).raise(),
        }
    }

    /// The diagonal of a matrix, or the square matrix with a vector on its diagonal; see [`diagonal`](Var::diagonal).
    ///
    /// # Panics
    /// The operand is neither a vector nor a matrix.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([1., 2.]);
    /// assert_eq!(x.diag(0).value().as_slice().unwrap(), [1., 0., 0., 2.]);
    /// assert_eq!(x.diag(-1).diag(-1).value().as_slice().unwrap(), [1., 2.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn diag(self, offset: isize) -> Self {
        match self.rank() {
            1 => self.diag_embed(offset, [0, 1]),
            2 => self.diagonal(offset, [0, 1]),
            rank => {
                let e = Error::shape(format!("shape {} is neither a vector nor a matrix", self.dims()))
                    .rule(format!("the rank is 1 or 2; it is {rank}"))
                    .fix("say which axes with `diagonal` or `diag_embed`");
                self.tape.blame(e, "diag", &[self.id]).raise()
            }
        }
    }

    /// The sum of the diagonal of a matrix, or of each matrix of a batch: Σᵢ xᵢᵢ.
    ///
    /// # Panics
    /// The rank is below 2.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2.], [3., 4.]]);
    /// assert_eq!(x.trace().item(), 5.0);
    /// assert_eq!(x.trace().backward()[x].as_slice().unwrap(), [1., 0., 0., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn trace(self) -> Self {
        self.matrices("trace").diagonal(0, [-2, -1]).sum_over(-1)
    }

    /// Itself, where it has rows and columns.
    #[track_caller]
    pub(super) fn matrices(self, op: &'static str) -> Self {
        if self.rank() < 2 {
            let e = Error::shape(format!("shape {} has no rows and columns", self.dims()))
                .rule(format!("the last two axes are a matrix; the rank is {}", self.rank()))
                .fix("reshape to rank 2 or more");
            self.tape.blame(e, op, &[self.id]).raise()
        }
        self
    }

    #[track_caller]
    fn band(self, band: Band) -> Self {
        if self.as_fill().is_some_and(|c| c == T::zero()) {
            return self.tape.fill(band.dims(&self.dims()), T::zero());
        }
        self.tape.call(Diagonal { band }, &[self.into()]).real(0)
    }

    #[track_caller]
    fn on_band(self, op: DiagEmbed) -> Self {
        if self.as_fill().is_some_and(|c| c == T::zero()) {
            return self.tape.fill(op.dims, T::zero());
        }
        self.tape.call(op, &[self.into()]).real(0)
    }
}

/// The operation that puts the last axis of a shape on a diagonal of square matrices.
fn embedding(dims: &Dims, offset: isize, axes: [isize; 2]) -> Result<DiagEmbed, Error> {
    let [lead @ .., n] = &dims[..] else {
        return Err(Error::shape("a number has no axis to put on a diagonal")
            .rule("the rank is 1 or more")
            .fix("reshape to [1]"));
    };
    let edge = n.checked_add(offset.unsigned_abs()).filter(|&e| checked_count(&[lead, &[e, e]].concat()).is_some());
    let Some(edge) = edge else {
        return Err(Error::shape(format!("diagonal {offset} of {n} elements"))
            .rule("the result fits in memory")
            .fix("use a smaller offset"));
    };
    let mut full = Dims::from(lead);
    full.push(edge);
    full.push(edge);
    let axes = two_axes(axes, &full)?;
    let band = Band { offset, axes };
    band.check(&full)?;
    let mut others = lead.iter();
    let dims = (0..full.rank()).map(|k| if axes.contains(&k) { edge } else { *others.next().expect("as many") });
    Ok(DiagEmbed { dims: dims.collect(), band })
}

impl<T: Real> Tape<T> {
    /// The identity matrix with n rows.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.eye(2).value().as_slice().unwrap(), [1., 0., 0., 1.]);
    /// ```
    #[track_caller]
    pub fn eye(&self, n: usize) -> Var<'_, T> {
        self.ones([n]).diag_embed(0, [0, 1])
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let mut list = Vec::new();
        for (offset, axes, dims) in [
            (0, [0, 1], Dims::from([3, 4])),
            (1, [1, 0], Dims::from([3, 4])),
            (-2, [2, 0], Dims::from([2, 5, 3])),
            (7, [0, 1], Dims::from([3, 3])),
            (0, [1, 2], Dims::from([2, 3, 3])),
            (0, [0, 2], Dims::from([0, 2, 3])),
        ] {
            let band = Band { offset, axes };
            let inner = band.dims(&dims);
            list.push(OpCheck::new(Diagonal { band: band.clone() }).real(&dims));
            list.push(OpCheck::new(DiagEmbed { band, dims }).real(inner));
        }
        list
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn axes_of_a_result_may_be_given_in_any_order() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let y = x.diag_embed(1, [-1, 0]);
        assert_eq!(y.dims(), [4, 2, 4]);
        assert_eq!((y.value()[[1, 0, 0]], y.value()[[3, 1, 2]], y.sum().item()), (1.0, 6.0, 21.0));
        assert_eq!(y.diagonal(1, [2, 0]).value(), x.value());
    }

    #[test]
    #[should_panic(expected = "diag_embed: diagonal 9223372036854775807 of 2 elements")]
    fn an_absurd_offset_is_refused() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).diag(isize::MAX);
    }

    #[test]
    #[should_panic(expected = "diagonal: axes 1 and 1 of shape [2, 3] have no diagonal")]
    fn one_axis_has_no_diagonal() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).diagonal(0, [1, -1]);
    }

    #[test]
    #[should_panic(expected = "trace: shape [3] has no rows and columns")]
    fn a_vector_has_no_trace() {
        let tape = Tape::new();
        let _ = tape.zeros([3]).trace();
    }
}
