//! What is under check: a function of real tensors, which can be recorded anew at any point.
//! A model, one line of its tape, its f64 shadow and its derivative are all subjects, so one machinery checks them all.

use std::cell::{OnceCell, RefCell};

use crate::adjoint::grad;
use crate::real::Real;
use crate::shape::Dims;
pub(super) use crate::shape::unravel;
use crate::tape::{Data, Kind, OpRef, Operand, Tape, Tensor, Var};

use super::anchor::Anchor;

/// A function recorded at one point.
pub(super) struct Recording<T: Real> {
    pub tape: Tape<T>,
    /// The differentiable leaves.
    pub inputs: Vec<u32>,
    pub output: u32,
}

impl<T: Real> Recording<T> {
    pub fn output(&self) -> Var<'_, T> {
        Var::new(&self.tape, self.output)
    }

    pub fn inputs(&self) -> Vec<Var<'_, T>> {
        self.inputs.iter().map(|&id| Var::new(&self.tape, id)).collect()
    }

    /// Which lines the output depends on through a differentiable leaf; one entry a line of the recording.
    pub fn matters(&self) -> Vec<bool> {
        let g = self.tape.graph.borrow();
        let mut matters = vec![false; self.output as usize + 1];
        matters[self.output as usize] = true;
        for id in (0..=self.output).rev() {
            if matters[id as usize] && g.node(id).active() {
                g.operands(g.head(id)).iter().for_each(|&o| matters[o as usize] = true);
            } else {
                matters[id as usize] = false;
            }
        }
        matters
    }
}

/// The shapes of the inputs, laid end to end in one vector of coordinates.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub dims: Vec<Dims>,
    pub names: Vec<String>,
    starts: Vec<usize>,
}

impl Layout {
    pub fn new(dims: Vec<Dims>) -> Self {
        let mut starts = vec![0];
        for d in &dims {
            starts.push(starts[starts.len() - 1] + d.count());
        }
        let names = (0..dims.len()).map(|k| format!("x{k}")).collect();
        Layout { dims, names, starts }
    }

    /// The number of coordinates.
    pub fn count(&self) -> usize {
        self.starts[self.dims.len()]
    }

    /// The coordinates of each input.
    pub fn split<'x, E>(&self, x: &'x [E]) -> Vec<&'x [E]> {
        self.starts.windows(2).map(|w| &x[w[0]..w[1]]).collect()
    }

    /// The input that a coordinate belongs to, and its index there.
    pub fn place(&self, coordinate: usize) -> (usize, Vec<usize>) {
        let input = self.starts.partition_point(|&s| s <= coordinate) - 1;
        (input, unravel(coordinate - self.starts[input], &self.dims[input]))
    }
}

/// Records on an empty tape; one that makes its own drops it.
type Record<'f, T> = Box<dyn Fn(Tape<T>, &[Tensor<T>]) -> Recording<T> + 'f>;

/// A function under check, and the point at which it is checked.
pub(super) struct Subject<'f, T: Real> {
    record: Record<'f, T>,
    /// A cleared tape whose memory serves the next recording: fresh pages cost more than the arithmetic.
    spare: RefCell<Option<Tape<T>>>,
    /// What evaluations elsewhere share with the point; see [`anchor`](Subject::anchor).
    pub(super) anchor: OnceCell<Option<Anchor<T>>>,
    pub layout: Layout,
    /// The point, exact in `T`.
    pub at: Vec<f64>,
    inputs: Vec<Tensor<T>>,
}

impl<'f, T: Real> Subject<'f, T> {
    pub fn new(inputs: &[Tensor<T>], record: Record<'f, T>) -> Self {
        let layout = Layout::new(inputs.iter().map(|x| x.dims().clone()).collect());
        Subject::with_layout(layout, inputs.to_vec(), record)
    }

    fn with_layout(layout: Layout, inputs: Vec<Tensor<T>>, record: Record<'f, T>) -> Self {
        let at = inputs.iter().flat_map(|x| x.as_slice()).map(|v| v.as_f64()).collect();
        Subject { record, spare: RefCell::new(None), anchor: OnceCell::new(), layout, at, inputs }
    }

    /// The user's function, called on a fresh tape at every point.
    pub fn function<F>(f: &'f F, inputs: &[Tensor<T>]) -> Self
    where
        F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T>,
    {
        Subject::new(
            inputs,
            Box::new(move |tape, x| {
                let (inputs, output) = {
                    let leaves: Vec<Var<'_, T>> = x.iter().map(|x| tape.var(x)).collect();
                    let y = f(&tape, &leaves);
                    assert!(
                        std::ptr::eq(y.tape(), &tape),
                        "the function under check returns a line of another tape than the one it was given"
                    );
                    (leaves.iter().map(|v| v.id()).collect(), y.id())
                };
                Recording { tape, inputs, output }
            }),
        )
    }

    /// One operation alone, at given operands: real ones are inputs, its real results end to end are the output.
    pub fn line(op: OpRef<T>, operands: Vec<(Dims, Data<T>)>) -> Self {
        let real = |(dims, data): &(Dims, Data<T>)| match data {
            Data::Real(v) => Some(Tensor::from_parts(dims.clone(), v.clone())),
            Data::Int(_) => None,
        };
        let inputs: Vec<Tensor<T>> = operands.iter().filter_map(real).collect();
        Subject::new(
            &inputs,
            Box::new(move |tape, x| {
                let (inputs, output) = {
                    let leaves: Vec<Var<'_, T>> = x.iter().map(|x| tape.var(x)).collect();
                    let mut next = leaves.iter();
                    let args: Vec<Operand<'_, T>> = (operands.iter())
                        .map(|(dims, data)| match data {
                            Data::Real(_) => (*next.next().expect("a leaf for each real operand")).into(),
                            Data::Int(v) => tape.ints(Tensor::from_parts(dims.clone(), v.clone())).into(),
                        })
                        .collect();
                    let results = match tape.apply_ref(op.clone(), &args) {
                        Ok(results) => results,
                        Err(e) => e.raise(),
                    };
                    let real = (0..results.len()).filter(|&k| tape.kind_of(results.id(k)) == Kind::Real);
                    let flat: Vec<Var<'_, T>> = real.map(|k| flattened(results.real(k))).collect();
                    let y = if flat.len() == 1 { flat[0] } else { crate::ops::concat(&flat, 0) };
                    (leaves.iter().map(|v| v.id()).collect(), y.id())
                };
                Recording { tape, inputs, output }
            }),
        )
    }

    /// ⟨Σᵢ uᵢ ∂yᵢ/∂x, w⟩ as a function of x: its derivative is the second derivative of the subject.
    pub fn slope<'s>(&'s self, u: Vec<f64>, w: Vec<f64>) -> Subject<'s, T>
    where
        'f: 's,
    {
        let record = move |tape: Tape<T>, x: &[Tensor<T>]| {
            let mut r = (self.record)(tape, x);
            r.output = {
                let y = r.output();
                let weighted = (y * r.tape.constant(array::<T>(&y.dims(), &u))).sum();
                let (inputs, weights) = (r.inputs(), self.layout.split(&w));
                let parts = grad(weighted, &inputs).into_iter().zip(&self.layout.dims).zip(weights);
                let terms = parts.map(|((g, dims), w)| (g * r.tape.constant(array::<T>(dims, w))).sum());
                terms.reduce(|a, b| a + b).unwrap_or_else(|| r.tape.zeros(())).id()
            };
            r
        };
        Subject::with_layout(self.layout.clone(), self.inputs.clone(), Box::new(record))
    }

    /// Records the function at a point.
    pub fn record(&self, x: &[f64]) -> Recording<T> {
        let inputs: Vec<Tensor<T>> = (0..self.inputs.len())
            .zip(self.layout.split(x))
            .map(|(k, x)| if self.moves(k, x) { array::<T>(&self.layout.dims[k], x) } else { self.inputs[k].clone() })
            .collect();
        (self.record)(self.spare.take().unwrap_or_default(), &inputs)
    }

    /// Whether input `k` differs from the point's.
    pub fn moves(&self, k: usize, x: &[f64]) -> bool {
        self.layout.split(&self.at)[k] != x
    }

    /// Takes a recording back whose values are no longer needed.
    pub fn give_back(&self, r: Recording<T>) {
        let mut tape = r.tape;
        tape.clear();
        // Every recording draws the same random lines.
        tape.set_step(0);
        self.spare.replace(Some(tape));
    }
}

fn flattened<T: Real>(v: Var<'_, T>) -> Var<'_, T> {
    v.reshape([v.count()])
}

/// Numbers as a tensor of the tape's type.
pub(super) fn array<T: Real>(dims: &Dims, x: &[f64]) -> Tensor<T> {
    Tensor::from_parts(dims.clone(), std::sync::Arc::new(x.iter().map(|&v| T::of(v)).collect()))
}

/// The numbers of a real line.
///
/// # Errors
/// What only values can tell, as text.
pub(super) fn numbers<T: Real>(v: Var<'_, T>) -> Result<Vec<f64>, crate::error::Error> {
    Ok(v.try_tensor()?.as_slice().iter().map(|v| v.as_f64()).collect())
}
