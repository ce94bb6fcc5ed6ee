//! A pass over a single element: its registers are single numbers, so tapes of scalars cost a few nanoseconds a line.
//! The same instructions, without blocks, rows or threads.

use super::super::scratch;
use super::load::widen;
use super::pass::{Action, Fold, Pass, Register};
use super::ports::{In, Memory, OutPort};
use crate::real::Real;

impl<T: Real> Pass<T> {
    pub(super) fn is_scalar(&self) -> bool {
        self.count == 1
    }

    /// As [`run`](Pass::run); the ports have been asserted to fit.
    pub(super) fn run_scalar(&self, inputs: &[In<'_, T>], outputs: &mut [OutPort<'_, T>]) {
        let mut values = scratch::take::<T>(self.registers.len());
        let values = &mut values[..];
        for (v, r) in values.iter_mut().zip(&self.registers) {
            if let Register::Input(k) | Register::RowInput(k) = *r {
                *v = number(inputs[k as usize], outputs);
            }
        }
        for i in self.prologue.iter().chain(&self.code) {
            let args = self.args_of(i);
            let at = |k: usize| values[args[k] as usize];
            values[i.out as usize] = match i.action {
                Action::Chain { .. } => {
                    let mut a = at(0);
                    for s in self.steps_of(i) {
                        a = s.one(a, s.other.map_or(a, |r| values[r as usize]));
                        if let Some(r) = s.store {
                            values[r as usize] = a;
                        }
                    }
                    a
                }
                Action::Map { block, params, .. } => {
                    let mut y = [T::zero()];
                    match args.len() {
                        1 => block(&params, &[&[at(0)]], &mut y),
                        2 => block(&params, &[&[at(0)], &[at(1)]], &mut y),
                        n => {
                            let all: smallvec::SmallVec<[[T; 1]; 8]> = (0..n).map(|k| [at(k)]).collect();
                            let all: smallvec::SmallVec<[&[T]; 8]> = all.iter().map(|v| &v[..]).collect();
                            block(&params, &all, &mut y);
                        }
                    }
                    y[0]
                }
                Action::Load { input } => number(inputs[input as usize], outputs),
                Action::Constant(c) => c,
                Action::Spread | Action::Fold(Fold::Sum | Fold::Max | Fold::Min) => at(0),
            };
        }
        for (v, r) in values.iter().zip(&self.registers) {
            if let Register::Output(k) | Register::RowOutput(k) = *r {
                put(&mut outputs[k as usize], *v);
            }
        }
        for c in &self.copies {
            put(&mut outputs[c.output as usize], values[c.register as usize]);
        }
        for e in &self.ends {
            put(&mut outputs[e.output as usize], values[e.register as usize]);
        }
    }
}

fn number<T: Real>(input: In<'_, T>, outputs: &[OutPort<'_, T>]) -> T {
    match input {
        In::Real(x) => x[0],
        In::Int(x) => widen(x[0]),
        In::Output(k) => match outputs[k as usize].memory {
            // SAFETY: `assert_ports` has seen that the port has an element; it is exclusively borrowed for the pass.
            Memory::Real(p) => unsafe { *p },
            // SAFETY: as above.
            Memory::Int(p) => widen(unsafe { *p }),
        },
    }
}

fn put<T: Real>(output: &mut OutPort<'_, T>, v: T) {
    match output.memory {
        // SAFETY: as in `number`.
        Memory::Real(p) => unsafe { *p = v },
        // SAFETY: as above.
        Memory::Int(p) => unsafe { *p = u32::from(v != T::zero()) },
    }
}
