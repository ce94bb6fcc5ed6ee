//! The table of a model: its layers with their output shapes and numbers of parameters.
//! Shapes come from recording the model on a scratch tape; nothing is computed.

use std::fmt;

use super::entry::Role;
use super::layer::Layer;
use super::leaves::{Leaves, Mode};
use super::params::Params;
use super::path::is_under;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::{Tape, Var};

/// A model's layers, output shapes and numbers of parameters; printed as a table.
///
/// ```
/// use wengert::nn::{Linear, Params, Sequential, Tanh};
/// let mut params = Params::<f32>::new(0);
/// let net = Sequential::new().push(Linear::new(784, 32)).push(Tanh).push_named("head", Linear::new(32, 10));
/// let net = net.init(&mut params);
/// let summary = net.summary(&params, [64, 784]);
/// assert_eq!(summary.rows[2].output, [64, 10]);
/// assert_eq!((summary.trained, summary.fixed), (784 * 32 + 32 + 32 * 10 + 10, 0));
/// assert_eq!(summary.to_string().lines().nth(1), Some("0     linear 784 → 32  [64, 32]       25120"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// One row per layer, in order of application.
    pub rows: Vec<SummaryRow>,
    /// Numbers that are trained.
    pub trained: usize,
    /// Numbers in frozen parameters and in buffers.
    pub fixed: usize,
}

/// One layer of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryRow {
    /// The path of the layer.
    pub path: String,
    /// The layer in words.
    pub layer: String,
    /// The shape of its result.
    pub output: Dims,
    /// How many numbers its parameters have, frozen ones included.
    pub parameters: usize,
}

impl Summary {
    /// Records `layer` at the top of the store, for an input of the given shape.
    ///
    /// # Panics
    /// The layers do not fit the shape or one another, or the store lacks their parameters.
    #[track_caller]
    pub fn of<T: Real>(layer: &dyn Layer<T>, params: &Params<T>, input: impl Into<Dims>) -> Summary {
        let tape = Tape::<T>::default();
        let mut rows = Vec::new();
        // A fill stands for the input: no element of it is ever made.
        walk(layer, params, &params.on(&tape, Mode::Eval), tape.zeros(input), &mut rows);
        let trained = params.trained_count();
        let all: usize = params.iter().map(|(_, e)| e.value().as_slice().len()).sum();
        Summary { rows, trained, fixed: all - trained }
    }
}

fn walk<'t, T: Real>(
    layer: &dyn Layer<T>,
    params: &Params<T>,
    p: &Leaves<'t, T>,
    x: Var<'t, T>,
    rows: &mut Vec<SummaryRow>,
) -> Var<'t, T> {
    let parts = layer.parts();
    if !parts.is_empty() {
        return parts.iter().fold(x, |x, (name, part)| walk(&**part, params, &p.scope(name), x, rows));
    }
    let y = layer.apply(p, x);
    let own = params.iter().filter(|(name, e)| e.role() == Role::Parameter && is_under(name, p.path()));
    rows.push(SummaryRow {
        path: p.path().to_owned(),
        layer: layer.describe(),
        output: y.dims(),
        parameters: own.map(|(_, e)| e.value().as_slice().len()).sum(),
    });
    y
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["name", "layer", "output", "parameters"].map(String::from);
        let cells: Vec<[String; 4]> = std::iter::once(head)
            .chain(
                self.rows
                    .iter()
                    .map(|r| [r.path.clone(), r.layer.clone(), r.output.to_string(), r.parameters.to_string()]),
            )
            .collect();
        let width = |k: usize| cells.iter().map(|c| c[k].chars().count()).max().unwrap_or(0);
        let [a, b, c, d] = std::array::from_fn(width);
        for [name, layer, output, parameters] in &cells {
            writeln!(f, "{name:a$}  {layer:b$}  {output:c$}  {parameters:>d$}")?;
        }
        write!(f, "{} numbers are trained, {} are fixed", self.trained, self.fixed)
    }
}
