//! Attention without its weights: an operation whose kernel goes through them in blocks, and the one that is its adjoint.
//! Their own rules write the weights out, from products and an exponential, for those who differentiate twice.

use super::CausalMask;
use crate::kernels::attention::{Heads, Plane, Wanted, backward, forward};
use crate::kernels::scratch;
use crate::ops::linalg::matmul::product;
use crate::ops::prelude::*;

/// softmax(scale·q kᵀ + bias) v and, of each row of scores, ln Σ exp; operands q, k, v, then a bias and a mask where there are.
///
/// Leading axes are equal, except that `shared` neighbouring heads of queries have one of keys and values. A row that
/// sees nothing gets zeros, and 0 for ln Σ exp.
#[derive(Clone, Debug)]
pub(crate) struct Attend {
    pub(super) scale: f64,
    pub(super) causal: bool,
    pub(super) shared: usize,
    pub(super) bias: bool,
    pub(super) seen: bool,
}

/// With weights P = exp(scale·q kᵀ + bias − l) and dS = P∘(g vᵀ − d): scale·dS k, scale·dSᵀ q, Pᵀ g; operands g, l, d and
/// those of [`Attend`].
#[derive(Clone, Debug)]
pub(crate) struct AttendBack(pub(super) Attend);

/// The operands of [`Attend`] as its rules see them.
struct Lines<'t, T: Real> {
    q: Var<'t, T>,
    k: Var<'t, T>,
    v: Var<'t, T>,
    bias: Option<Var<'t, T>>,
    seen: Option<IntVar<'t, T>>,
}

/// The shape with other columns.
fn with_columns(dims: &[usize], n: usize) -> Dims {
    dims[..dims.len() - 1].iter().copied().chain([n]).collect()
}

/// The sum over the last axis, of every row.
fn row_sums<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    x.sum_axes(&[x.rank() - 1])
}

/// One number a row, as a column.
fn column<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    x.unsqueeze(-1)
}

impl Attend {
    /// The operands from number `first` on.
    fn lines<'t, T: Real>(&self, at: &At<'t, T>, first: usize) -> Lines<'t, T> {
        Lines {
            q: at.x(first),
            k: at.x(first + 1),
            v: at.x(first + 2),
            bias: self.bias.then(|| at.x(first + 3)),
            seen: self.seen.then(|| at.int(first + 3 + usize::from(self.bias))),
        }
    }

    fn operands<'t, T: Real>(&self, x: &Lines<'t, T>) -> SmallVec<[Operand<'t, T>; 5]> {
        let all = [x.q, x.k, x.v].map(Operand::Real);
        all.into_iter().chain(x.bias.map(Operand::Real)).chain(x.seen.map(Operand::Int)).collect()
    }

    /// The rows of heads that share keys, below each other.
    fn tall<'t, T: Real>(&self, x: Var<'t, T>) -> Var<'t, T> {
        if self.shared == 1 {
            return x;
        }
        let mut d = x.dims();
        let rank = d.rank();
        d[rank - 3] /= self.shared;
        d[rank - 2] *= self.shared;
        x.reshape(d)
    }

    /// The opposite of [`tall`](Attend::tall).
    fn apart<'t, T: Real>(&self, x: Var<'t, T>) -> Var<'t, T> {
        if self.shared == 1 {
            return x;
        }
        let mut d = x.dims();
        let rank = d.rank();
        d[rank - 3] *= self.shared;
        d[rank - 2] /= self.shared;
        x.reshape(d)
    }

    /// a·b of each head, where b is of keys or values.
    fn times<'t, T: Real>(&self, a: Var<'t, T>, transposed: bool, b: Var<'t, T>) -> Var<'t, T> {
        self.apart(product(false, self.tall(a), transposed, b))
    }

    /// aᵀ·b of each head of keys.
    fn across<'t, T: Real>(&self, a: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
        product(true, self.tall(a), false, self.tall(b))
    }

    /// exp(scale·q kᵀ + bias − l), 0 where nothing is seen.
    fn weights<'t, T: Real>(&self, x: &Lines<'t, T>, log_sums: Var<'t, T>) -> Var<'t, T> {
        let mut scores = self.times(x.q, true, x.k) * self.scale;
        if let Some(bias) = x.bias {
            scores = scores + bias;
        }
        if let Some(seen) = x.seen {
            scores = seen.select(scores, f64::NEG_INFINITY);
        }
        if self.causal {
            let d = scores.dims();
            let dims = [d[d.rank() - 2], d[d.rank() - 1]];
            scores = scores.tape.call(CausalMask { dims }, &[]).int(0).select(scores, f64::NEG_INFINITY);
        }
        (scores - column(log_sums)).exp()
    }

    /// The shape of the scores, or what does not fit.
    fn scores(&self, x: &[Sig<'_>]) -> Result<Dims, Error> {
        let [q, k, v, ..] = x else { unreachable!("queries, keys and values") };
        let shapes = || Error::shape(format!("queries {q}, keys {k}, values {v}"));
        let fix = "reshape or broadcast them first";
        let (rank, dims) = (q.rank(), [q.dims, k.dims, v.dims]);
        if rank < 2 || dims.iter().any(|d| d.len() != rank) || self.shared == 0 || (rank == 2 && self.shared != 1) {
            return Err(shapes().rule("they have equally many axes: heads, numbers of rows, and rows").fix(fix));
        }
        let mut lead = Dims::from(&k.dims[..rank - 2]);
        if let Some(heads) = rank.checked_sub(3) {
            lead[heads] *= self.shared;
        }
        let fits = lead == q.dims[..rank - 2]
            && k.dims[..rank - 1] == v.dims[..rank - 1]
            && q.dims[rank - 1] == k.dims[rank - 1];
        if !fits {
            return Err(shapes().rule("heads, keys and sizes agree").fix(fix));
        }
        let scores = with_columns(q.dims, k.dims[rank - 2]);
        match x[3..].iter().find(|m| broadcast_dims(m.dims, &scores).as_ref() != Some(&scores)) {
            None => Ok(scores),
            Some(m) => Err(Error::shape(format!("{m} beside scores of shape {scores}"))
                .rule("a bias or mask broadcasts to the scores")
                .fix(fix)),
        }
    }

    /// What the kernels take, from the operands of [`Attend`].
    fn heads<'a, T: Real>(&self, x: &[Arg<'a, T>]) -> Heads<'a, T> {
        let (dq, dv) = (x[0].dims(), x[2].dims());
        let [lead @ .., queries, size] = dq else { unreachable!("queries are rows") };
        let [.., keys, width] = *dv else { unreachable!("values are rows") };
        let scores = with_columns(dq, keys);
        let seen = 3 + usize::from(self.bias);
        Heads {
            q: x[0].real(),
            k: x[1].real(),
            v: x[2].real(),
            heads: lead.iter().product(),
            shared: self.shared,
            queries: *queries,
            keys,
            size: *size,
            width,
            scale: T::of(self.scale),
            causal: self.causal,
            bias: self.bias.then(|| Plane::new(x[3].real(), x[3].dims(), &scores)),
            seen: self.seen.then(|| Plane::new(x[seen].int(), x[seen].dims(), &scores)),
        }
    }

    fn all_attributes(&self) -> Attributes {
        let mut list: Attributes = smallvec![("scale", self.scale.into())];
        if self.causal {
            list.push(("causal", AttrValue::Flag(true)));
        }
        if self.shared != 1 {
            list.push(("shared", self.shared.into()));
        }
        if self.bias {
            list.push(("bias", AttrValue::Flag(true)));
        }
        list
    }

    fn flops(&self, x: &[Sig<'_>], products: f64) -> Cost {
        let keys = x[1].dims[x[1].rank() - 2] as f64;
        Cost { flops: products * x[0].count() as f64 * keys, cheap: false }
    }
}

impl<T: Real> Op<T> for Attend {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "attention"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let scores = self.scores(x)?;
        let values = x[2].dims[x[2].rank() - 1];
        Ok(ResultSigs::real(with_columns(x[0].dims, values)).and_real(&scores[..scores.rank() - 1]))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], cx: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [values, log_sums] = y else { unreachable!("two results") };
        let rows: usize = log_sums.dims().iter().product();
        let count: usize = values.dims().iter().product();
        let mut unwanted = scratch::take::<T>(if log_sums.try_real().is_some() { 0 } else { rows });
        let log_sums = log_sums.try_real().unwrap_or(&mut unwanted);
        forward(&self.heads(x), values.try_real().unwrap_or_else(|| cx.scratch(count)), log_sums);
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        if !(0..r.arity()).any(|i| r.wants(i)) {
            return;
        }
        let (x, log_sums) = (self.lines(r, 0), r.result(1));
        let g = r.cotangent(0).unwrap_or_else(|| r.tape().zeros(r.result_dims(0)));
        // ∂l/∂S = P, as ∂y/∂S is P∘(v − y): the cotangent of l joins ⟨g, y⟩.
        let inner = row_sums(g.azmul(r.y()));
        let inner = r.cotangent(1).map_or(inner, |h| inner - h);
        if (0..3).any(|i| r.wants(i)) {
            let back = [g, log_sums, inner].map(Operand::Real);
            let operands: SmallVec<[Operand<'t, T>; 8]> = back.into_iter().chain(self.operands(&x)).collect();
            let all = r.tape().call(AttendBack(self.clone()), &operands);
            (0..3).for_each(|i| r.give(i, || all.real(i)));
        }
        if self.bias {
            r.give(3, || {
                let slopes = (self.times(g, true, x.v) - column(inner)).azmul(self.weights(&x, log_sums));
                slopes.sum_to(&r.dims(3))
            });
        }
    }

    fn attributes(&self) -> Attributes {
        self.all_attributes()
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        self.flops(x, 4.0)
    }
}

impl<T: Real> Op<T> for AttendBack {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "attention_back"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        let scores = self.0.scores(&x[3..])?;
        let rows = &scores[..scores.rank() - 1];
        let values = x[5].dims[x[5].rank() - 1];
        if x[0].dims[..] != with_columns(x[3].dims, values)[..] || x[1].dims != rows || x[2].dims != rows {
            return Err(Error::shape(format!("{}, {} and {} beside scores of shape {scores}", x[0], x[1], x[2]))
                .rule("there is a cotangent for each result and a number for each row")
                .fix("reshape them"));
        }
        Ok(ResultSigs::real(x[3].dims).and_real(x[4].dims).and_real(x[5].dims))
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let [q, k, v] = y else { unreachable!("three results") };
        let wanted = Wanted { q: q.try_real(), k: k.try_real(), v: v.try_real() };
        backward(&self.0.heads(&x[3..]), [x[0].real(), x[1].real(), x[2].real()], wanted);
        Ok(())
    }

    /// From cotangents u, w, z of the three results: S̄′ = scale·(u kᵀ + q wᵀ) is that of dS, and the rest follows line by line.
    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        if !(0..r.arity()).any(|i| r.wants(i)) {
            return;
        }
        let (of, x) = (&self.0, self.0.lines(r, 3));
        let (g, log_sums, inner) = (r.x(0), r.x(1), r.x(2));
        let zeros = |k: usize| r.cotangent(k).unwrap_or_else(|| r.tape().zeros(r.result_dims(k)));
        let [u, w, z] = [0, 1, 2].map(zeros);
        let weights = of.weights(&x, log_sums);
        let differences = of.times(g, true, x.v) - column(inner);
        let slopes = differences.azmul(weights) * of.scale;
        let of_slopes = (of.times(u, true, x.k) + of.times(x.q, true, w)) * of.scale;
        let of_differences = of_slopes.azmul(weights);
        let of_scores = (of_slopes.azmul(differences) + of.times(g, true, z)).azmul(weights);
        r.give(0, || of.times(weights, false, z) + of.times(of_differences, false, x.v));
        r.give(1, || -row_sums(of_scores));
        r.give(2, || -row_sums(of_differences));
        r.give(3, || of.times(slopes, false, w) + of.times(of_scores, false, x.k) * of.scale);
        r.give(4, || of.across(slopes, u) + of.across(of_scores, x.q) * of.scale);
        r.give(5, || of.across(of_differences, g));
        if of.bias {
            r.give(6, || of_scores.sum_to(&r.dims(6)));
        }
    }

    fn attributes(&self) -> Attributes {
        self.0.all_attributes()
    }

    fn reads(&self) -> Reads {
        Reads::OPERANDS
    }

    fn cost(&self, x: &[Sig<'_>]) -> Cost {
        self.0.flops(&x[3..], 10.0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::OpCheck;

    /// Operands of a case: leading axes, sizes `[queries, keys, size, width]`, and what is beside them.
    struct Case {
        of: Attend,
        lead: &'static [usize],
        sizes: [usize; 4],
        bias: &'static [usize],
        seen: Option<(&'static [usize], &'static [u32])>,
    }

    fn cases() -> Vec<Case> {
        let plain = Attend { scale: 0.6, causal: false, shared: 1, bias: false, seen: false };
        let case = |lead, sizes| Case { of: plain.clone(), lead, sizes, bias: &[], seen: None };
        let with = |f: fn(&mut Case), mut c: Case| {
            f(&mut c);
            c
        };
        vec![
            case(&[2], [3, 5, 4, 2]),
            case(&[], [2, 1, 1, 3]),
            case(&[2, 1], [0, 2, 3, 2]),
            case(&[1], [2, 3, 1, 0]),
            with(|c| c.of.causal = true, case(&[2], [4, 3, 2, 3])),
            with(|c| (c.of.shared, c.of.causal) = (2, true), case(&[1, 2], [3, 3, 2, 2])),
            with(|c| (c.of.bias, c.bias) = (true, &[2, 1, 3]), case(&[2], [2, 3, 2, 2])),
            with(
                |c| {
                    (c.of.bias, c.bias) = (true, &[1, 1]);
                    c.of.seen = true;
                    c.seen = Some((&[3, 2], &[1, 0, 0, 0, 1, 1]));
                    c.of.shared = 3;
                },
                case(&[2], [3, 2, 2, 1]),
            ),
        ]
    }

    pub(crate) fn checks() -> Vec<OpCheck> {
        let of_case = |c: &Case| {
            let [queries, keys, size, width] = c.sizes;
            let dims = |shared: usize, end: &[usize]| {
                let mut d: Vec<usize> = c.lead.iter().chain(end).copied().collect();
                if let Some(heads) = c.lead.len().checked_sub(1) {
                    d[heads] *= shared;
                }
                d
            };
            let of_queries = |end: &[usize]| dims(c.of.shared, end);
            let rest = |check: OpCheck| {
                let mut check = check
                    .real(&of_queries(&[queries, size])[..])
                    .real(&dims(1, &[keys, size])[..])
                    .real(&dims(1, &[keys, width])[..]);
                if c.of.bias {
                    check = check.real(c.bias);
                }
                match c.seen {
                    Some((dims, seen)) => check.ints(dims, seen),
                    None => check,
                }
            };
            let back = OpCheck::new(AttendBack(c.of.clone()))
                .real(&of_queries(&[queries, width])[..])
                .real(&of_queries(&[queries])[..])
                .real(&of_queries(&[queries])[..]);
            [rest(OpCheck::new(c.of.clone())), rest(back)]
        };
        cases().iter().flat_map(of_case).collect()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    #[test]
    fn operands_that_do_not_fit_are_refused() {
        let tape = Tape::<f64>::default();
        let plain = Attend { scale: 1.0, causal: false, shared: 1, bias: true, seen: false };
        let [q, k, v] = [[2, 3, 4], [2, 5, 4], [2, 5, 1]].map(|d| Operand::Real(tape.zeros(d)));
        let bias = Operand::Real(tape.zeros([2, 2, 3, 5]));
        let e = tape.apply(plain.clone(), &[q, k, v, bias]).unwrap_err().to_string();
        assert!(e.contains("[2, 2, 3, 5] beside scores of shape [2, 3, 5]"), "{e}");
        let e = tape.apply(Attend { shared: 2, ..plain }, &[q, k, v]).unwrap_err().to_string();
        assert!(e.contains("heads, keys and sizes agree"), "{e}");
    }
}
