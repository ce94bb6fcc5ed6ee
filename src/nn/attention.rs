//! Attention with several heads: learnt maps before and behind the scaled dot product.
//! As a layer of a chain it attends to its own input; `attend` takes other keys and values, and masks.

use super::init::Init;
use super::layer::Layer;
use super::leaves::Leaves;
use super::linear::Linear;
use super::scope::ParamScope;
use crate::error::Error;
use crate::ops::Attention;
use crate::real::Real;
use crate::tape::Var;

/// Attention of several heads (Vaswani and others, 2017): queries, keys and values are mapped, cut into heads, attended to
/// in each, put together and mapped once more.
///
/// Rows are `[…, length, size]`. Its parts are the linear maps `query`, `key`, `value` and `out`, each `size` to `size`.
///
/// ```
/// use wengert::nn::{Layer, Mode, MultiHeadAttention, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let layer = MultiHeadAttention::new(8, 2).causal();
/// layer.declare(&mut params.scope("attention"));
/// assert!(params.get("attention.query.weight").is_some());
/// let tape = Tape::new();
/// let x = tape.constant(vec![0.5; 24]).reshape([1, 3, 8]);
/// let y = layer.apply(&params.on(&tape, Mode::Eval).scope("attention"), x);
/// assert_eq!(y.dims(), [1, 3, 8]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultiHeadAttention {
    size: usize,
    heads: usize,
    causal: bool,
    dropout: f64,
    bias: bool,
}

/// The maps before the product.
const MAPS: [&str; 3] = ["query", "key", "value"];

impl MultiHeadAttention {
    /// For rows of `size` numbers, cut into so many heads; the size is a multiple of the heads.
    pub fn new(size: usize, heads: usize) -> Self {
        MultiHeadAttention { size, heads, causal: false, dropout: 0.0, bias: true }
    }

    /// As a layer of a chain: each row sees itself and those before it.
    #[must_use]
    pub fn causal(self) -> Self {
        MultiHeadAttention { causal: true, ..self }
    }

    /// The probability of dropping a weight in training.
    #[must_use]
    pub fn dropout(self, p: f64) -> Self {
        MultiHeadAttention { dropout: p, ..self }
    }

    /// Without biases in the four maps.
    #[must_use]
    pub fn no_bias(self) -> Self {
        MultiHeadAttention { bias: false, ..self }
    }

    fn map(&self) -> Linear {
        let map = Linear::new(self.size, self.size).weight(Init::XavierUniform);
        if self.bias { map } else { map.no_bias() }
    }

    /// Attends from queries `[…, queries, size]` to keys and values `[…, keys, size]`. Options are those of the scaled dot
    /// product, whose masks are `[…, queries, keys]` with an axis of heads in front of these two, or broadcast over it; the
    /// layer's own causality and dropout come on top.
    ///
    /// # Panics
    /// The shapes do not fit, or the size is no multiple of the heads.
    #[track_caller]
    pub fn attend<'t, T: Real>(
        &self,
        p: &Leaves<'t, T>,
        [queries, keys, values]: [Var<'t, T>; 3],
        options: Attention<'t, T>,
    ) -> Var<'t, T> {
        if self.heads == 0 || !self.size.is_multiple_of(self.heads) {
            let e = Error::argument(format!("{} numbers in {} heads", self.size, self.heads))
                .rule("all heads have the same number of numbers")
                .fix("use a number of heads that divides the size");
            p.tape().blame(e, "multi_head_attention", &[queries.id()]).raise()
        }
        let options = if self.causal { options.causal() } else { options };
        let options = if p.is_training() && self.dropout > 0.0 { options.dropout(self.dropout) } else { options };
        let map = self.map();
        let heads = |(name, x): (&str, Var<'t, T>)| {
            let y = map.apply(&p.scope(name), x);
            let mut d = y.dims();
            let last = d.rank() - 1;
            d[last] = self.size / self.heads;
            d.insert(last, self.heads);
            y.reshape(d).transpose(-3, -2)
        };
        let [q, k, v] = [(MAPS[0], queries), (MAPS[1], keys), (MAPS[2], values)].map(heads);
        let together = q.scaled_dot_product_attention(k, v, options).transpose(-3, -2);
        let mut d = together.dims();
        d.remove(d.rank() - 1);
        let last = d.rank() - 1;
        d[last] = self.size;
        map.apply(&p.scope("out"), together.reshape(d))
    }
}

impl<T: Real> Layer<T> for MultiHeadAttention {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        MAPS.iter().chain(&["out"]).for_each(|name| self.map().declare(&mut at.scope(name)));
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        if x.rank() < 2 {
            let e = Error::shape(format!("x is {}", x.dims()))
                .rule(format!("x holds rows: [.., length, {}]", self.size))
                .fix("unsqueeze a single row");
            p.tape().blame(e, "multi_head_attention", &[x.id()]).raise()
        }
        self.attend(p, [x; 3], Attention::new())
    }

    fn describe(&self) -> String {
        format!("attention {}, {} heads", self.size, self.heads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Mode, Params, value_and_grad};
    use crate::tape::Tape;

    fn rows(tape: &Tape<f64>, dims: [usize; 3]) -> Var<'_, f64> {
        let n = dims.iter().product::<usize>();
        tape.constant((0..n).map(|k| ((k * k) as f64 * 0.37).sin()).collect::<Vec<f64>>()).reshape(dims)
    }

    fn declared(layer: &MultiHeadAttention) -> Params<f64> {
        let mut params = Params::new(3);
        layer.declare(&mut params.scope("a"));
        params
    }

    #[test]
    fn heads_are_attended_to_one_by_one() {
        let layer = MultiHeadAttention::new(6, 2);
        let params = declared(&layer);
        let tape = Tape::default();
        let p = params.on(&tape, Mode::Eval).scope("a");
        let (x, other) = (rows(&tape, [2, 4, 6]), rows(&tape, [2, 5, 6]) * 0.5);
        let y = layer.attend(&p, [x, other, other], Attention::new());
        let map = |name: &str, x| layer.map().apply(&p.scope(name), x);
        let (q, k, v) = (map("query", x), map("key", other), map("value", other));
        let head = |h: usize| {
            let [q, k, v] = [q, k, v].map(|x| x.slice(-1, 3 * h..3 * h + 3));
            q.scaled_dot_product_attention(k, v, Attention::new())
        };
        let expected = map("out", crate::ops::concat(&[head(0), head(1)], -1));
        assert!((y - expected).abs().value().iter().all(|v| *v < 1e-13));
    }

    #[test]
    fn a_causal_layer_does_not_see_what_comes_later() {
        let layer = MultiHeadAttention::new(4, 2).causal().no_bias();
        let params = declared(&layer);
        let tape = Tape::default();
        let p = params.on(&tape, Mode::Eval).scope("a");
        let x = rows(&tape, [1, 5, 4]);
        let (whole, part) = (layer.apply(&p, x), layer.apply(&p, x.slice(1, ..3)));
        assert!((whole.slice(1, ..3) - part).abs().value().iter().all(|v| *v < 1e-13));
    }

    #[test]
    fn all_four_maps_learn_and_weights_are_dropped_in_training_only() {
        let layer = MultiHeadAttention::new(4, 2).dropout(0.5);
        let params = declared(&layer);
        let (_, grads) =
            value_and_grad(&params, |p| layer.apply(&p.scope("a"), rows(p.tape(), [1, 3, 4])).square().sum());
        for name in ["query", "key", "value", "out"] {
            let g = grads.by_name(&format!("a.{name}.weight")).expect("every map has a gradient");
            assert!(g.iter().any(|v| *v != 0.0), "{name}");
        }
        let tape = Tape::default();
        let [train, eval] = [Mode::Train, Mode::Eval]
            .map(|m| layer.apply(&params.on(&tape, m).scope("a"), rows(&tape, [1, 3, 4])).value());
        assert_ne!(train, eval);
    }

    #[test]
    #[should_panic(expected = "6 numbers in 4 heads")]
    fn heads_of_different_sizes_are_refused() {
        let layer = MultiHeadAttention::new(6, 4);
        let params = declared(&layer);
        let tape = Tape::default();
        let _ = layer.apply(&params.on(&tape, Mode::Eval).scope("a"), rows(&tape, [1, 3, 6]));
    }
}
