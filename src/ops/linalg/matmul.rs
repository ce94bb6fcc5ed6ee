//! The matrix product over the last two axes, all leading axes broadcast.
//! Its derivatives are matrix products again; the transpositions in them are read through strides, not carried out.

use std::hash::Hasher;

use crate::kernels::gemm::{self, Mat, Packed};
use crate::ops::prelude::*;

/// C = op(A)·op(B) for each matrix of the batch, where op transposes or not.
#[derive(Clone, Debug)]
pub(crate) struct MatMul {
    transpose: [bool; 2],
}

static PLAIN: MatMul = MatMul { transpose: [false, false] };
static LEFT: MatMul = MatMul { transpose: [true, false] };
static RIGHT: MatMul = MatMul { transpose: [false, true] };
static BOTH: MatMul = MatMul { transpose: [true, true] };

impl MatMul {
    fn get([a, b]: [bool; 2]) -> &'static MatMul {
        match (a, b) {
            (false, false) => &PLAIN,
            (true, false) => &LEFT,
            (false, true) => &RIGHT,
            (true, true) => &BOTH,
        }
    }

    /// Rows and columns of operand `i` as the product sees it.
    fn sizes(&self, i: usize, dims: &[usize]) -> (usize, usize) {
        let (m, n) = (dims[dims.len() - 2], dims[dims.len() - 1]);
        if self.transpose[i] { (n, m) } else { (m, n) }
    }

    fn mat<'a, T: Real>(&self, i: usize, data: &'a [T], dims: &[usize]) -> Mat<'a, T> {
        let m = Mat::new(data, dims[dims.len() - 2], dims[dims.len() - 1]);
        if self.transpose[i] { m.t() } else { m }
    }
}

impl<T: Real> Op<T> for MatMul {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "matmul"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        if let Some(i) = (0..2).find(|&i| x[i].rank() < 2) {
            return Err(Error::shape(format!(
                "cannot multiply {} by {}: operand {i} has no rows and columns",
                x[0], x[1]
            ))
            .rule("matrices have rank 2 or more; their last two axes are rows and columns")
            .fix("multiply numbers with `*`; `unsqueeze` a vector to one row or one column"));
        }
        let ((m, k), (k2, n)) = (self.sizes(0, x[0].dims), self.sizes(1, x[1].dims));
        let marks = self.transpose.map(|t| if t { "ᵀ" } else { "" });
        if k != k2 {
            return Err(Error::shape(format!("cannot multiply {}{} by {}{}", x[0], marks[0], x[1], marks[1]))
                .rule(format!("the columns of the left operand ({k}) are as many as the rows of the right one ({k2})"))
                .fix("transpose an operand with `.t()`, or exchange them"));
        }
        let batch = |s: &Sig<'_>| Dims::from(&s.dims[..s.rank() - 2]);
        let Some(mut d) = broadcast_dims(&batch(&x[0]), &batch(&x[1])) else {
            return Err(Error::shape(format!(
                "cannot multiply {} by {}: the leading axes do not broadcast",
                x[0], x[1]
            ))
            .rule("leading axes are equal, or one of them is 1, aligned from the right")
            .fix("unsqueeze or reshape the batch axes"));
        };
        d.push(m);
        d.push(n);
        Ok(ResultSigs::real(d))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (da, db, dy) = (x[0].dims(), x[1].dims(), y[0].dims());
        let (a, b) = (self.mat(0, x[0].real(), da), self.mat(1, x[1].real(), db));
        let out = y[0].real();
        if let Some(packed) = x[1].prepared::<Packed<T>>() {
            // One matrix for all: those of the left operand are one tall one.
            let tall = Mat { rows: a.data.len() / a.cols.max(1), ..a };
            gemm::product_with(tall, packed, out, b.cols, false, true, &gemm::Nothing);
            return Ok(());
        }
        let batch = &dy[..dy.len() - 2];
        let (lead_a, lead_b) = (&da[..da.len() - 2], &db[..db.len() - 2]);
        let count: usize = batch.iter().product();
        let (step_a, step_b) = (a.rows * a.cols, b.rows * b.cols);
        let single = |lead: &[usize]| lead.iter().product::<usize>() == 1;
        let full = |lead: &[usize]| lead.iter().product::<usize>() == count;
        let regular = |lead: &[usize], step: usize| if full(lead) { Some(step) } else { single(lead).then_some(0) };
        if let (Some(sa), Some(sb)) = (regular(lead_a, step_a), regular(lead_b, step_b)) {
            gemm::batched(count, (a, sa), (b, sb), out, false);
            return Ok(());
        }
        // Axes that broadcast inside the batch: one product at a time, each at its own offset.
        let size = a.rows * b.cols;
        for (k, out) in out.chunks_mut(size.max(1)).enumerate().take(count) {
            let (oa, ob) = (offset(k, batch, lead_a) * step_a, offset(k, batch, lead_b) * step_b);
            gemm::product(Mat { data: &a.data[oa..], ..a }, Mat { data: &b.data[ob..], ..b }, out, false, true);
        }
        Ok(())
    }

    fn prepare(&self, i: usize, x: &[Sig<'_>], value: &Arg<'_, T>) -> Option<Prepared> {
        let (da, db) = (x[0].dims, x[1].dims);
        let one = db[..db.len() - 2].iter().all(|&n| n == 1);
        let tall = da.len() == 2 || !self.transpose[0];
        if i != 1 || !one || !tall {
            return None;
        }
        let ((_, k), b) = (self.sizes(0, da), self.mat(1, value.real(), db));
        let rows = da.iter().product::<usize>() / k.max(1);
        gemm::packs([rows, k, b.cols]).then(|| Box::new(Packed::right(b)) as Prepared)
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        let [ta, tb] = self.transpose;
        // The right operand's first: where that is a layer's weights, the layer's input is done with and makes room for its
        // cotangent.
        r.give(1, || {
            let d = r.dims(1);
            let (mut a, mut g) = (r.x(0), r.g());
            if d.rank() == 2 && !ta {
                // One matrix for the whole batch: the sum over the batch is part of one product of tall matrices.
                (a, g) = (tall(a), tall(g));
            }
            if tb { product(true, g, ta, a) } else { product(!ta, a, false, g) }.sum_to(&d)
        });
        r.give(0, || {
            let d = r.dims(0);
            if ta { product(tb, r.x(1), true, r.g()) } else { product(false, r.g(), !tb, r.x(1)) }.sum_to(&d)
        });
    }

    fn jvp<'t>(&self, r: &Jvp<'t, T>) {
        let [ta, tb] = self.transpose;
        r.term(0, |da| product(ta, da, tb, r.x(1)));
        r.term(1, |db| product(ta, r.x(0), tb, db));
    }

    fn attributes(&self) -> Attributes {
        let flag = |i: usize, name| self.transpose[i].then_some((name, AttrValue::Flag(true)));
        flag(0, "transpose_left").into_iter().chain(flag(1, "transpose_right")).collect()
    }

    fn fingerprint(&self, h: &mut dyn Hasher) {
        h.write(b"matmul");
        h.write(&self.transpose.map(u8::from));
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        let n = self.sizes(1, x[1].dims).1;
        Cost { flops: 2.0 * x[0].count() as f64 * n as f64, cheap: false }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Product
    }
}

/// The number of the matrix of an operand with leading axes `lead` that meets matrix `k` of the batch.
pub(super) fn offset(mut k: usize, batch: &[usize], lead: &[usize]) -> usize {
    let (mut at, mut step) = (0, 1);
    for axis in (0..batch.len()).rev() {
        let i = k % batch[axis];
        k /= batch[axis];
        if let Some(own) = (axis + lead.len()).checked_sub(batch.len()) {
            if lead[own] != 1 {
                at += i * step;
            }
            step *= lead[own];
        }
    }
    at
}

/// The matrices of a batch below each other, as one.
#[track_caller]
fn tall<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let d = x.dims();
    let [lead @ .., cols] = &d[..] else { unreachable!("a matrix has columns") };
    if lead.len() == 1 { x } else { x.reshape([lead.iter().product(), *cols]) }
}

/// op(a)·op(b), where op transposes or not.
#[track_caller]
pub(crate) fn product<'t, T: Real>(ta: bool, a: Var<'t, T>, tb: bool, b: Var<'t, T>) -> Var<'t, T> {
    a.tape.plain(MatMul::get([ta, tb]), &[a.into(), b.into()]).real(0)
}

impl<'t, T: Real> Var<'t, T> {
    /// The matrix product over the last two axes; leading axes broadcast: yᵢⱼ = Σₖ aᵢₖ bₖⱼ.
    ///
    /// A vector on the left is one row, a vector on the right one column, and that axis is left out of the result: two
    /// vectors give a number, matrix and vector a vector. An operand that broadcasts is not copied.
    ///
    /// # Panics
    /// An operand has no axes, the inner sizes differ, or the leading axes do not broadcast.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (a, b) = (tape.var([[1., 2.], [3., 4.]]), tape.var([[1.], [10.]]));
    /// let y = a.matmul(b);
    /// assert_eq!(y.value().as_slice().unwrap(), [21., 43.]);
    /// assert_eq!(y.sum().backward()[b].as_slice().unwrap(), [4., 6.]);
    /// assert_eq!(tape.var([1., 10.]).matmul(a).value().as_slice().unwrap(), [31., 42.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn matmul(self, rhs: Var<'t, T>) -> Var<'t, T> {
        match (self.rank(), rhs.rank()) {
            (1, 1) => self.dot(rhs),
            (1, 2..) => product(false, self.unsqueeze(0), false, rhs).squeeze(-2),
            (2.., 1) => self.matvec(rhs),
            _ => product(false, self, false, rhs),
        }
    }

    /// The matrix product with the right operand transposed, a bᵀ: yᵢⱼ = Σₖ aᵢₖ bⱼₖ; nothing is moved for it.
    ///
    /// # Panics
    /// As [`matmul`](Var::matmul).
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let (x, w) = (tape.var([[1., 10.]]), tape.var([[1., 2.], [3., 4.], [5., 6.]]));
    /// assert_eq!(x.matmul_transposed(w).value().as_slice().unwrap(), [21., 43., 65.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn matmul_transposed(self, rhs: Var<'t, T>) -> Var<'t, T> {
        product(false, self, true, rhs)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of = |transpose, a: &[usize], b: &[usize]| OpCheck::new(MatMul { transpose }).real(a).real(b);
        let plain = [false, false];
        let mut checks = vec![
            of([false, true], &[2, 1, 2, 3], &[3, 4, 3]),
            of(plain, &[5, 2, 3], &[3, 1]),
            of(plain, &[2, 0], &[0, 3]),
            of(plain, &[0, 2, 3], &[3, 1]),
            of(plain, &[1, 1], &[1, 1]),
            of(plain, &[3, 3], &[3, 3]),
            of([true, true], &[2, 5, 7], &[1, 3, 5]),
        ];
        for transpose in [plain, [true, false], [false, true], [true, true]] {
            let dims = |i: usize, m: usize, n: usize| if transpose[i] { [n, m] } else { [m, n] };
            checks.push(of(transpose, &dims(0, 2, 3), &dims(1, 3, 4)));
        }
        checks
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }
}
