//! The same elements in the same order under another shape: storage is shared, nothing moves.
//! Also `stop_gradient`, which shares the value and cuts the derivative.

use crate::ops::prelude::*;

/// The operand under another shape with as many elements.
#[derive(Clone, Debug)]
pub(crate) struct Reshape {
    dims: Dims,
}

/// The operand's value without its derivative.
#[derive(Clone, Debug)]
pub(crate) struct StopGradient;

impl<T: Real> Op<T> for Reshape {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "reshape"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let (is, asked) = (x[0].count(), self.dims.checked_count());
        if asked != Some(is) {
            let asked = asked.map_or_else(|| "too many to count".to_string(), |n| n.to_string());
            return Err(Error::shape(format!("shape {} cannot become {}", x[0], self.dims))
                .rule(format!("the number of elements stays the same; there are {is}, and the new shape has {asked}"))
                .fix("choose sizes whose product is that number"));
        }
        Ok(ResultSigs::of(x[0].kind, self.dims.clone()))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        match y[0].try_real() {
            Some(y) => y.copy_from_slice(x[0].real()),
            None => y[0].int().copy_from_slice(x[0].int()),
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || r.g().reshape(r.dims(0)));
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.term(0, |dx| dx.reshape(&self.dims));
    }

    fn form(&self) -> Form<'_, T> {
        Form::Alias
    }

    fn attributes(&self) -> Attributes {
        smallvec![("shape", (&self.dims[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        Cost { flops: 0.0, cheap: true }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Permute
    }
}

impl<T: Real> Op<T> for StopGradient {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "stop_gradient"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        y[0].real().copy_from_slice(x[0].real());
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.zero(0, "stop_gradient cuts the path");
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        r.zero(0, "stop_gradient cuts the path");
    }

    fn form(&self) -> Form<'_, T> {
        Form::Alias
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Elementwise
    }
}

fn flat_from(dims: &Dims, axis: usize) -> Dims {
    let mut flat = Dims::from(&dims[..axis]);
    flat.push(dims[axis..].iter().product());
    flat
}

fn squeezed(dims: &Dims, axis: usize) -> Result<Dims, Error> {
    let mut rest = dims.clone();
    match rest.remove(axis) {
        1 => Ok(rest),
        size => Err(Error::shape(format!("axis {axis} of shape {dims} has size {size}"))
            .rule("only an axis of size 1 can be left out")
            .fix("take one index of it with `index_axis`, or reduce over it")),
    }
}

pub(crate) fn unsqueezed(dims: &Dims, axis: isize) -> Result<Dims, Error> {
    let places = dims.rank() as isize + 1;
    let at = if axis < 0 { axis + places } else { axis };
    if !(0..places).contains(&at) {
        return Err(Error::shape(format!("shape {dims} has no place {axis} for a new axis"))
            .rule(format!("the result has axes {} to {}", -places, places - 1))
            .fix("use a position within that range"));
    }
    let mut more = dims.clone();
    more.insert(at as usize, 1);
    Ok(more)
}

impl<'t, T: Real> Var<'t, T> {
    /// The same elements in row-major order under another shape.
    ///
    /// # Panics
    /// The number of elements differs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// assert_eq!(x.reshape([3, 2]).value()[[2, 0]], 5.0);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn reshape(self, dims: impl Into<Dims>) -> Self {
        let dims = dims.into();
        if self.tape.in_rule() {
            if self.dims() == dims {
                return self;
            }
            if let Some(c) = self.as_fill() {
                return self.tape.fill(dims, c);
            }
        }
        self.tape.call(Reshape { dims }, &[self.into()]).real(0)
    }

    /// All elements in one axis, row-major; a scalar becomes one element.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.var([[1., 2.], [3., 4.]]).flatten().value().as_slice().unwrap(), [1., 2., 3., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn flatten(self) -> Self {
        self.reshape(self.count())
    }

    /// The axes before `axis` as they are, all others in one: `flatten_from(1)` makes a batch of images a batch of rows.
    ///
    /// # Panics
    /// The axis does not exist.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.zeros([8, 3, 4, 5]).flatten_from(1).dims(), [8, 60]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn flatten_from(self, axis: isize) -> Self {
        let axis = self.axis("flatten_from", axis);
        self.reshape(flat_from(&self.dims(), axis))
    }

    /// The tensor without an axis of size 1.
    ///
    /// # Panics
    /// The axis does not exist, or its size is not 1.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.zeros([2, 1, 3]).squeeze(1).dims(), [2, 3]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn squeeze(self, axis: isize) -> Self {
        let axis = self.axis("squeeze", axis);
        match squeezed(&self.dims(), axis) {
            Ok(dims) => self.reshape(dims),
            Err(e) => self.tape.blame(e, "squeeze", &[self.id]).raise(),
        }
    }

    /// The tensor with a new axis of size 1 at position `axis`; negative ones count from the end, so -1 is behind all.
    ///
    /// # Panics
    /// The position lies outside the result's axes.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.zeros([2, 3]);
    /// assert_eq!(x.unsqueeze(0).dims(), [1, 2, 3]);
    /// assert_eq!(x.unsqueeze(-1).dims(), [2, 3, 1]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn unsqueeze(self, axis: isize) -> Self {
        match unsqueezed(&self.dims(), axis) {
            Ok(dims) => self.reshape(dims),
            Err(e) => self.tape.blame(e, "unsqueeze", &[self.id]).raise(),
        }
    }

    /// The value, cut off from differentiation: its derivative is zero by decree.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var(3.0);
    /// let y = x * x.stop_gradient();
    /// assert_eq!((y.item(), y.backward()[x][[]]), (9.0, 3.0));
    /// ```
    #[track_caller]
    #[must_use]
    pub fn stop_gradient(self) -> Self {
        self.tape.plain(&StopGradient, &[self.into()]).real(0)
    }
}

impl<'t, T: Real> IntVar<'t, T> {
    /// The same integers in row-major order under another shape.
    ///
    /// # Panics
    /// The number of elements differs.
    #[track_caller]
    #[must_use]
    pub fn reshape(self, dims: impl Into<Dims>) -> Self {
        self.tape.call(Reshape { dims: dims.into() }, &[self.into()]).int(0)
    }

    /// As [`Var::flatten`].
    #[track_caller]
    #[must_use]
    pub fn flatten(self) -> Self {
        self.reshape(self.count())
    }

    /// As [`Var::squeeze`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn squeeze(self, axis: isize) -> Self {
        let axis = self.axis("squeeze", axis);
        match squeezed(&self.dims(), axis) {
            Ok(dims) => self.reshape(dims),
            Err(e) => self.tape.blame(e, "squeeze", &[self.id]).raise(),
        }
    }

    /// As [`Var::unsqueeze`].
    ///
    /// # Panics
    /// As there.
    #[track_caller]
    #[must_use]
    pub fn unsqueeze(self, axis: isize) -> Self {
        match unsqueezed(&self.dims(), axis) {
            Ok(dims) => self.reshape(dims),
            Err(e) => self.tape.blame(e, "unsqueeze", &[self.id]).raise(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let reshape = |to: &[usize], from: &[usize]| OpCheck::new(Reshape { dims: to.into() }).real(from);
        vec![
            reshape(&[3, 4], &[2, 6]),
            reshape(&[0, 7], &[3, 0]),
            reshape(&[1], &[]),
            OpCheck::new(StopGradient).real([3]).zero_by_decree(),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn scalars_become_vectors_and_back() {
        let tape = Tape::new();
        let x = tape.var(2.0);
        assert_eq!(x.flatten().dims(), [1]);
        assert_eq!(x.unsqueeze(-1).squeeze(0).dims(), []);
        assert_eq!(tape.zeros([2, 0, 3]).flatten_from(-2).dims(), [2, 0]);
        assert_eq!(
            tape.ints(ndarray::array![[7, 8]]).squeeze(0).unsqueeze(1).flatten().value().as_slice().unwrap(),
            [7, 8]
        );
    }

    #[test]
    #[should_panic(expected = "squeeze: axis 0 of shape [2, 3] has size 2")]
    fn only_size_one_is_squeezed() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).squeeze(0);
    }

    #[test]
    #[should_panic(
        expected = "unsqueeze: shape [2] has no place 2 for a new axis\n  rule: the result has axes -2 to 1"
    )]
    fn a_new_axis_lies_within_the_result() {
        let tape = Tape::new();
        let _ = tape.zeros([2]).unsqueeze(2);
    }
}
