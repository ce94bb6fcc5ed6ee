//! The interpreter of a pass: tasks of whole blocks over threads, and in each block one instruction after the other.
//! Tasks are cut by the sizes alone, so a result has the same bits for any number of threads.

use smallvec::SmallVec;

use super::super::simd::vectorize;
use super::super::{par, scratch};
use super::ends::{fold_run, join};
use super::load::widen;
use super::pass::{Action, Instruction, Pass, Register};
use super::ports::{In, Memory, OutPort};
use crate::real::Real;

/// Elements of a task: enough to be worth handing out, few enough that all threads have some.
const SHORTEST: usize = 4 << 10;
const LONGEST: usize = 64 << 10;

/// What a task works with: inputs, outputs, and its registers.
struct Frame<'a, T> {
    inputs: &'a [In<'a, T>],
    outputs: &'a [OutPort<'a, T>],
    temps: *mut T,
    row_temps: *mut T,
    /// Elements from one register to the next.
    stride: usize,
    row_stride: usize,
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
        let chunk = self.chunk(width);
        let tasks = self.count.div_ceil(chunk);
        let work = self.count * (self.code.len() + self.ends.len()).div_ceil(2).max(1);
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

    fn chunk(&self, width: usize) -> usize {
        let few = (self.count / 32).clamp(SHORTEST, LONGEST).max(4 * width);
        few.next_multiple_of(self.block)
    }

    fn task(&self, inputs: &[In<'_, T>], outputs: &[OutPort<'_, T>], range: std::ops::Range<usize>, sums: &mut [f64]) {
        let mut at = 0;
        for e in &self.ends {
            sums[at..at + e.kept].fill(e.start());
            at += e.kept;
        }
        let stride = self.block.next_multiple_of(16);
        let row_stride = (self.block / self.row).next_multiple_of(16);
        let full = self.temps * stride;
        let mut memory = scratch::take::<T>(full + self.row_temps * row_stride);
        let temps = memory.as_mut_ptr();
        // SAFETY: the row registers begin where the others end, within the memory.
        let row_temps = unsafe { temps.add(full) };
        let frame = Frame { inputs, outputs, temps, row_temps, stride, row_stride };
        for i in &self.prologue {
            // SAFETY: as below; the registers of the prologue are temporary, so that no output is written.
            unsafe { self.instruction(&frame, i, 0, self.block) };
        }
        for start in range.clone().step_by(self.block) {
            let len = self.block.min(range.end - start);
            // SAFETY: `checked` and `assert_ports` have asserted what `block` relies on; tasks have disjoint ranges.
            unsafe { self.block(&frame, start, len, sums) };
        }
    }

    /// Works on elements `start..start + len` of the domain.
    ///
    /// # Safety
    /// The pass is checked, the ports fit it, the range lies in the domain in whole rows, and no other task has it.
    unsafe fn block(&self, f: &Frame<'_, T>, start: usize, len: usize, sums: &mut [f64]) {
        for i in &self.code {
            // SAFETY: as this function's; an instruction does not write what it reads.
            unsafe { self.instruction(f, i, start, len) };
        }
        for c in &self.copies {
            let per_row = self.registers[c.register as usize].per_row();
            let (start, len) = if per_row { (start / self.row, len / self.row) } else { (start, len) };
            // SAFETY: the register has been written; the range of the output is this task's, and its old contents, where
            // it is an input as well, have been read by all instructions of the block.
            unsafe {
                let x = self.read(f, c.register, start, len, per_row);
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
            let x = unsafe { std::slice::from_raw_parts(self.read(f, e.register, start, len, false), len) };
            vectorize(|| e.take(x, start, &mut sums[at..at + e.kept]));
            at += e.kept;
        }
    }

    /// # Safety
    /// As [`block`](Pass::block).
    unsafe fn instruction(&self, f: &Frame<'_, T>, i: &Instruction<T>, start: usize, len: usize) {
        let (first_row, rows) = (start / self.row, len / self.row);
        let per_row = self.registers[i.out as usize].per_row();
        let (from, n) = if per_row { (first_row, rows) } else { (start, len) };
        // SAFETY: the register's memory for this block is this task's, and no argument lies in it.
        let out = unsafe { std::slice::from_raw_parts_mut(self.write(f, i.out, from, per_row), n) };
        let args = self.args_of(i);
        // SAFETY: arguments have been written and are not written while they are borrowed.
        let arg = |k: usize, per_row: bool| unsafe {
            let (from, n) = if per_row { (first_row, rows) } else { (start, len) };
            std::slice::from_raw_parts(self.read(f, args[k], from, n, per_row), n)
        };
        match i.action {
            Action::Map { block, params } => match args.len() {
                1 => block(&params, &[arg(0, per_row)], out),
                2 => block(&params, &[arg(0, per_row), arg(1, per_row)], out),
                3 => block(&params, &[arg(0, per_row), arg(1, per_row), arg(2, per_row)], out),
                n => {
                    let all: SmallVec<[&[T]; 8]> = (0..n).map(|k| arg(k, per_row)).collect();
                    block(&params, &all, out);
                }
            },
            Action::Constant(c) => out.fill(c),
            Action::Load { input } => match (&self.patterns[input as usize], f.inputs[input as usize]) {
                (Some(p), In::Real(x)) => vectorize(|| p.load(x, from, out, |v| v)),
                (Some(p), In::Int(x)) => vectorize(|| p.load(x, from, out, widen)),
                (None, In::Int(x)) => {
                    vectorize(|| out.iter_mut().zip(&x[from..][..n]).for_each(|(o, &v)| *o = widen(v)));
                }
                (None, In::Real(x)) => out.copy_from_slice(&x[from..][..n]),
                (_, In::Output(_)) => unreachable!("`assert_ports` lets only registers read an output's memory"),
            },
            Action::Spread => {
                let x = arg(0, true);
                vectorize(|| out.chunks_exact_mut(self.row).zip(x).for_each(|(o, &v)| o.fill(v)));
            }
            Action::Fold(fold) => {
                let x = arg(0, false);
                vectorize(|| out.iter_mut().zip(x.chunks_exact(self.row)).for_each(|(o, x)| *o = fold_run(fold, x)));
            }
        }
    }

    /// Where the elements of a register from number `from` of the domain (or of its rows) on are read.
    ///
    /// # Safety
    /// As [`block`](Pass::block).
    unsafe fn read(&self, f: &Frame<'_, T>, register: u32, from: usize, len: usize, per_row: bool) -> *const T {
        match self.registers[register as usize] {
            Register::Input(k) | Register::RowInput(k) => match f.inputs[k as usize] {
                In::Real(x) => x[from..][..len].as_ptr(),
                // SAFETY: the port is as long as the domain, or as its rows.
                In::Output(o) => unsafe { memory(f.outputs, o).add(from) },
                In::Int(_) => unreachable!("integers are loaded"),
            },
            // SAFETY: as this function's.
            _ => unsafe { self.write(f, register, from, per_row) },
        }
    }

    /// Where they are written.
    ///
    /// # Safety
    /// As [`block`](Pass::block).
    unsafe fn write(&self, f: &Frame<'_, T>, register: u32, from: usize, per_row: bool) -> *mut T {
        debug_assert_eq!(per_row, self.registers[register as usize].per_row());
        // SAFETY: registers lie in the task's memory one after the other; outputs are as long as the domain or its rows.
        unsafe {
            match self.registers[register as usize] {
                Register::Temp(k) => f.temps.add(k as usize * f.stride),
                Register::RowTemp(k) => f.row_temps.add(k as usize * f.row_stride),
                Register::Output(k) | Register::RowOutput(k) => memory(f.outputs, k).add(from),
                Register::Input(_) | Register::RowInput(_) => unreachable!("an input is not written"),
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
            let out = unsafe { std::slice::from_raw_parts_mut(memory(outputs, e.output), e.kept) };
            for (k, o) in out.iter_mut().enumerate() {
                *o = T::of(if tasks == 0 { e.start() } else { partial[at + k] });
            }
            at += e.kept;
        }
    }

    /// Asserts that inputs and outputs have the lengths that the pass reads and writes.
    fn assert_ports(&self, inputs: &[In<'_, T>], outputs: &[OutPort<'_, T>]) {
        let rows = self.count / self.row;
        let len = |i: &In<'_, T>| match *i {
            In::Real(x) => x.len(),
            In::Int(x) => x.len(),
            In::Output(o) => outputs[o as usize].len,
        };
        assert_eq!(inputs.len(), self.patterns.len(), "every input has a pattern");
        for r in &self.registers {
            match *r {
                Register::Input(k) => assert!(len(&inputs[k as usize]) == self.count && !is_int(&inputs[k as usize])),
                Register::RowInput(k) => assert!(len(&inputs[k as usize]) == rows && !is_int(&inputs[k as usize])),
                Register::Output(k) => assert!(outputs[k as usize].holds(self.count) && self.writes_once(inputs, k)),
                Register::RowOutput(k) => assert!(outputs[k as usize].holds(rows) && self.writes_once(inputs, k)),
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

    /// Whether an output that a register writes directly is the memory of no input: that would be changed while it is read.
    fn writes_once(&self, inputs: &[In<'_, T>], output: u32) -> bool {
        !inputs.iter().any(|i| matches!(i, In::Output(o) if *o == output))
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

fn memory<T>(outputs: &[OutPort<'_, T>], k: u32) -> *mut T {
    match outputs[k as usize].memory {
        Memory::Real(p) => p,
        Memory::Int(_) => unreachable!("integers are copied from registers"),
    }
}
