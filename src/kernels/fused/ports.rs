//! Inputs and outputs of a pass as the executor hands them over.
//! An output may be the memory of an input that is read in order: each block is read before it is written.

use std::marker::PhantomData;

use super::pass::{Action, Pass, Register};
use crate::real::Real;

/// An input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum In<'a, T> {
    Real(&'a [T]),
    Int(&'a [u32]),
    /// The memory of this output, as it was before the pass.
    Output(u32),
}

/// An output, borrowed for the pass: tasks write disjoint parts of it.
#[derive(Debug)]
pub(crate) struct OutPort<'a, T> {
    pub(super) memory: Memory<T>,
    pub(super) len: usize,
    lives: PhantomData<&'a mut [T]>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Memory<T> {
    Real(*mut T),
    Int(*mut u32),
}

impl<'a, T> OutPort<'a, T> {
    pub fn real(out: &'a mut [T]) -> Self {
        OutPort { len: out.len(), memory: Memory::Real(out.as_mut_ptr()), lives: PhantomData }
    }

    pub fn int(out: &'a mut [u32]) -> Self {
        OutPort { len: out.len(), memory: Memory::Int(out.as_mut_ptr()), lives: PhantomData }
    }
}

// SAFETY: a port is a mutable borrow of its slice; `Pass::run` takes it exclusively and hands its tasks disjoint parts.
unsafe impl<T: Send> Send for OutPort<'_, T> {}
// SAFETY: as above; nothing is read or written through a shared port but by `Pass::run`, which holds it exclusively.
unsafe impl<T: Sync> Sync for OutPort<'_, T> {}

impl<T: Real> Pass<T> {
    /// Asserts that inputs and outputs have the lengths that the pass reads and writes.
    pub(super) fn assert_ports(&self, inputs: &[In<'_, T>], outputs: &[OutPort<'_, T>]) {
        let rows = self.count / self.row;
        let len = |i: &In<'_, T>| match *i {
            In::Real(x) => x.len(),
            In::Int(x) => x.len(),
            In::Output(o) => outputs[o as usize].len,
        };
        assert_eq!(inputs.len(), self.patterns.len(), "every input has a pattern");
        for (register, r) in (0..).zip(&self.registers) {
            match *r {
                Register::Input(k) => assert!(len(&inputs[k as usize]) == self.count && !is_int(&inputs[k as usize])),
                Register::RowInput(k) => assert!(len(&inputs[k as usize]) == rows && !is_int(&inputs[k as usize])),
                Register::Output(k) => {
                    assert!(outputs[k as usize].holds(self.count) && self.writes_once(inputs, register, k))
                }
                Register::RowOutput(k) => {
                    assert!(outputs[k as usize].holds(rows) && self.writes_once(inputs, register, k))
                }
                Register::Temp(_) | Register::RowTemp(_) => {}
            }
        }
        for i in self.prologue.iter().chain(&self.code) {
            if let Action::Load { input } = i.action {
                let n = if self.registers[i.out as usize].per_row() { rows } else { self.count };
                let len = len(&inputs[input as usize]);
                let fits = match &self.patterns[input as usize] {
                    None => len == n,
                    Some(p) => p.count() == n && (n == 0 || len >= p.reach()),
                };
                assert!(fits, "an input fills the domain, or its rows");
                assert!(!matches!(inputs[input as usize], In::Output(_)), "an output's memory is not loaded");
            }
        }
        for c in &self.copies {
            let n = if self.registers[c.register as usize].per_row() { rows } else { self.count };
            assert_eq!(outputs[c.output as usize].len, n, "an output fills the domain");
        }
        for e in &self.ends {
            assert!(outputs[e.output as usize].holds(e.kept), "an end fills its output");
        }
    }

    /// Whether an output that a register writes directly is the memory of no input that would be changed while it is read.
    fn writes_once(&self, inputs: &[In<'_, T>], register: u32, output: u32) -> bool {
        let same = |i: &In<'_, T>| matches!(i, In::Output(o) if *o == output);
        (0..).zip(inputs).all(|(k, i)| !same(i) || self.may_overwrite(register, k))
    }
}

impl<T> OutPort<'_, T> {
    fn holds(&self, reals: usize) -> bool {
        matches!(self.memory, Memory::Real(_)) && self.len == reals
    }
}

fn is_int<T>(input: &In<'_, T>) -> bool {
    matches!(input, In::Int(_))
}

/// The memory of an output of real numbers.
pub(super) fn memory_of<T>(outputs: &[OutPort<'_, T>], k: u32) -> *mut T {
    match outputs[k as usize].memory {
        Memory::Real(p) => p,
        Memory::Int(_) => unreachable!("integers are copied from registers"),
    }
}
