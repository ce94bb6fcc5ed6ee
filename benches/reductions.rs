//! Sums, extrema, running sums and sorting, over rows, columns and everything.

use wengert::Operand;
use wengert::prelude::*;

use crate::case::{Case, Scale, Work};

pub fn cases(scale: Scale) -> Vec<Case> {
    let dims = scale.pick([8000, 2000], [7, 30]);
    let [rows, columns] = dims;
    vec![
        reduce(dims, "sum of all", 1, |x| x.sum().into()),
        reduce(dims, "sums of rows", rows, |x| x.sum_over(1).into()),
        reduce(dims, "sums of columns", columns, |x| x.sum_over(0).into()),
        reduce(dims, "maxima of rows", rows, |x| x.amax(1).into()),
        reduce(dims, "maxima of columns", columns, |x| x.amax(0).into()),
        reduce(dims, "places of rows' maxima", rows, |x| x.argmax(1).into()),
        reduce(dims, "variances of rows", rows, |x| x.var_over(1, 0).into()),
        reduce(dims, "running sums of rows", rows * columns, |x| x.cumsum(1).into()),
        reduce(dims, "transposition", rows * columns, |x| x.t().reshape([x.count()]).into()),
        sorted(scale),
    ]
}

fn reduce(
    dims: [usize; 2],
    name: &str,
    written: usize,
    f: impl for<'t> Fn(Var<'t>) -> Operand<'t, f32> + Send + Sync + 'static,
) -> Case {
    let read = dims[0] * dims[1];
    Case::replay(name, Work::new(0, read, written), [dims.into()], move |[x]| vec![f(x)])
}

fn sorted(scale: Scale) -> Case {
    let [rows, columns] = scale.pick([512, 1024], [3, 20]);
    let n = rows * columns;
    Case::replay("sorted rows", Work::items(n), [[rows, columns].into()], |[x]| vec![x.sort(1).0.into()])
}
