//! The interpreter of a pass: tasks of whole blocks over threads, and in each block one instruction after the other.
//! Tasks are cut by the sizes alone, so a result has the same bits for any number of threads.

use smallvec::SmallVec;

use super::super::simd::vectorize;
use super::super::{par, scratch};
use super::arith::chain;
use super::ends::{fold_run, join};
use super::load::widen;
use super::pass::{Action, Instruction, Pass, Register};
use super::ports::{In, Memory, OutPort, memory_of};
use crate::real::Real;

/// Elements of a task: enough to be worth handing out, few enough that all threads have some.
const SHORTEST: usize = 4 << 10;
const LONGEST: usize = 64 << 10;

/// Numbers in a cache line, or in two.
const LINE: usize = 16;

/// What a task works with: inputs, outputs, and where its registers are.
struct Frame<'a, T> {
    inputs: &'a [In<'a, T>],
    outputs: &'a [OutPort<'a, T>],
    places: &'a [Place<T>],
}

/// Where a register is: its first element, how far on it is for each element and each row that a block starts at, and
/// where it is in the block that is worked on.
///
/// Temporary memory serves every block and stays where it is.
#[derive(Clone, Copy)]
struct Place<T> {
    first: *mut T,
    by_element: usize,
    by_row: usize,
    now: *mut T,
}

// SAFETY: any bits are such a place, as long as nobody goes there; places are written before they are gone to.
unsafe impl<T: Real> scratch::Plain for Place<T> {}
// SAFETY: a place gives no access by itself.
unsafe impl<T: Real> Send for Place<T> {}

/// The elements of the domain that a block is about, and the same in rows.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    len: usize,
    first_row: usize,
    rows: usize,
}

impl Span {
    fn len(&self, per_row: bool) -> usize {
        if per_row { self.rows } else { self.len }
    }
}

/// Memory that tasks write disjoint parts of.
struct Parts<T>(*mut T);
// SAFETY: each task takes a part of its own.
unsafe impl<T: Send> Sync for Parts<T> {}

impl<T: Real> Pass<T> {
    /// Computes the outputs from the inputs.
    ///
    /// # Panics
    /// An input or output has another length than the pass says.
    pub fn run(&self, inputs: &[In<'_, T>], outputs: &mut [OutPort<'_, T>]) {
        self.assert_ports(inputs, outputs);
        if self.is_scalar() {
            return self.run_scalar(inputs, outputs);
        }
        let outputs = &*outputs;
        let width: usize = self.ends.iter().map(|e| e.kept).sum();
        let chunk = self.chunk();
        let tasks = self.count.div_ceil(chunk);
        let work = self.count * (self.code.len() + self.steps.len() + self.ends.len()).div_ceil(2).max(1);
        let mut partial = scratch::take::<f64>(tasks * width);
        let parts = Parts(partial.as_mut_ptr());
        par::for_each(tasks, work, |t| {
            let parts = &parts;
            // SAFETY: task t has accumulators t·width.. to itself.
            let sums = unsafe { std::slice::from_raw_parts_mut(parts.0.add(t * width), width) };
            self.task(inputs, outputs, t * chunk..self.count.min((t + 1) * chunk), sums);
        });
        self.join_ends(&mut partial, width, outputs);
    }

    /// Elements of a task, by the size of the domain alone.
    fn chunk(&self) -> usize {
        (self.count / 32).clamp(SHORTEST, LONGEST).next_multiple_of(self.unit)
    }

    fn task(&self, inputs: &[In<'_, T>], outputs: &[OutPort<'_, T>], range: std::ops::Range<usize>, sums: &mut [f64]) {
        let mut at = 0;
        for e in &self.ends {
            sums[at..at + e.kept].fill(e.start());
            at += e.kept;
        }
        // A cache line more, so that registers do not all lie in the same sets of the cache.
        let stride = self.block.next_multiple_of(LINE) + LINE;
        let row_stride = (self.block / self.row).next_multiple_of(LINE) + LINE;
        let full = self.temps * stride;
        let mut memory = scratch::take::<T>(full + self.row_temps * row_stride);
        let mut places = scratch::take::<Place<T>>(self.registers.len());
        // SAFETY: registers of rows begin where the others end, and all lie within the memory.
        let (temps, row_temps) = unsafe { (memory.as_mut_ptr(), memory.as_mut_ptr().add(full)) };
        for (place, r) in places.iter_mut().zip(&self.registers) {
            *place = match *r {
                Register::Temp(k) => Place::new(temps.wrapping_add(k as usize * stride), 0, 0),
                Register::RowTemp(k) => Place::new(row_temps.wrapping_add(k as usize * row_stride), 0, 0),
                Register::Input(k) => Place::new(source(inputs, outputs, k), 1, 0),
                Register::RowInput(k) => Place::new(source(inputs, outputs, k), 0, 1),
                Register::Output(k) => Place::new(memory_of(outputs, k), 1, 0),
                Register::RowOutput(k) => Place::new(memory_of(outputs, k), 0, 1),
            };
        }
        let span = Span { start: 0, len: self.block, first_row: 0, rows: self.block / self.row };
        places.iter_mut().for_each(|p| p.go_to(span));
        for i in &self.prologue {
            // SAFETY: as below; the registers of the prologue are temporary, so that no output is written.
            unsafe { self.instruction(&Frame { inputs, outputs, places: &places }, i, span) };
        }
        for start in range.clone().step_by(self.block) {
            let len = self.block.min(range.end - start);
            let span = Span { start, len, first_row: start / self.row, rows: len / self.row };
            places.iter_mut().for_each(|p| p.go_to(span));
            // SAFETY: `checked` and `assert_ports` have asserted what `block` relies on; tasks have disjoint ranges.
            unsafe { self.block(&Frame { inputs, outputs, places: &places }, span, sums) };
        }
    }

    /// Works on a span of the domain.
    ///
    /// # Safety
    /// The pass is checked, the ports fit it, the span lies in the domain in whole rows, and no other task has it.
    unsafe fn block(&self, f: &Frame<'_, T>, span: Span, sums: &mut [f64]) {
        for i in &self.code {
            // SAFETY: as this function's; an instruction does not write what it reads.
            unsafe { self.instruction(f, i, span) };
        }
        for c in &self.copies {
            let per_row = self.registers[c.register as usize].per_row();
            let (start, len) = if per_row { (span.first_row, span.rows) } else { (span.start, span.len) };
            // SAFETY: the register has been written; the range of the output is this task's, and its old contents, where
            // it is an input as well, have been read by all instructions of the block.
            unsafe {
                let x = f.at(c.register);
                match f.outputs[c.output as usize].memory {
                    Memory::Real(p) => std::ptr::copy(x, p.add(start), len),
                    Memory::Int(p) => {
                        let x = std::slice::from_raw_parts(x, len);
                        let y = std::slice::from_raw_parts_mut(p.add(start), len);
                        vectorize(|| y.iter_mut().zip(x).for_each(|(y, v)| *y = u32::from(*v != T::zero())));
                    }
                }
            }
        }
        let mut at = 0;
        for e in &self.ends {
            // SAFETY: the register has been written.
            let x = unsafe { std::slice::from_raw_parts(f.at(e.register), span.len) };
            vectorize(|| e.take(x, span.start, self.unit, &mut sums[at..at + e.kept]));
            at += e.kept;
        }
    }

    /// # Safety
    /// As [`block`](Pass::block).
    #[inline(always)]
    unsafe fn instruction(&self, f: &Frame<'_, T>, i: &Instruction<T>, span: Span) {
        let n = span.len(i.per_row);
        if let Action::Chain { .. } = i.action {
            // SAFETY: as this function's; `checked` has asserted what registers a chain reads and writes. No slice is made of
            // them, since the last may be the memory of one that is read.
            return unsafe { chain(f.at(self.args_of(i)[0]), self.steps_of(i), |r| f.at(r), n) };
        }
        // SAFETY: the register's memory for this block is this task's, and no argument lies in it.
        let out = unsafe { std::slice::from_raw_parts_mut(f.at(i.out), n) };
        let args = self.args_of(i);
        // SAFETY: arguments have been written and are not written while they are borrowed.
        let arg = |k: usize| unsafe { std::slice::from_raw_parts(f.at(args[k]).cast_const(), n) };
        match i.action {
            Action::Map { block, params, .. } => match args.len() {
                1 => block(&params, &[arg(0)], out),
                2 => block(&params, &[arg(0), arg(1)], out),
                n => {
                    let all: SmallVec<[&[T]; 8]> = (0..n).map(arg).collect();
                    block(&params, &all, out);
                }
            },
            // SAFETY: as this function's.
            _ => unsafe { self.other(f, i, span, out) },
        }
    }

    /// The instructions that are no map.
    ///
    /// # Safety
    /// As [`block`](Pass::block).
    #[inline(never)]
    unsafe fn other(&self, f: &Frame<'_, T>, i: &Instruction<T>, span: Span, out: &mut [T]) {
        let from = if i.per_row { span.first_row } else { span.start };
        // SAFETY: as in `instruction`.
        let arg = |n: usize| unsafe { std::slice::from_raw_parts(f.at(self.args_of(i)[0]).cast_const(), n) };
        match i.action {
            Action::Map { .. } | Action::Chain { .. } => unreachable!("`instruction` does these"),
            Action::Constant(c) => out.fill(c),
            Action::Load { input } => match (&self.patterns[input as usize], f.inputs[input as usize]) {
                (Some(p), In::Real(x)) => vectorize(|| p.load(x, from, out, |v| v)),
                (Some(p), In::Int(x)) => vectorize(|| p.load(x, from, out, widen)),
                (None, In::Int(x)) => {
                    vectorize(|| out.iter_mut().zip(&x[from..]).for_each(|(o, &v)| *o = widen(v)));
                }
                (None, In::Real(x)) => out.copy_from_slice(&x[from..][..out.len()]),
                (_, In::Output(_)) => unreachable!("`assert_ports` lets only registers read an output's memory"),
            },
            Action::Spread => {
                let x = arg(span.rows);
                vectorize(|| out.chunks_exact_mut(self.row).zip(x).for_each(|(o, &v)| o.fill(v)));
            }
            Action::Fold(fold) => {
                let x = arg(span.len);
                vectorize(|| out.iter_mut().zip(x.chunks_exact(self.row)).for_each(|(o, x)| *o = fold_run(fold, x)));
            }
        }
    }

    /// Joins the accumulators of all tasks in pairs, which fixes the order and bounds rounding, and writes the results.
    fn join_ends(&self, partial: &mut [f64], width: usize, outputs: &[OutPort<'_, T>]) {
        let tasks = partial.len().checked_div(width).unwrap_or(0);
        let mut at = 0;
        for e in &self.ends {
            let mut step = 1;
            while step < tasks {
                for t in (0..tasks - step).step_by(2 * step) {
                    for k in at..at + e.kept {
                        partial[t * width + k] = join(e.fold, partial[t * width + k], partial[(t + step) * width + k]);
                    }
                }
                step *= 2;
            }
            // SAFETY: the tasks are done, the port is as long as the end says, and no register writes it.
            let out = unsafe { std::slice::from_raw_parts_mut(memory_of(outputs, e.output), e.kept) };
            for (k, o) in out.iter_mut().enumerate() {
                *o = T::of(if tasks == 0 { e.start() } else { partial[at + k] });
            }
            at += e.kept;
        }
    }
}

impl<T> Place<T> {
    fn new(first: *mut T, by_element: usize, by_row: usize) -> Self {
        Place { first, by_element, by_row, now: first }
    }

    fn go_to(&mut self, span: Span) {
        self.now = self.first.wrapping_add(span.start * self.by_element + span.first_row * self.by_row);
    }
}

impl<T> Frame<'_, T> {
    /// Where a register has the elements of the block.
    #[inline(always)]
    fn at(&self, register: u32) -> *mut T {
        self.places[register as usize].now
    }
}

/// The memory of an input that is read in order; registers of inputs are never written.
fn source<T>(inputs: &[In<'_, T>], outputs: &[OutPort<'_, T>], k: u32) -> *mut T {
    match inputs[k as usize] {
        In::Real(x) => x.as_ptr().cast_mut(),
        In::Output(o) => memory_of(outputs, o),
        In::Int(_) => unreachable!("integers are loaded"),
    }
}
