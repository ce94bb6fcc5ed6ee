//! Scaled dot-product attention: softmax(q kᵀ·scale + mask) v, one operation, or products, a mask and a softmax where that cannot.
//! Its options say what is asked for and nothing about how it is computed.

pub(crate) mod heads;

use super::prelude::*;
use heads::Attend;

/// 1 where column j may be seen from row i, that is j ≤ i; no operands.
#[derive(Clone, Debug)]
pub(crate) struct CausalMask {
    dims: [usize; 2],
}

impl<T: Real> Op<T> for CausalMask {
    same_in_f64!();

    fn name(&self) -> &'static str {
        "causal_mask"
    }

    fn infer(&self, _: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::int(self.dims))
    }

    fn eval(&self, _: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let rows = y[0].int().chunks_mut(self.dims[1].max(1)).enumerate();
        rows.for_each(|(i, row)| row.iter_mut().enumerate().for_each(|(j, m)| *m = u32::from(j <= i)));
        Ok(())
    }

    fn vjp<'t>(&self, _: &Vjp<'t, T>) {}

    fn attributes(&self) -> Attributes {
        smallvec![("shape", (&self.dims[..]).into())]
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn cost(&self, _: &[Sig<'_>]) -> Cost {
        Cost { flops: self.dims.iter().product::<usize>() as f64, cheap: true }
    }

    fn step_kind(&self) -> StepKind {
        StepKind::Expand
    }
}

/// What is not to be seen, or how much less: `[…, queries, keys]`, broadcast.
#[derive(Clone, Copy, Debug)]
pub enum AttentionMask<'t, T: Real> {
    /// Keys may be seen where this is not 0.
    Seen(IntVar<'t, T>),
    /// Added to the scores: −∞ hides a key, a finite number is a bias and has a derivative.
    Added(Var<'t, T>),
}

impl<'t, T: Real> From<IntVar<'t, T>> for AttentionMask<'t, T> {
    fn from(mask: IntVar<'t, T>) -> Self {
        AttentionMask::Seen(mask)
    }
}

impl<'t, T: Real> From<Var<'t, T>> for AttentionMask<'t, T> {
    fn from(bias: Var<'t, T>) -> Self {
        AttentionMask::Added(bias)
    }
}

/// Options of [`scaled_dot_product_attention`](Var::scaled_dot_product_attention); without any, every query sees every key.
///
/// ```
/// use wengert::{Attention, prelude::*};
/// let tape = Tape::new();
/// let q = tape.var([[0.], [0.]]);
/// let v = tape.var([[2.], [4.]]);
/// let causal = q.scaled_dot_product_attention(q, v, Attention::new().causal());
/// assert_eq!(causal.value().as_slice().unwrap(), [2., 3.]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Attention<'t, T: Real> {
    mask: Option<AttentionMask<'t, T>>,
    causal: bool,
    dropout: f64,
    grouped: bool,
    scale: Option<f64>,
}

impl<'t, T: Real> Attention<'t, T> {
    /// Every query sees every key.
    #[must_use]
    pub fn new() -> Self {
        Attention { mask: None, causal: false, dropout: 0.0, grouped: false, scale: None }
    }

    /// Hides keys (a mask of integers) or adds to scores (a real line).
    #[must_use]
    pub fn mask(self, mask: impl Into<AttentionMask<'t, T>>) -> Self {
        Attention { mask: Some(mask.into()), ..self }
    }

    /// Query i sees keys 0 to i only, besides what the mask hides.
    #[must_use]
    pub fn causal(self) -> Self {
        Attention { causal: true, ..self }
    }

    /// Each weight is dropped with this probability, as by [`dropout`](Var::dropout).
    #[must_use]
    pub fn dropout(self, p: f64) -> Self {
        Attention { dropout: p, ..self }
    }

    /// Several heads of queries share one head of keys and values (Ainslie and others, 2023): on the third axis from the
    /// end there are a whole number of times as many queries, and neighbours share.
    #[must_use]
    pub fn grouped(self) -> Self {
        Attention { grouped: true, ..self }
    }

    /// The factor of the scores; 1/√d for queries of d numbers if it is not said.
    #[must_use]
    pub fn scale(self, scale: f64) -> Self {
        Attention { scale: Some(scale), ..self }
    }

    /// The whole without its weights on the tape; `None` where they are wanted (to drop some), or where leading axes differ.
    #[track_caller]
    fn in_blocks(&self, [q, k, v]: [Var<'t, T>; 3], scale: f64, shared: usize) -> Option<Var<'t, T>> {
        let (dq, dk, dv) = (q.dims(), k.dims(), v.dims());
        let lead = |d: &Dims| Dims::from(&d[..d.rank() - 2]);
        let mut heads = lead(&dk);
        if shared > 1 {
            let last = heads.rank() - 1;
            heads[last] *= shared;
        }
        let scores: Dims = dq[..dq.rank() - 1].iter().copied().chain([dk[dk.rank() - 2]]).collect();
        let (bias, seen) = match self.mask {
            None => (None, None),
            Some(AttentionMask::Added(bias)) => (Some(bias), None),
            Some(AttentionMask::Seen(seen)) => (None, Some(seen)),
        };
        let mask = bias.map(Var::dims).or(seen.map(IntVar::dims));
        let fits = mask.is_none_or(|m| broadcast_dims(&m, &scores).as_ref() == Some(&scores));
        if self.dropout != 0.0 || heads != lead(&dq) || lead(&dk) != lead(&dv) || !fits {
            return None;
        }
        let of = Attend { scale, causal: self.causal, shared, bias: bias.is_some(), seen: seen.is_some() };
        let operands: SmallVec<[Operand<'t, T>; 4]> = [q, k, v]
            .map(Operand::Real)
            .into_iter()
            .chain(bias.map(Operand::Real))
            .chain(seen.map(Operand::Int))
            .collect();
        Some(q.tape.call(of, &operands).real(0))
    }

    /// The weights from scaled scores `[…, queries, keys]`.
    #[track_caller]
    fn weights(&self, scores: Var<'t, T>) -> Var<'t, T> {
        let d = scores.dims();
        let mut hidden = scores;
        if let Some(AttentionMask::Added(bias)) = self.mask {
            hidden = hidden + bias;
        }
        if let Some(AttentionMask::Seen(seen)) = self.mask {
            hidden = seen.select(hidden, f64::NEG_INFINITY);
        }
        if self.causal {
            let dims = [d[d.rank() - 2], d[d.rank() - 1]];
            let seen = scores.tape.call(CausalMask { dims }, &[]).int(0);
            hidden = seen.select(hidden, f64::NEG_INFINITY);
        }
        // A mask may hide every key from a query, which then gets zeros.
        let weights = if self.mask.is_some() { hidden.softmax_or_zero(-1) } else { hidden.softmax(-1) };
        if self.dropout == 0.0 { weights } else { weights.dropout(self.dropout) }
    }
}

impl<T: Real> Default for Attention<'_, T> {
    fn default() -> Self {
        Attention::new()
    }
}

/// How often each head of keys serves, or why the shapes do not fit.
fn sharing(q: &Dims, k: &Dims, v: &Dims, grouped: bool) -> Result<usize, Error> {
    let shapes = || format!("queries {q}, keys {k}, values {v}");
    if q.rank() < 2 || k.rank() < 2 || v.rank() < 2 {
        return Err(Error::shape(shapes())
            .rule("they are [.., number, size]: rows of numbers")
            .fix("unsqueeze a single row"));
    }
    let last = |d: &Dims, from_end: usize| d[d.rank() - from_end];
    if last(q, 1) != last(k, 1) || last(k, 2) != last(v, 2) {
        return Err(Error::shape(shapes())
            .rule("queries and keys are of one size, and there is one value for each key")
            .fix("check the last axis of queries and keys, and the second last of keys and values"));
    }
    if !grouped {
        return Ok(1);
    }
    if q.rank() < 3 || k.rank() < 3 || v.rank() < 3 || last(k, 3) != last(v, 3) {
        return Err(Error::shape(shapes())
            .rule("grouped heads stand on the third axis from the end, equally many of keys and of values")
            .fix("unsqueeze the axis of heads, or leave out `grouped`"));
    }
    match last(q, 3).checked_div(last(k, 3)) {
        Some(times) if times * last(k, 3) == last(q, 3) && times > 0 => Ok(times),
        _ => Err(Error::shape(format!("{} heads of queries on {} heads of keys", last(q, 3), last(k, 3)))
            .rule("each head of keys serves the same number of heads of queries")
            .fix("use a multiple")),
    }
}

/// […, heads, n, d] as […, heads/g, g, n, d].
#[track_caller]
fn in_groups<T: Real>(x: Var<'_, T>, of: usize) -> Var<'_, T> {
    let mut d = x.dims();
    let heads = d.rank() - 3;
    d[heads] /= of;
    d.insert(heads + 1, of);
    x.reshape(&d)
}

/// The opposite of [`in_groups`].
#[track_caller]
fn out_of_groups<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let mut d = x.dims();
    let group = d.remove(d.rank() - 3);
    let heads = d.rank() - 3;
    d[heads] *= group;
    x.reshape(&d)
}

impl<'t, T: Real> Var<'t, T> {
    /// Attention (Vaswani and others, 2017): softmax(q kᵀ·scale + mask)·v, where this line is the queries q
    /// `[…, queries, d]`, with keys `[…, keys, d]` and values `[…, keys, e]`. Leading axes broadcast; the result is
    /// `[…, queries, e]`.
    ///
    /// A query from which a mask hides every key gets zeros, and passes on no gradient.
    ///
    /// # Panics
    /// The shapes do not fit, or the probability of dropout lies outside 0..=1.
    ///
    /// ```
    /// use wengert::{Attention, prelude::*};
    /// let tape = Tape::new();
    /// let (q, k) = (tape.var([[100., 0.]]), tape.var([[1., 0.], [0., 1.]]));
    /// let v = tape.var([[5., 6., 7.], [8., 9., 10.]]);
    /// let y = q.scaled_dot_product_attention(k, v, Attention::new());
    /// assert_eq!(y.value().as_slice().unwrap(), [5., 6., 7.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn scaled_dot_product_attention(self, keys: Self, values: Self, options: Attention<'t, T>) -> Self {
        let (dq, dk, dv) = (self.dims(), keys.dims(), values.dims());
        let fit = sharing(&dq, &dk, &dv, options.grouped);
        let times = self.tape.checked(fit, "scaled_dot_product_attention", &[self.id, keys.id, values.id]);
        let scale = options.scale.unwrap_or((dq[dq.rank() - 1] as f64).sqrt().recip());
        if let Some(y) = options.in_blocks([self, keys, values], scale, times) {
            return y;
        }
        let q = self * scale;
        if times == 1 {
            return options.weights(q.matmul_transposed(keys)).matmul(values);
        }
        let (k, v) = (in_groups(keys, 1), in_groups(values, 1));
        let scores = out_of_groups(in_groups(q, times).matmul_transposed(k));
        out_of_groups(in_groups(options.weights(scores), times).matmul(v))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::adjoint::grad;
    use crate::check::OpCheck;
    use crate::ops::rearrange::concat::concat;

    const INF: f64 = f64::INFINITY;

    pub(crate) fn checks() -> Vec<OpCheck> {
        [[3, 5], [1, 1], [0, 2]].map(|dims| OpCheck::new(CausalMask { dims })).into()
    }

    #[test]
    fn rules() {
        checks().iter().for_each(|c| c.run().assert());
    }

    fn numbers<'t>(tape: &'t Tape<f64>, dims: &[usize], seed: usize) -> Var<'t, f64> {
        let n = dims.iter().product::<usize>();
        let number = |k: usize| (((k + seed) * (k + 7 * seed)) as f64 * 0.37).sin();
        tape.var((0..n).map(number).collect::<Vec<f64>>()).reshape(Dims::from(dims))
    }

    fn near(a: Var<'_, f64>, b: Var<'_, f64>) {
        assert_eq!(a.dims(), b.dims());
        assert!((a - b).abs().value().iter().all(|v| *v < 1e-12));
    }

    #[test]
    fn it_is_a_mean_of_values_weighted_by_products() {
        let tape = Tape::default();
        let (q, k, v) = (numbers(&tape, &[2, 3, 4], 1), numbers(&tape, &[2, 5, 4], 2), numbers(&tape, &[2, 5, 6], 3));
        let y = q.scaled_dot_product_attention(k, v, Attention::new()).value();
        let (q, k, v) = (q.value(), k.value(), v.value());
        for (at, y) in y.indexed_iter() {
            let (n, i, e) = (at[0], at[1], at[2]);
            let weight = |j: usize| ((0..4).map(|d| q[[n, i, d]] * k[[n, j, d]]).sum::<f64>() / 2.0).exp();
            let total: f64 = (0..5).map(weight).sum();
            let expected = (0..5).map(|j| weight(j) * v[[n, j, e]]).sum::<f64>() / total;
            assert!((y - expected).abs() < 1e-14);
        }
    }

    #[test]
    fn three_ways_to_hide_a_key_agree() {
        let tape = Tape::default();
        let (q, k, v) = (numbers(&tape, &[3, 2], 1), numbers(&tape, &[4, 2], 2), numbers(&tape, &[4, 2], 3));
        let seen = tape.ints(ndarray::array![[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]);
        let bias = seen.select(0.0, -INF);
        let causal = q.scaled_dot_product_attention(k, v, Attention::new().causal());
        near(causal, q.scaled_dot_product_attention(k, v, Attention::new().mask(seen)));
        near(causal, q.scaled_dot_product_attention(k, v, Attention::new().mask(bias)));
        near(causal, q.scaled_dot_product_attention(k, v, Attention::new().mask(seen).causal()));
        let first = causal.index_axis(0, 0);
        near(first, v.index_axis(0, 0));
    }

    #[test]
    fn a_query_that_sees_nothing_gets_nothing() {
        let tape = Tape::default();
        let (q, k, v) = (numbers(&tape, &[2, 2], 1), numbers(&tape, &[3, 2], 2), numbers(&tape, &[3, 2], 3));
        let seen = tape.ints(ndarray::array![[0, 0, 0], [1, 1, 0]]);
        let y = q.scaled_dot_product_attention(k, v, Attention::new().mask(seen));
        assert_eq!(y.index_axis(0, 0).value().as_slice().unwrap(), [0.0, 0.0]);
        let g = grad(y.square().sum(), &[q, k, v]);
        assert!(g.iter().all(|g| g.value().iter().all(|v| v.is_finite())));
        assert_eq!(g[0].index_axis(0, 0).value().as_slice().unwrap(), [0.0, 0.0]);
        assert_eq!(g[2].index_axis(0, 2).value().as_slice().unwrap(), [0.0, 0.0]);
    }

    #[test]
    fn shared_heads_are_heads_repeated() {
        let tape = Tape::default();
        let (q, k, v) =
            (numbers(&tape, &[2, 6, 3, 4], 1), numbers(&tape, &[2, 2, 5, 4], 2), numbers(&tape, &[2, 2, 5, 1], 3));
        let bias = numbers(&tape, &[6, 3, 5], 4);
        let options = Attention::new().mask(bias).scale(0.7);
        let shared = q.scaled_dot_product_attention(k, v, options.grouped());
        let [k3, v3] = [k, v].map(|x| {
            let heads = x.split(1, &[1, 1]);
            concat(&[heads[0], heads[0], heads[0], heads[1], heads[1], heads[1]], 1)
        });
        let repeated = q.scaled_dot_product_attention(k3, v3, options);
        near(shared, repeated);
        for (a, b) in grad(shared.square().sum(), &[q, k, v]).into_iter().zip(grad(repeated.square().sum(), &[q, k, v]))
        {
            near(a, b);
        }
    }

    #[test]
    fn dropped_weights_are_zero_and_the_rest_is_scaled() {
        let tape = Tape::<f64>::default();
        let q = tape.zeros([1, 4]);
        let v = tape.ones([1000, 1]);
        let y = q.scaled_dot_product_attention(tape.zeros([1000, 4]), v, Attention::new().dropout(0.5)).item();
        assert!((y - 1.0).abs() < 0.2 && y != 1.0);
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let text = |q: &[usize], k: &[usize], v: &[usize], options: Attention<'_, f64>| {
            let (q, k, v) = (tape.zeros(q), tape.zeros(k), tape.zeros(v));
            let run = || _ = q.scaled_dot_product_attention(k, v, options);
            *std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err().downcast::<String>().unwrap()
        };
        let plain = Attention::new();
        for (text, part) in [
            (text(&[4], &[3, 4], &[3, 4], plain), "queries [4], keys [3, 4], values [3, 4]"),
            (text(&[2, 5], &[3, 4], &[3, 4], plain), "queries and keys are of one size"),
            (text(&[2, 4], &[3, 4], &[2, 4], plain), "one value for each key"),
            (text(&[5, 2, 4], &[2, 3, 4], &[2, 3, 4], plain.grouped()), "5 heads of queries on 2 heads of keys"),
            (text(&[2, 4], &[3, 4], &[3, 4], plain.grouped()), "third axis from the end"),
            (text(&[2, 4], &[3, 4], &[3, 4], plain.dropout(1.5)), "dropping an element is 1.5"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
