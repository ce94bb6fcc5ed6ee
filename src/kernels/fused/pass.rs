//! What a pass consists of: registers, instructions, inputs and outputs, and what must hold between them.
//! [`Pass::checked`] asserts it all once, so that running needs no checks.

use super::super::map::Loop;
use super::arith::{Arith, Step};
use super::ends::End;
use super::load::Pattern;
use crate::real::Real;

/// Bytes that the registers of a block should fit in: part of the smallest first-level cache there is, 32 KiB.
const CACHE: usize = 24 << 10;

/// Elements of a block.
const MOST: usize = 1024;

/// Elements that are folded at once at the end of a pass.
const UNIT: usize = 256;

/// The longest row that is folded within a block.
pub(crate) const LONGEST_ROW: usize = 4096;

/// Where the numbers of a register are while a block is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Register {
    /// In scratch memory, an element each.
    Temp(u32),
    /// In scratch memory, one for each row.
    RowTemp(u32),
    /// Read straight from an input.
    Input(u32),
    /// Read straight from an input with one element for each row.
    RowInput(u32),
    /// Written straight to an output.
    Output(u32),
    /// Written straight to an output with one element for each row.
    RowOutput(u32),
}

impl Register {
    pub fn per_row(self) -> bool {
        matches!(self, Register::RowTemp(_) | Register::RowInput(_) | Register::RowOutput(_))
    }

    pub fn is_temp(self) -> bool {
        matches!(self, Register::Temp(_) | Register::RowTemp(_))
    }
}

/// How numbers are folded into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Sum,
    /// NaN wins.
    Max,
    /// NaN wins.
    Min,
}

/// What an instruction does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action<T> {
    /// An elementwise function of its arguments.
    Map { block: Loop<T>, params: [T; 2], arith: Option<Arith> },
    /// The elements of an input, widened to real numbers or repeated.
    Load { input: u32 },
    /// Arithmetic on its argument in vector registers: so many of [`Pass::steps`] from `first` on. The last writes `out`.
    Chain { first: u32, count: u32 },
    /// One number.
    Constant(T),
    /// One element of each row becomes all of them.
    Spread,
    /// The elements of each row become one.
    Fold(Fold),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction<T> {
    pub action: Action<T>,
    /// The register that it writes.
    pub out: u32,
    /// Its arguments: so many of [`Pass::args`] from here on.
    pub args: u32,
    pub arity: u32,
    /// Whether that register has an element for each row.
    pub per_row: bool,
}

/// An output that takes its elements from a register at the end of each block.
///
/// A register that is an output itself needs none: it is written in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub register: u32,
    pub output: u32,
}

/// A pass over a domain of `count` elements in rows of `row`.
#[derive(Clone, Debug)]
pub(crate) struct Pass<T> {
    pub count: usize,
    /// 1 where nothing is folded along rows.
    pub row: usize,
    pub registers: Vec<Register>,
    /// Instructions whose result is the same in every block: they run once a task.
    pub prologue: Vec<Instruction<T>>,
    pub code: Vec<Instruction<T>>,
    pub args: Vec<u32>,
    pub steps: Vec<Step<T>>,
    /// How each input is read: `None` in order, one element for each of the domain or of its rows.
    pub patterns: Vec<Option<Pattern>>,
    /// Outputs that are copied from registers: integers, and those that share their memory with an input.
    pub copies: Vec<Output>,
    pub ends: Vec<End>,
    pub(super) temps: usize,
    pub(super) row_temps: usize,
    /// What blocks and tasks are made of: whole rows, about [`UNIT`] elements.
    pub(super) unit: usize,
    /// Elements of a block.
    pub(super) block: usize,
}

impl<T: Real> Pass<T> {
    /// Completes a pass, and asserts what running it relies on.
    ///
    /// # Panics
    /// An instruction writes a register that it reads, or an input; a register is read before it is written.
    pub fn checked(mut self) -> Self {
        let highest = |pick: fn(&Register) -> Option<u32>| {
            self.registers.iter().filter_map(pick).max().map_or(0, |k| k as usize + 1)
        };
        self.temps = highest(|r| if let Register::Temp(k) = r { Some(*k) } else { None });
        self.row_temps = highest(|r| if let Register::RowTemp(k) = r { Some(*k) } else { None });
        self.row = self.row.max(1);
        assert!(self.count.is_multiple_of(self.row) && self.row <= LONGEST_ROW, "rows fill the domain and a block");
        let ports = self.registers.len() - self.registers.iter().filter(|r| r.is_temp()).count();
        self.unit = if self.row == 1 { UNIT } else { self.row * (UNIT / self.row).max(1) };
        self.block = block::<T>(self.unit, self.temps + ports);
        self.assert_order();
        self
    }

    fn assert_order(&self) {
        let is_input = |r: Register| matches!(r, Register::Input(_) | Register::RowInput(_));
        let mut written: Vec<bool> = self.registers.iter().map(|r| is_input(*r)).collect();
        for i in self.prologue.iter().chain(&self.code) {
            let args = self.args_of(i);
            let out = self.registers[i.out as usize];
            assert_eq!(i.per_row, out.per_row(), "an instruction knows what it writes");
            assert!(!is_input(out), "an input is not written");
            for &a in args {
                assert!(written[a as usize], "a register is written before it is read");
                assert_ne!(self.registers[a as usize], out, "an instruction does not write what it reads");
            }
            let per_row = |k: usize| self.registers[args[k] as usize].per_row();
            let fits = match i.action {
                Action::Map { .. } => !args.is_empty() && (0..args.len()).all(|k| per_row(k) == i.per_row),
                Action::Chain { first, count } => {
                    let steps = &self.steps[first as usize..][..count as usize];
                    let others: Vec<u32> = steps.iter().filter_map(|s| s.other).collect();
                    let mut stored = false;
                    for s in steps {
                        // A step may read what an earlier one has written, and nothing that one has overwritten.
                        let reads = s
                            .other
                            .iter()
                            .all(|r| written[*r as usize] && self.registers[*r as usize].per_row() == i.per_row);
                        assert!(reads, "a step reads what is written");
                        if let Some(r) = s.store {
                            let to = self.registers[r as usize];
                            let others = others.iter().chain(args).filter(|o| **o != r);
                            assert!(!is_input(to) && to.per_row() == i.per_row, "a step writes a register of its kind");
                            assert!(
                                others.into_iter().all(|o| self.registers[*o as usize] != to),
                                "a step overwrites nothing"
                            );
                            written[r as usize] = true;
                        }
                        stored = s.store == Some(i.out);
                    }
                    stored && args.len() == 1 && per_row(0) == i.per_row
                }
                Action::Load { input } => args.is_empty() && (input as usize) < self.patterns.len(),
                Action::Constant(_) => args.is_empty(),
                Action::Spread => args.len() == 1 && per_row(0) && !i.per_row,
                Action::Fold(_) => args.len() == 1 && !per_row(0) && i.per_row,
            };
            assert!(fits, "an instruction's registers fit what it does");
            written[i.out as usize] = true;
        }
        let mut outputs: Vec<u32> = (self.registers.iter())
            .filter_map(|r| if let Register::Output(k) | Register::RowOutput(k) = r { Some(*k) } else { None })
            .chain(self.copies.iter().map(|c| c.output))
            .chain(self.ends.iter().map(|e| e.output))
            .collect();
        outputs.sort_unstable();
        assert!(outputs.windows(2).all(|w| w[0] != w[1]), "an output is written from one place");
        let used = self.copies.iter().map(|c| c.register).chain(self.ends.iter().map(|e| e.register));
        assert!(used.into_iter().all(|r| written[r as usize]), "what is kept has been written");
        assert!(self.ends.iter().all(|e| !self.registers[e.register as usize].per_row() && e.fits(self.count)));
    }

    /// The steps of a chain; none of any other instruction.
    pub fn steps_of(&self, i: &Instruction<T>) -> &[Step<T>] {
        match i.action {
            Action::Chain { first, count } => &self.steps[first as usize..][..count as usize],
            _ => &[],
        }
    }

    /// Whether the register of an output may be the memory of an input that is read in order: a chain reads what it works on
    /// before it writes the same places, and nothing reads the input later.
    pub fn may_overwrite(&self, output: u32, input: u32) -> bool {
        let is_input = |r: u32| self.registers[r as usize] == Register::Input(input);
        let Some(k) = self.code.iter().position(|i| i.out == output) else { return false };
        let later = self.code[k + 1..].iter().flat_map(|i| self.reads_of(i));
        let late = self.copies.iter().map(|c| c.register).chain(self.ends.iter().map(|e| e.register));
        matches!(self.code[k].action, Action::Chain { .. }) && !later.chain(late).any(is_input)
    }

    /// The registers that an instruction reads.
    pub fn reads_of(&self, i: &Instruction<T>) -> impl Iterator<Item = u32> {
        self.args_of(i).iter().copied().chain(self.steps_of(i).iter().filter_map(|s| s.other))
    }

    /// The registers that it writes.
    pub fn writes_of(&self, i: &Instruction<T>) -> impl Iterator<Item = u32> {
        let last = if matches!(i.action, Action::Chain { .. }) { None } else { Some(i.out) };
        self.steps_of(i).iter().filter_map(|s| s.store).chain(last)
    }

    pub fn args_of(&self, i: &Instruction<T>) -> &[u32] {
        &self.args[i.args as usize..][..i.arity as usize]
    }
}

impl<T> Pass<T> {
    /// A pass without instructions.
    pub fn over(count: usize, row: usize) -> Self {
        Pass {
            count,
            row,
            registers: Vec::new(),
            prologue: Vec::new(),
            code: Vec::new(),
            args: Vec::new(),
            steps: Vec::new(),
            patterns: Vec::new(),
            copies: Vec::new(),
            ends: Vec::new(),
            temps: 0,
            row_temps: 0,
            unit: 1,
            block: 1,
        }
    }
}

/// Elements of a block: as many as keep all registers in the first-level cache.
fn block<T>(unit: usize, registers: usize) -> usize {
    let fit = CACHE / size_of::<T>() / registers.max(1);
    (fit.min(MOST) / unit).max(1) * unit
}
