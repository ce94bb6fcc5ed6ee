//! The same elements in the same order under another shape: storage is shared, nothing moves.
//! Also `stop_gradient`, which shares the value and cuts the derivative.

use crate::ops::prelude::*;
use crate::shape::Sizes;

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

impl<'t, T: Real> Var<'t, T> {
    /// The same elements in row-major order under another shape; one size may be −1, which is what the others leave.
    ///
    /// # Panics
    /// The number of elements differs.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3.], [4., 5., 6.]]);
    /// assert_eq!(x.reshape([3, 2]).value()[[2, 0]], 5.0);
    /// assert_eq!(x.reshape([1, -1]).dims(), [1, 6]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn reshape(self, sizes: impl Into<Sizes>) -> Self {
        let dims = match sizes.into().filled_by(self.count()) {
            Ok(dims) => dims,
            Err(e) => self.tape.blame(e, "reshape", &[self.id]).raise(),
        };
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
    /// The same integers in row-major order under another shape; one size may be −1, which is what the others leave.
    ///
    /// # Panics
    /// The number of elements differs.
    #[track_caller]
    #[must_use]
    pub fn reshape(self, sizes: impl Into<Sizes>) -> Self {
        match sizes.into().filled_by(self.count()) {
            Ok(dims) => self.tape.call(Reshape { dims }, &[self.into()]).int(0),
            Err(e) => self.tape.blame(e, "reshape", &[self.id]).raise(),
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
            OpCheck::new(StopGradient).real([2, 3]).zero_by_decree(),
        ]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    #[should_panic(expected = "reshape: 6 elements do not fill the sizes [4, -1]")]
    fn an_open_size_is_a_whole_number() {
        let tape = Tape::new();
        let _ = tape.zeros([2, 3]).reshape([4, -1]);
    }
}
