//! A learnt vector for every number of a vocabulary.
//! It takes integers, so it stands before a chain of layers and not in it.

use super::init::Init;
use super::leaves::Leaves;
use super::scope::ParamScope;
use crate::real::Real;
use crate::tape::{IntVar, Var};

/// Row `id` of a table `weight` of shape `[count, width]`, for each id.
///
/// Not a [`Layer`](super::Layer), since its operand is integer; the methods are called the same. The table starts normal
/// with standard deviation 1.
///
/// ```
/// use wengert::nn::{Embedding, Mode, Params};
/// use wengert::prelude::*;
/// let mut params = Params::<f32>::new(0);
/// let table = Embedding::new(100, 8);
/// table.declare(&mut params.scope("words"));
/// let tape = Tape::new();
/// let y = table.apply(&params.on(&tape, Mode::Train).scope("words"), tape.ints([4, 99, 4]));
/// assert_eq!(y.dims(), [3, 8]);
/// assert_eq!(y.value()[[0, 3]], y.value()[[2, 3]]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    count: usize,
    width: usize,
    weight: Init,
    padding: Option<u32>,
}

impl Embedding {
    /// Vectors of the given width for the ids below `count`.
    pub fn new(count: usize, width: usize) -> Self {
        Embedding { count, width, weight: Init::Normal(1.0), padding: None }
    }

    /// How the table starts.
    #[must_use]
    pub fn weight(self, init: Init) -> Self {
        Embedding { weight: init, ..self }
    }

    /// The id of what stands for nothing: its row has no gradient, so that it stays as it was declared (PyTorch's
    /// `padding_idx`).
    ///
    /// ```
    /// use wengert::nn::{Embedding, Mode, Params};
    /// use wengert::prelude::*;
    /// let mut params = Params::<f32>::new(0);
    /// let table = Embedding::new(3, 2).padding(0);
    /// table.declare(&mut params.scope("words"));
    /// let tape = Tape::new();
    /// let leaves = params.on(&tape, Mode::Train);
    /// let y = table.apply(&leaves.scope("words"), tape.ints([2, 0, 0]));
    /// let g = y.sum().backward();
    /// assert_eq!(g[leaves.get("words.weight")].as_slice().unwrap(), [0., 0., 0., 0., 1., 1.]);
    /// ```
    #[must_use]
    pub fn padding(self, id: u32) -> Self {
        Embedding { padding: Some(id), ..self }
    }

    /// Declares the table.
    #[track_caller]
    pub fn declare<T: Real>(&self, at: &mut ParamScope<'_, T>) {
        at.parameter("weight", [self.count, self.width], self.weight);
    }

    /// The vectors, in the shape of `ids` with the width behind.
    ///
    /// # Panics
    /// An id that is known is not below the count, nor is that of the padding; a computed one is an error when it runs.
    #[track_caller]
    #[must_use]
    pub fn apply<'t, T: Real>(&self, p: &Leaves<'t, T>, ids: IntVar<'t, T>) -> Var<'t, T> {
        let table = p.get("weight");
        match self.padding {
            Some(id) => table.embedding_padded(ids, id),
            None => table.embedding(ids),
        }
    }
}
