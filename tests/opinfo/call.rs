//! A case's arguments on a tape: tensors are leaves, the rest is read by position or keyword, as Python does.
//! A map from a PyTorch call to this crate's methods is written against it.

use std::cell::{Cell, RefCell};

use wengert::prelude::*;

use crate::case::{Array, Case, Elements, Value};

/// An argument, its tensors on the tape.
#[derive(Clone, Debug)]
pub enum Given<'t> {
    None,
    Flag(bool),
    Int(i64),
    Number(f64),
    Text(String),
    List(Vec<Given<'t>>),
    Real(Var<'t, f64>),
    /// Integers and truth values, as 0 and 1.
    Ints(IntVar<'t, f64>),
}

/// A call on a tape.
#[derive(Debug)]
pub struct Call<'t> {
    pub tape: &'t Tape<f64>,
    input: Given<'t>,
    args: Vec<Given<'t>>,
    kwargs: Vec<(String, Given<'t>)>,
    /// Real tensors in order, without those that a map has declared to have no gradient.
    leaves: RefCell<Vec<Var<'t, f64>>>,
    gradients: usize,
    /// Whether the reference computes its gradient with a constant that is rounded to f32.
    digits: Cell<Option<Digits>>,
}

/// How far numbers of a reference may be off that was not computed in f64.
#[derive(Clone, Copy, Debug)]
pub struct Digits {
    /// Beside the number.
    pub relative: f64,
    /// Beside 1.
    pub absolute: f64,
}

/// What a map yields: lines in PyTorch's order, or why there is no such call here.
pub type Mapped<'t> = Result<Vec<Output<'t>>, String>;

/// One output.
#[derive(Clone, Copy, Debug)]
pub enum Output<'t> {
    Real(Var<'t, f64>),
    Ints(IntVar<'t, f64>),
}

impl<'t> From<Var<'t, f64>> for Output<'t> {
    fn from(v: Var<'t, f64>) -> Self {
        Output::Real(v)
    }
}

impl<'t> From<IntVar<'t, f64>> for Output<'t> {
    fn from(v: IntVar<'t, f64>) -> Self {
        Output::Ints(v)
    }
}

/// One output, the usual case.
pub fn one<'t>(y: impl Into<Output<'t>>) -> Option<Mapped<'t>> {
    Some(Ok(vec![y.into()]))
}

/// Several outputs of one kind.
pub fn many<'t>(ys: impl IntoIterator<Item = Var<'t, f64>>) -> Option<Mapped<'t>> {
    Some(Ok(ys.into_iter().map(Output::Real).collect()))
}

/// A value and its indices.
pub fn pair<'t>((y, index): (Var<'t, f64>, IntVar<'t, f64>)) -> Option<Mapped<'t>> {
    Some(Ok(vec![y.into(), index.into()]))
}

impl<'t> Call<'t> {
    /// Puts the tensors of a case on a tape.
    pub fn new(tape: &'t Tape<f64>, case: &Case) -> Self {
        let leaves = RefCell::default();
        let put = |v: &Value| given(tape, v, &leaves);
        let input = put(&case.input);
        let args = case.args.iter().map(put).collect();
        let kwargs = case.kwargs.iter().map(|(name, v)| (name.clone(), put(v))).collect();
        Call { tape, input, args, kwargs, leaves, gradients: case.grads.len(), digits: Cell::new(None) }
    }

    /// The real tensors that have a gradient, in order.
    pub fn leaves(&self) -> Vec<Var<'t, f64>> {
        self.leaves.borrow().clone()
    }

    /// How many gradients the reference has.
    pub fn gradients(&self) -> usize {
        self.gradients
    }

    /// Declares that the reference holds a constant rounded to f32, and has no more digits than that.
    pub fn holds_single_precision(&self) {
        self.has_digits(Digits { relative: 1e-7, absolute: 1e-13 });
    }

    /// Declares how exact the reference is.
    pub fn has_digits(&self, digits: Digits) {
        self.digits.set(Some(digits));
    }

    /// What was declared of it.
    pub fn digits(&self) -> Option<Digits> {
        self.digits.get()
    }

    /// The tensor before the arguments.
    pub fn x(&self) -> Var<'t, f64> {
        match self.input {
            Given::Real(x) => x,
            ref other => panic!("the input is {other:?}"),
        }
    }

    /// The list of tensors before the arguments.
    pub fn xs(&self) -> Vec<Var<'t, f64>> {
        reals(&self.input)
    }

    /// How many positional arguments follow the input.
    pub fn count(&self) -> usize {
        self.args.len()
    }

    /// Argument `i` after the input, or the one of that name; `Given::None` where there is neither.
    pub fn arg(&self, i: usize, name: &str) -> Given<'t> {
        let named = || self.kwargs.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
        self.args.get(i).cloned().or_else(named).unwrap_or(Given::None)
    }

    /// A keyword argument.
    pub fn key(&self, name: &str) -> Given<'t> {
        self.arg(usize::MAX, name)
    }

    /// A tensor that must be there.
    pub fn real(&self, i: usize, name: &str) -> Var<'t, f64> {
        self.try_real(i, name).unwrap_or_else(|| panic!("argument {i} ({name}) is no real tensor"))
    }

    /// A tensor that may be there.
    pub fn try_real(&self, i: usize, name: &str) -> Option<Var<'t, f64>> {
        match self.arg(i, name) {
            Given::Real(v) => Some(v),
            _ => None,
        }
    }

    /// A tensor that has no gradient in PyTorch's call: running statistics, weights of classes, signs.
    pub fn constant(&self, i: usize, name: &str) -> Option<Var<'t, f64>> {
        let v = self.try_real(i, name)?;
        self.leaves.borrow_mut().retain(|leaf| leaf.id() != v.id());
        Some(v)
    }

    /// An integer tensor that must be there.
    pub fn ints(&self, i: usize, name: &str) -> IntVar<'t, f64> {
        match self.arg(i, name) {
            Given::Ints(v) => v,
            other => panic!("argument {i} ({name}) is {other:?}"),
        }
    }

    /// A number, if it is there.
    pub fn try_number(&self, i: usize, name: &str) -> Option<f64> {
        match self.arg(i, name) {
            Given::Int(v) => Some(v as f64),
            Given::Number(v) => Some(v),
            Given::Flag(v) => Some(f64::from(u8::from(v))),
            _ => None,
        }
    }

    /// A number.
    pub fn number(&self, i: usize, name: &str, default: f64) -> f64 {
        self.try_number(i, name).unwrap_or(default)
    }

    /// An integer, if it is there.
    pub fn try_int(&self, i: usize, name: &str) -> Option<isize> {
        match self.arg(i, name) {
            Given::Int(v) => Some(v as isize),
            Given::Flag(v) => Some(isize::from(v)),
            _ => None,
        }
    }

    /// An integer.
    pub fn int(&self, i: usize, name: &str, default: isize) -> isize {
        self.try_int(i, name).unwrap_or(default)
    }

    /// A switch.
    pub fn flag(&self, i: usize, name: &str, default: bool) -> bool {
        match self.arg(i, name) {
            Given::Flag(v) => v,
            Given::Int(v) => v != 0,
            _ => default,
        }
    }

    /// A word.
    pub fn text(&self, i: usize, name: &str, default: &str) -> String {
        match self.arg(i, name) {
            Given::Text(v) => v,
            _ => default.into(),
        }
    }

    /// A list of integers, or one integer as a list of one.
    pub fn list(&self, i: usize, name: &str) -> Option<Vec<isize>> {
        match self.arg(i, name) {
            Given::Int(v) => Some(vec![v as isize]),
            Given::List(items) => {
                items.iter().map(|v| if let Given::Int(v) = v { Some(*v as isize) } else { None }).collect()
            }
            _ => None,
        }
    }

    /// A list of sizes, or one size as a list of one.
    pub fn sizes(&self, i: usize, name: &str) -> Option<Vec<usize>> {
        self.list(i, name)?.into_iter().map(|n| usize::try_from(n).ok()).collect()
    }

    /// The arguments from `i` on where Python takes them one by one or as one list: `x.permute(0, 1)`, `x.permute([0, 1])`.
    pub fn spread(&self, i: usize, name: &str) -> Vec<isize> {
        match self.arg(i, name) {
            Given::List(_) => self.list(i, name).expect("a list of integers"),
            _ => (i..self.count().max(i + 1)).filter_map(|k| self.try_int(k, name)).collect(),
        }
    }

    /// The reduction of a loss: none, mean (the default) or sum.
    pub fn reduced(&self, loss: Var<'t, f64>) -> Var<'t, f64> {
        match &self.text(usize::MAX, "reduction", "mean")[..] {
            "none" => loss,
            "sum" => loss.sum(),
            _ => loss.mean(),
        }
    }
}

/// The real tensors of a list.
pub fn reals<'t>(list: &Given<'t>) -> Vec<Var<'t, f64>> {
    match list {
        Given::Real(v) => vec![*v],
        Given::List(items) => items.iter().flat_map(reals).collect(),
        _ => Vec::new(),
    }
}

fn given<'t>(tape: &'t Tape<f64>, v: &Value, leaves: &RefCell<Vec<Var<'t, f64>>>) -> Given<'t> {
    match v {
        Value::None => Given::None,
        Value::Flag(b) => Given::Flag(*b),
        Value::Int(i) => Given::Int(*i),
        Value::Number(x) => Given::Number(*x),
        Value::Text(s) => Given::Text(s.clone()),
        Value::List(items) => Given::List(items.iter().map(|v| given(tape, v, leaves)).collect()),
        Value::Tensor(a) => match a.elements {
            Elements::Real => {
                let leaf = tape.var(real(a));
                leaves.borrow_mut().push(leaf);
                Given::Real(leaf)
            }
            Elements::Int | Elements::Truth => {
                // No position or label is negative; the few that are stand for "left out" and wrap to the largest.
                let data = a.data.iter().map(|v| *v as i64 as u32).collect();
                Given::Ints(tape.ints(Tensor::new(&a.dims[..], data).expect("the shape fits the data")))
            }
        },
    }
}

/// A reference tensor as one of the crate.
pub fn real(a: &Array) -> Tensor<f64> {
    Tensor::new(&a.dims[..], a.data.clone()).expect("the shape fits the data")
}
