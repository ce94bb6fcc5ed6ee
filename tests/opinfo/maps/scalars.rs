//! PyTorch's tensors without axes take axis 0 or -1, as if they had one of size 1; this crate's refuse it.
//! Here such a call gets that axis, and what it yields loses it again.

use wengert::prelude::*;

use crate::call::{Mapped, Output};

/// `f` of a tensor, or of a number as a vector of one whose results become numbers again.
pub fn on_axes<'t>(x: Var<'t, f64>, f: impl FnOnce(Var<'t, f64>) -> Vec<Output<'t>>) -> Mapped<'t> {
    if x.rank() > 0 {
        return Ok(f(x));
    }
    let number = |y| match y {
        Output::Real(y) if y.dims() == [1] => Output::Real(y.squeeze(0)),
        Output::Ints(y) if y.dims() == [1] => Output::Ints(y.squeeze(0)),
        other => other,
    };
    Ok(f(x.unsqueeze(0)).into_iter().map(number).collect())
}

/// As [`on_axes`], for one result.
pub fn alike<'t>(x: Var<'t, f64>, f: impl FnOnce(Var<'t, f64>) -> Var<'t, f64>) -> Option<Mapped<'t>> {
    Some(on_axes(x, |x| vec![f(x).into()]))
}
