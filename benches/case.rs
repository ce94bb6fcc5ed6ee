//! A thing to time: its name, the least work that it is, and how its body is made.
//! Kernels are reached as a user reaches them, by replaying a program of a line or two.

use wengert::nn::Init;
use wengert::prelude::*;
use wengert::{Inputs, Operand, Workspace};

/// Sizes to measure, or small ones to run once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Full,
    Small,
}

impl Scale {
    pub fn pick<V>(self, full: V, small: V) -> V {
        if self == Scale::Full { full } else { small }
    }
}

/// What must be done at the least; 0 where that is not the point.
#[derive(Clone, Copy, Default)]
pub struct Work {
    pub flops: f64,
    /// Bytes read and bytes written, each once.
    pub read: f64,
    pub written: f64,
    /// Lines of a tape, or elements, whose cost is told one by one.
    pub items: f64,
    /// Whether the data are too large for the caches, so that memory sets a bound.
    pub from_memory: bool,
}

impl Work {
    /// Numbers of 4 bytes that are read and written, and operations on them.
    pub fn new(flops: usize, read: usize, written: usize) -> Self {
        let bytes = |numbers: usize| 4.0 * numbers as f64;
        let from_memory = 4 * (read + written) > CACHES;
        Work { flops: flops as f64, read: bytes(read), written: bytes(written), items: 0.0, from_memory }
    }

    /// So many lines or elements and nothing else.
    pub fn items(items: usize) -> Self {
        Work { items: items as f64, ..Work::default() }
    }

    pub fn and_items(self, items: usize) -> Self {
        Work { items: items as f64, ..self }
    }
}

/// Bytes above which data do not stay in the caches of a usual machine from one run to the next.
const CACHES: usize = 48 << 20;

/// A function of one tensor, to be recorded.
pub type Function = for<'t> fn(Var<'t>) -> Var<'t>;

/// What is timed.
pub type Body = Box<dyn FnMut()>;

pub struct Case {
    pub name: String,
    pub work: Work,
    pub make: Box<dyn Fn() -> Body + Send + Sync>,
}

impl Case {
    pub fn new(name: impl Into<String>, work: Work, make: impl Fn() -> Body + Send + Sync + 'static) -> Self {
        Case { name: name.into(), work, make: Box::new(make) }
    }

    /// The replay of what `record` makes of inputs with the given shapes, which are uniform on ±1.
    pub fn replay<const N: usize>(
        name: impl Into<String>,
        work: Work,
        dims: [Dims; N],
        record: impl for<'t> Fn([Var<'t>; N]) -> Vec<Operand<'t, f32>> + Send + Sync + 'static,
    ) -> Self {
        Case::new(name, work, move || {
            let tape = Tape::new();
            let names: [String; N] = std::array::from_fn(|k| format!("x{k}"));
            let given: [Tensor<f32>; N] = std::array::from_fn(|k| Init::Uniform(1.0).draw(&dims[k], 0, &names[k]));
            let lines = record(std::array::from_fn(|k| tape.var(&given[k]).named(&names[k])));
            let results: Vec<String> = (0..lines.len()).map(|k| format!("y{k}")).collect();
            let outputs: Vec<(&str, Operand<'_, f32>)> = results.iter().map(|name| &**name).zip(lines).collect();
            let program = tape.freeze(&outputs).expect("the names differ");
            let inputs = names.iter().zip(&given).fold(Inputs::new(), |all, (name, x)| all.real(name, x));
            let mut workspace = Workspace::new();
            Box::new(move || drop(program.run(&inputs, &mut workspace).expect("the inputs fit")))
        })
    }
}
