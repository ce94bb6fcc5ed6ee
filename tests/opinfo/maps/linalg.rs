//! Products, decompositions, matrix functions and distances.
//! Names and argument orders are PyTorch's, the right-hand sides are this crate's.

use wengert::{Axes, Covariance, MatrixNorm, Triangular, keep, multi_dot, prelude::*};

use crate::call::{Call, Digits, Given, Mapped, many, one};

const KEY: usize = usize::MAX;

pub fn map<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    (products(name, c))
        .or_else(|| parts(name, c))
        .or_else(|| statistics(name, c))
        .or_else(|| solvers(name, c))
        .or_else(|| norms(name, c))
}

fn products<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    let (beta, alpha) = (c.number(KEY, "beta", 1.0), c.number(KEY, "alpha", 1.0));
    let two = || (c.real(0, "mat1"), c.real(1, "mat2"));
    match name {
        "matmul" | "mm" | "bmm" | "mv" => one(c.x().matmul(c.real(0, "other"))),
        "dot" | "vdot" => one(c.x().dot(c.real(0, "tensor"))),
        "inner" => one(c.x().inner(c.real(0, "other"))),
        "outer" => one(c.x().outer(c.real(0, "vec2"))),
        "kron" => one(c.x().kron(c.real(0, "other"))),
        "linalg.multi_dot" => one(multi_dot(&c.xs())),
        "linalg.vander" => {
            let x = if c.x().rank() == 0 { c.x().reshape([1]) } else { c.x() };
            let columns = c.try_int(KEY, "N").map_or(x.dims()[x.rank() - 1], |n| n as usize);
            one(x.vander(columns))
        }
        "linalg.vecdot" => one(c.x().vecdot(c.real(0, "y"), c.int(1, "dim", -1))),
        "addmm" | "addmm.decomposed" => one(c.x().addmm(two().0, two().1, beta, alpha)),
        "addmv" => one(c.x().addmv(two().0, two().1, beta, alpha)),
        "addr" => one(c.x().addr(two().0, two().1, beta, alpha)),
        "addbmm" => one(c.x().addbmm(two().0, two().1, beta, alpha)),
        "baddbmm" => one(c.x().baddbmm(two().0, two().1, beta, alpha)),
        "nn.functional.linear" => one(c.x().linear(c.real(0, "weight"), c.try_real(1, "bias"))),
        "nn.functional.bilinear" => {
            one(c.x().bilinear(c.real(0, "input2"), c.real(1, "weight"), c.try_real(2, "bias")))
        }
        "einsum" => one(einsum(&c.text(0, "equation", ""), &c.xs())),
        "tensordot" => one(match c.arg(1, "dims") {
            Given::Int(n) => c.x().tensordot(c.real(0, "other"), n as usize),
            Given::List(lists) => {
                let list = |k: usize| -> Vec<isize> {
                    let Given::List(items) = &lists[k] else { panic!("two lists of axes") };
                    items.iter().map(|v| if let Given::Int(v) = v { *v as isize } else { panic!("an axis") }).collect()
                };
                c.x().tensordot(c.real(0, "other"), (&list(0)[..], &list(1)[..]))
            }
            other => panic!("dims is {other:?}"),
        }),
        "cross" | "linalg.cross" => {
            let first = c.x().dims().iter().position(|&n| n == 3).map_or(-1, |k| k as isize);
            one(c.x().cross(c.real(0, "other"), c.int(1, "dim", if name == "cross" { first } else { -1 })))
        }
        _ => None,
    }
}

fn parts<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "tril" => one(c.x().tril(c.int(0, "diagonal", 0))),
        "triu" => one(c.x().triu(c.int(0, "diagonal", 0))),
        "diag" => one(c.x().diag(c.int(0, "diagonal", 0))),
        "diagflat" => one(c.x().flatten().diag(c.int(0, "offset", 0))),
        "trace" => one(c.x().trace()),
        "diagonal" => one(c.x().diagonal(c.int(0, "offset", 0), [c.int(1, "dim1", 0), c.int(2, "dim2", 1)])),
        "linalg.diagonal" => one(c.x().diagonal(c.int(0, "offset", 0), [c.int(1, "dim1", -2), c.int(2, "dim2", -1)])),
        "diag_embed" => one(c.x().diag_embed(c.int(0, "offset", 0), [c.int(1, "dim1", -2), c.int(2, "dim2", -1)])),
        _ => None,
    }
}

fn statistics<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "cov" => {
            let mut options = Covariance::new().correction(c.number(KEY, "correction", 1.0));
            if let Given::Ints(often) = c.key("fweights") {
                options = options.frequencies(often);
            }
            if let Given::Real(weights) = c.key("aweights") {
                // PyTorch's weights are f32 here, and so are their sums; what the correction subtracts may cancel.
                c.has_digits(Digits { relative: 1e-4, absolute: 1e-6 });
                options = options.weights(weights);
            }
            one(c.x().cov(options))
        }
        "corrcoef" => one(c.x().corrcoef()),
        _ => None,
    }
}

/// A right-hand side that is a vector for each matrix of a batch, which is a column here.
fn solved<'t>(a: Var<'t, f64>, b: Var<'t, f64>, f: impl Fn(Var<'t, f64>) -> Var<'t, f64>) -> Var<'t, f64> {
    let (da, db) = (a.dims(), b.dims());
    if b.rank() > 1 && db[..] == da[..da.rank() - 1] { f(b.unsqueeze(-1)).squeeze(-1) } else { f(b) }
}

fn solvers<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    match name {
        "linalg.det" => one(c.x().det()),
        "linalg.slogdet" => {
            // The sign has no derivative in PyTorch, and is no output that a cotangent belongs to.
            let (sign, log) = c.x().slogdet();
            many([sign.stop_gradient(), log])
        }
        "logdet" => {
            let (sign, log) = c.x().slogdet();
            one(sign.lt(0.0).select(f64::NAN, log))
        }
        "linalg.inv" | "inverse" => one(c.x().inv()),
        "linalg.pinv" | "pinverse" => {
            let name = if name == "pinverse" { "rcond" } else { "rtol" };
            let rcond = c.constant(KEY, name).map(|r| r.item()).or(c.try_number(KEY, name));
            let rcond = if name == "rcond" { Some(rcond.unwrap_or(1e-15)) } else { rcond };
            one(c.x().pinv(rcond))
        }
        "linalg.solve" => {
            let (a, b) = (c.x(), c.real(0, "B"));
            one(match c.flag(KEY, "left", true) {
                true => solved(a, b, |b| a.solve(b)),
                false => a.solve_transposed(b.t()).t(),
            })
        }
        "linalg.solve_triangular" if c.gradients() == 1 => {
            Some(Err("the case does not tell which of the tensors has the gradient".into()))
        }
        "linalg.solve_triangular" => {
            let (a, b) = (c.x(), c.real(0, "B"));
            let mut of = if c.flag(KEY, "upper", false) { Triangular::upper() } else { Triangular::lower() };
            if c.flag(KEY, "unitriangular", false) {
                of = of.unit_diagonal();
            }
            one(match c.flag(KEY, "left", true) {
                true => a.solve_triangular(b, of),
                false => a.solve_triangular(b.t(), of.transposed()).t(),
            })
        }
        "linalg.cholesky" => {
            let l = c.x().cholesky();
            one(if c.flag(KEY, "upper", false) { l.t() } else { l })
        }
        "cholesky_solve" => Some(Err("PyTorch differentiates by elements of the factor that it does not read".into())),
        "linalg.svdvals" => one(c.x().svd().1),
        "linalg.eigvalsh" if c.text(0, "UPLO", "L") == "L" => one(c.x().eigh().0),
        "linalg.eigvalsh" => Some(Err("one triangle of a matrix that is not symmetric: mirror it first".into())),
        "linalg.matrix_power" => one(c.x().matrix_power(c.int(0, "n", 1) as i32)),
        "matrix_exp" => one(c.x().matrix_exp()),
        _ => None,
    }
}

/// PyTorch's axes; a number's only axis is none here.
fn axes(x: Var<'_, f64>, list: Option<Vec<isize>>, keeps: bool) -> Axes {
    let list = list.filter(|l| !l.is_empty() && x.rank() > 0);
    let axes = list.map_or(Axes::from(..), |l| Axes::from(&l[..]));
    if keeps { keep(axes) } else { axes }
}

/// A norm over two axes, rows first.
fn matrix_norm<'t>(x: Var<'t, f64>, norm: MatrixNorm, [rows, cols]: [isize; 2], keeps: bool) -> Var<'t, f64> {
    let rank = x.rank() as isize;
    let [rows, cols] = [rows, cols].map(|a| if a < 0 { a + rank } else { a });
    let others = (0..rank).filter(|&k| k != rows && k != cols);
    let y = x.permute(others.chain([rows, cols]).collect::<Vec<_>>()).matrix_norm(norm);
    if keeps { y.unsqueeze(rows.min(cols)).unsqueeze(rows.max(cols)) } else { y }
}

fn matrix_order(ord: &Given<'_>) -> MatrixNorm {
    match ord {
        Given::Text(s) if s == "nuc" => MatrixNorm::Nuclear,
        Given::None | Given::Text(_) => MatrixNorm::Frobenius,
        ord => match number(ord) {
            2.0 => MatrixNorm::Spectral,
            -2.0 => MatrixNorm::SmallestSingular,
            1.0 => MatrixNorm::LargestColumn,
            -1.0 => MatrixNorm::SmallestColumn,
            f64::INFINITY => MatrixNorm::LargestRow,
            f64::NEG_INFINITY => MatrixNorm::SmallestRow,
            p => panic!("no matrix norm has order {p}"),
        },
    }
}

fn number(given: &Given<'_>) -> f64 {
    match *given {
        Given::Int(p) => p as f64,
        Given::Number(p) => p,
        ref other => panic!("{other:?} is no order"),
    }
}

fn norms<'t>(name: &str, c: &Call<'t>) -> Option<Mapped<'t>> {
    let vector = |ord: &Given<'t>, dim: Option<Vec<isize>>, keeps: bool| {
        let p = if matches!(ord, Given::None) { 2.0 } else { number(ord) };
        one(c.x().vector_norm(p, axes(c.x(), dim, keeps)))
    };
    let matrix = |ord: &Given<'t>, dim: Option<Vec<isize>>, keeps: bool| {
        let dim = dim.map_or([-2, -1], |d| [d[0], d[1]]);
        one(matrix_norm(c.x(), matrix_order(ord), dim, keeps))
    };
    match name {
        "linalg.vector_norm" => vector(&c.arg(0, "ord"), c.list(1, "dim"), c.flag(2, "keepdim", false)),
        "linalg.matrix_norm" => matrix(&c.arg(0, "ord"), c.list(1, "dim"), c.flag(2, "keepdim", false)),
        "linalg.norm" | "linalg.norm.subgradients_at_zero" => {
            let (ord, dim, keeps) = (c.arg(0, "ord"), c.list(1, "dim"), c.flag(2, "keepdim", false));
            let of_matrix = match &dim {
                Some(dim) => dim.len() == 2,
                None => c.x().rank() == 2 && !matches!(ord, Given::None),
            };
            if of_matrix { matrix(&ord, dim, keeps) } else { vector(&ord, dim, keeps) }
        }
        "norm" | "norm.fro" | "norm.inf" | "norm.nuc" => {
            let (p, dim, keeps) = (c.arg(0, "p"), c.list(1, "dim"), c.flag(2, "keepdim", false));
            match &p {
                Given::Text(s) if s == "nuc" => matrix(&p, dim, keeps),
                Given::Text(_) => vector(&Given::None, dim, keeps),
                _ => vector(&p, dim, keeps),
            }
        }
        "dist" => one(c.x().dist(c.real(0, "other"), c.number(1, "p", 2.0))),
        "cdist" => one(c.x().cdist(c.real(0, "x2"), c.number(1, "p", 2.0))),
        "nn.functional.pdist" => one(c.x().pdist(c.number(0, "p", 2.0))),
        _ => None,
    }
}
