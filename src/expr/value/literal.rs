//! A tensor of numbers as it was written, as a value and as Rust.
//! Arrays of Rust nest four deep as tensors; what is deeper, or has no elements, names its shape.

use std::sync::Arc;

use crate::expr::rust::{Code, Writer};
use crate::expr::syntax;
use crate::real::Real;
use crate::shape::Dims;
use crate::tape::Tensor;

/// A tensor of numbers as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) struct Literal {
    pub dims: Dims,
    pub data: Arc<Vec<f64>>,
}

impl From<syntax::Literal> for Literal {
    fn from(l: syntax::Literal) -> Self {
        Literal { dims: Dims::from(&l.dims[..]), data: Arc::new(l.data) }
    }
}

impl Literal {
    pub fn number(v: f64) -> Self {
        Literal { dims: Dims::scalar(), data: Arc::new(vec![v]) }
    }

    pub fn tensor<T: Real>(&self) -> Tensor<T> {
        let data = self.data.iter().map(|v| T::of(*v)).collect();
        Tensor::new(self.dims.clone(), data).expect("a literal has as many numbers as its shape says")
    }

    /// What a Rust program passes for the values of a leaf.
    pub fn rust(&self, w: &mut Writer) -> Code {
        let number = |v: &f64| Code::number(*v);
        if self.dims.rank() <= 4 && !self.data.is_empty() {
            return nested(&self.dims, &self.data, &number);
        }
        let dims = self.dims.iter().map(|d| Code::whole(*d as i128)).collect();
        let data = Code::Macro("vec".into(), self.data.iter().map(number).collect());
        let new = Code::Call(Box::new(w.path("Tensor::new")), vec![Code::List(dims), data]);
        new.method("unwrap", Vec::new())
    }

    /// The leaf of integers, on the tape.
    pub fn ints(&self) -> Code {
        let list = match self.data.is_empty() {
            true => Code::word("[0u32; 0]"),
            false => Code::List(self.data.iter().map(|v| Code::whole(*v as i128)).collect()),
        };
        let ints = Code::word("tape").method("ints", vec![list]);
        let dims = match self.dims.rank() {
            1 => return ints,
            0 => Code::Tuple(Vec::new()),
            _ => Code::List(self.dims.iter().map(|d| Code::whole(*d as i128)).collect()),
        };
        ints.method("reshape", vec![dims])
    }
}

/// Rows of rows.
fn nested(dims: &[usize], data: &[f64], one: &impl Fn(&f64) -> Code) -> Code {
    match dims {
        [] => one(&data[0]),
        [_, rest @ ..] => {
            let size = rest.iter().product::<usize>().max(1);
            Code::List(data.chunks(size).map(|part| nested(rest, part, one)).collect())
        }
    }
}
