//! A chain of layers, each applied to the result of the one before.
//! A chain is a layer too, so chains nest.

use super::layer::Layer;
use super::leaves::Leaves;
use super::params::Params;
use super::scope::ParamScope;
use super::summary::Summary;
use crate::error::Error;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::Var;

/// Layers applied in order.
///
/// Parts are called by their position, `"0"`, `"1"`, unless [`push_named`](Sequential::push_named) names them. Each part's
/// lines stand in the tape's scope of its name.
///
/// ```
/// use wengert::nn::{Linear, Mode, Params, Relu, Sequential};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let net = Sequential::new()
///     .push(Linear::new(4, 8))
///     .push(Relu)
///     .push_named("head", Linear::new(8, 2))
///     .init(&mut params);
/// let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0.weight", "0.bias", "head.weight", "head.bias"]);
/// let tape = Tape::new();
/// let y = net.apply(&params.on(&tape, Mode::Eval), tape.constant([[1., 2., 3., 4.]]));
/// assert_eq!(y.dims(), [1, 2]);
/// ```
#[derive(Debug)]
pub struct Sequential<T: Real = f32> {
    parts: Vec<(String, Box<dyn Layer<T>>)>,
}

impl<T: Real> Default for Sequential<T> {
    fn default() -> Self {
        Sequential { parts: Vec::new() }
    }
}

impl<T: Real> Sequential<T> {
    /// A chain without parts, which returns its input.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer, called by its position.
    #[track_caller]
    #[must_use]
    pub fn push(self, layer: impl Layer<T> + 'static) -> Self {
        let name = self.parts.len().to_string();
        self.push_named(name, layer)
    }

    /// Adds a layer under a name.
    ///
    /// # Panics
    /// A part has that name.
    #[track_caller]
    #[must_use]
    pub fn push_named(mut self, name: impl Into<String>, layer: impl Layer<T> + 'static) -> Self {
        let name = name.into();
        if name.is_empty() || self.parts.iter().any(|(n, _)| *n == name) {
            Error::argument(format!("{name:?} cannot name part {} of the chain", self.parts.len()))
                .rule("names of parts are not empty and differ; `push` names a part by its position")
                .fix("choose another name")
                .raise()
        }
        self.parts.push((name, Box::new(layer)));
        self
    }

    /// Declares all parameters and buffers at the top of a store.
    ///
    /// # Panics
    /// The store has an entry of one of the names: it holds another model. Use
    /// [`declare`](Layer::declare) with a scope for several models in one store.
    #[track_caller]
    #[must_use]
    pub fn init(self, params: &mut Params<T>) -> Self {
        self.declare(&mut params.scope(""));
        self
    }

    /// As [`Layer::apply`], without an import of the trait; lines of the crate's layers carry the caller's source line.
    #[track_caller]
    #[must_use]
    pub fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let chain = || {
            self.parts.iter().fold(x, |x, (name, layer)| {
                let _scope = p.tape().scope(name);
                layer.apply(&p.scope(name), x)
            })
        };
        p.tape().on_behalf(chain)
    }

    /// The table of layers, output shapes and numbers of parameters, for an input of the given shape.
    ///
    /// # Panics
    /// The layers do not fit the shape or one another.
    #[track_caller]
    pub fn summary(&self, params: &Params<T>, input: impl Into<Dims>) -> Summary {
        Summary::of(self, params, input)
    }

    /// The number of parts.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether the chain has no parts.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

impl<T: Real> Layer<T> for Sequential<T> {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        self.parts.iter().for_each(|(name, layer)| layer.declare(&mut at.scope(name)));
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        Sequential::apply(self, p, x)
    }

    fn describe(&self) -> String {
        format!("sequential of {}", self.parts.len())
    }

    fn parts(&self) -> &[(String, Box<dyn Layer<T>>)] {
        &self.parts
    }
}
