//! One number, repeated: constants and seeds that take no memory until a kernel asks for them.
//! While a rule writes, arithmetic with a fill is folded away, which keeps adjoint programs short.

use std::hash::Hasher;

use super::prelude::*;

/// All elements are `value`.
#[derive(Debug)]
pub(crate) struct Fill<T> {
    dims: Dims,
    value: T,
}

impl<T: Real> Op<T> for Fill<T> {
    fn name(&self) -> &'static str {
        "fill"
    }

    fn infer(&self, _: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(self.dims.clone()))
    }

    fn eval(&self, _: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        y[0].real().fill(self.value);
        Ok(())
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn form(&self) -> Form<'_, T> {
        Form::Fill(self.value)
    }

    fn in_f64(&self) -> Option<OpRef<f64>> {
        Some(OpRef::new(Fill { dims: self.dims.clone(), value: self.value.as_f64() }))
    }

    fn attributes(&self) -> Attributes {
        smallvec![("value", AttrValue::Real(self.value.as_f64())), ("shape", (&self.dims[..]).into())]
    }

    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(b"fill");
        h.write_u64(self.value.bits());
        self.dims.iter().for_each(|&n| h.write_usize(n));
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        Cost { flops: 0.0, cheap: true }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Expand
    }
}

impl<T: Real> Tape<T> {
    /// A tensor whose elements are all `value`.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// assert_eq!(tape.fill([2, 3], 0.5).sum().item(), 3.0);
    /// ```
    #[track_caller]
    pub fn fill(&self, dims: impl Into<Dims>, value: T) -> Var<'_, T> {
        self.call(Fill { dims: dims.into(), value }, &[]).real(0)
    }

    /// Zeros.
    #[track_caller]
    pub fn zeros(&self, dims: impl Into<Dims>) -> Var<'_, T> {
        self.fill(dims, T::zero())
    }

    /// Ones.
    #[track_caller]
    pub fn ones(&self, dims: impl Into<Dims>) -> Var<'_, T> {
        self.fill(dims, T::one())
    }
}

impl<T: Real> Var<'_, T> {
    /// The number that a rule's own fill repeats; `None` for every other line.
    ///
    /// A fill that the user recorded is left alone: somebody may ask for a derivative with respect to it.
    pub(crate) fn as_fill(self) -> Option<T> {
        if !self.tape.in_rule() {
            return None;
        }
        let g = self.tape.graph.borrow();
        let node = g.node(self.id);
        match &node.op {
            OpRef::Row(_) => None,
            op if node.written_by_rule() => match op.get().form() {
                Form::Fill(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;
    use crate::prelude::*;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let fill = |dims: &[usize], value| OpCheck::new(Fill { dims: dims.into(), value });
        vec![fill(&[], 2.5), fill(&[3, 2], -1.0), fill(&[0, 2], 0.0)]
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn fills_fold_inside_rules_and_stand_as_written_outside() {
        let tape = Tape::new();
        let x = tape.var([1., 2.]);
        let y = x * tape.ones([2]);
        assert_eq!(tape.len(), 3);
        assert_eq!(y.sum().backward()[x].as_slice().unwrap(), [1., 1.]);
    }

    #[test]
    fn derivatives_with_respect_to_a_fill_exist() {
        let tape = Tape::new();
        let (x, c) = (tape.var([3.]), tape.ones([1]));
        let y = (x * c * c).sum();
        let dc = grad(y, &[c])[0];
        assert_eq!(dc.item(), 6.0);
        assert_eq!(grad(dc, &[c])[0].item(), 6.0);
    }
}
