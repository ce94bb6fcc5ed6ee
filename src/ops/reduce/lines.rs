//! How an operation along one axis sees a shape, and how it serves several axes.
//! Neighbouring axes become one by a reshape, which moves nothing; the rest are taken one after the other.

use crate::ops::prelude::*;
use crate::ops::rearrange::broadcast::ones_at;

/// The shape as \[outer, len, inner\] around an axis.
pub(crate) fn around(dims: &[usize], axis: usize) -> [usize; 3] {
    [dims[..axis].iter().product(), dims[axis], dims[axis + 1..].iter().product()]
}

/// Refuses an axis beyond the rank; methods have resolved theirs before.
pub(crate) fn check_axes(x: &Sig<'_>, axes: &[usize]) -> Result<(), Error> {
    match axes.iter().find(|&&axis| axis >= x.rank()) {
        None => Ok(()),
        Some(axis) => Err(Error::shape(format!("axis {axis} does not exist in shape {x}"))
            .rule(format!("axes lie below the rank, {}", x.rank()))
            .fix("use an axis within that range")),
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Reduces several axes by a reduction `f` of one, which must not mind the order: (a ∘ b) ∘ c = a ∘ (b ∘ c).
    #[track_caller]
    pub(crate) fn reduce_axes(self, op: &'static str, axes: &Axes, f: impl Fn(Self, usize) -> Self) -> Self {
        let dims = self.dims();
        let list = self.axes(op, axes);
        let mut y = self;
        let mut left = &list[..];
        while let [.., last] = *left {
            let run = (1..=left.len()).take_while(|k| left[left.len() - k] + k == last + 1).count();
            let first = last + 1 - run;
            if run > 1 {
                let d = y.dims();
                let merged = d[first..=last].iter().product();
                y = y.reshape(
                    d[..first].iter().copied().chain([merged]).chain(d[last + 1..].iter().copied()).collect::<Dims>(),
                );
            }
            y = self.tape.on_behalf(|| f(y, first));
            left = &left[..left.len() - run];
        }
        if axes.keeps() { y.reshape(ones_at(&dims, &list)) } else { y }
    }
}
