//! What a layer is: something that declares entries in a store and writes lines when applied.
//! The crate's own layers and a user's implement the same trait.

use std::fmt;

use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::real::Real;
use crate::tape::Var;

/// A part of a model: hyper-parameters, without state.
///
/// [`declare`](Layer::declare) puts parameters and buffers into the store, under names relative to the place it is given;
/// [`apply`](Layer::apply) writes lines, and finds them again under the same names. A user's own layer:
///
/// ```
/// use wengert::nn::{Layer, Leaves, Linear, Mode, ParamScope, Params};
/// use wengert::prelude::*;
/// use wengert::Real;
///
/// /// x + W₂ tanh(W₁ x + b₁) + b₂
/// #[derive(Debug)]
/// struct Residual { inner: Linear, outer: Linear }
///
/// impl<T: Real> Layer<T> for Residual {
///     fn declare(&self, at: &mut ParamScope<'_, T>) {
///         self.inner.declare(&mut at.scope("inner"));
///         self.outer.declare(&mut at.scope("outer"));
///     }
///     fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
///         let hidden = self.inner.apply(&p.scope("inner"), x).tanh();
///         x + self.outer.apply(&p.scope("outer"), hidden)
///     }
///     fn describe(&self) -> String {
///         "residual".into()
///     }
/// }
///
/// let mut params = Params::<f32>::new(1);
/// let block = Residual { inner: Linear::new(3, 8), outer: Linear::new(8, 3) };
/// block.declare(&mut params.scope("block"));
/// let tape = Tape::new();
/// let y = block.apply(&params.on(&tape, Mode::Eval).scope("block"), tape.constant([[1., 2., 3.]]));
/// assert_eq!((y.dims(), params.len()), ([1, 3].into(), 4));
/// ```
pub trait Layer<T: Real>: fmt::Debug + Send + Sync {
    /// Declares parameters and buffers; most layers without weights have none.
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        let _ = at;
    }

    /// Writes the layer's lines; `p` is the place that was given to `declare`, on a tape.
    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T>;

    /// The layer in a few words, as summaries show it: `"linear 784 → 10"`.
    fn describe(&self) -> String;

    /// The named parts that the layer applies one after the other and summaries list; none unless it is a chain.
    fn parts(&self) -> &[(String, Box<dyn Layer<T>>)] {
        &[]
    }
}
