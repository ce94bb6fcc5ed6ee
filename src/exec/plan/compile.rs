//! From groups to passes: the instructions that a group's stored lines need, their registers, inputs and outputs.
//! Everything else that is needed becomes a kernel call.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::chain::chain;
use super::fuse::{Draft, What};
use super::registers::allocate;
use crate::kernels::fused::{Action, End, Instruction, Output, Pass, Pattern, Register};
use crate::real::Real;
use crate::tape::{Form, Graph, Kind};

/// What a step will do, with the lines that it reads and writes.
#[derive(Debug)]
pub(super) struct Unit<T> {
    pub action: super::Action<T>,
    /// The lines whose values it reads, in the order of its operands or inputs.
    pub reads: Vec<u32>,
    /// The lines that it computes, in the order of its results or outputs.
    pub writes: Vec<Option<u32>>,
    /// All lines that it computes, also those without a buffer.
    pub lines: Vec<u32>,
}

/// All units, in no order.
pub(super) fn compile<T: Real>(g: &Graph<T>, d: &Draft<T>) -> Vec<Unit<T>> {
    let mut units = Vec::new();
    let mut members: Vec<(u32, u32)> = Vec::new();
    for l in 0..d.lines.len() as u32 {
        let line = d.line(l);
        match line.what {
            What::Call => call(g, d, l, &mut units),
            What::Fill(_) | What::Splat if line.stored => call(g, d, l, &mut units),
            _ if d.fused(l) && line.stored => {
                members.push((d.group(l).expect("a fused line has a group"), l));
            }
            _ => {}
        }
    }
    members.sort_unstable();
    let mut seen = vec![u32::MAX; d.lines.len()];
    for stored in members.chunk_by(|a, b| a.0 == b.0) {
        let stored: Vec<u32> = stored.iter().map(|m| m.1).collect();
        let lines = gather(d, &stored, &mut seen);
        if lines.iter().any(|&l| d.line(l).what == What::Map) {
            units.push(Compiler::new(g, d, stored[0]).pass(&lines));
        } else {
            // Nothing but reductions of values in memory: their own kernels do it as well.
            stored.iter().for_each(|&l| call(g, d, l, &mut units));
        }
    }
    units
}

/// A kernel call; results on neighbouring lines share one.
fn call<T: Real>(g: &Graph<T>, d: &Draft<T>, l: u32, units: &mut Vec<Unit<T>>) {
    let head = g.head(d.line(l).id);
    let place = |id: u32| d.lines.binary_search_by_key(&id, |line| line.id).ok().map(|k| k as u32);
    let is_call = |l: &u32| d.line(*l).what != What::Given;
    let results: Vec<Option<u32>> =
        (head..head + u32::from(g.node(head).results)).map(|id| place(id).filter(is_call)).collect();
    if results.iter().flatten().next() != Some(&l) {
        return;
    }
    let reads = d.operands(l).iter().map(|&o| d.root(o)).collect();
    let lines = results.iter().flatten().copied().collect();
    units.push(Unit { action: super::Action::Call(head), reads, writes: results, lines });
}

/// The lines that a pass with the stored lines `stored` computes, ascending.
fn gather<T: Real>(d: &Draft<T>, stored: &[u32], seen: &mut [u32]) -> Vec<u32> {
    let group = d.group(stored[0]).expect("a fused line has a group");
    let mut stack = stored.to_vec();
    let mut lines = Vec::new();
    while let Some(l) = stack.pop() {
        if std::mem::replace(&mut seen[l as usize], group) == group {
            continue;
        }
        lines.push(l);
        for &operand in d.operands(l) {
            let root = d.root(operand);
            match d.spread(root).filter(|s| d.group(*s) == Some(group)) {
                Some(source) => stack.push(source),
                None if computed_here(d, group, root) => stack.push(root),
                None => {}
            }
        }
    }
    lines.sort_unstable();
    lines
}

/// Whether a pass of the group computes the line, rather than reading it.
fn computed_here<T: Real>(d: &Draft<T>, group: u32, root: u32) -> bool {
    match d.line(root).what {
        What::Map | What::Fold(_) => d.group(root) == Some(group) || !d.line(root).stored,
        _ => false,
    }
}

/// Where a pass finds the value of a line: in one register if it is used by elements, in another if by rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// The value of a line, in order.
    Value(u32, bool),
    /// A splat as a register of the given kind.
    Splat(u32, bool),
}

/// What a map computes: the row, its parameters, and the registers of its operands.
#[derive(PartialEq, Eq, Hash)]
struct Same(usize, [u64; 2], SmallVec<[u32; 4]>);

struct Compiler<'a, T: Real> {
    g: &'a Graph<T>,
    d: &'a Draft<T>,
    group: u32,
    pass: Pass<T>,
    reads: Vec<u32>,
    writes: Vec<Option<u32>>,
    found: HashMap<Key, u32>,
    computed: HashMap<Same, u32>,
}

impl<'a, T: Real> Compiler<'a, T> {
    fn new(g: &'a Graph<T>, d: &'a Draft<T>, member: u32) -> Self {
        let group = d.group(member).expect("a fused line has a group");
        let domain = d.domain(group);
        let pass = Pass::over(domain.count, domain.row.unwrap_or(1));
        Compiler {
            g,
            d,
            group,
            pass,
            reads: Vec::new(),
            writes: Vec::new(),
            found: Default::default(),
            computed: Default::default(),
        }
    }

    fn pass(mut self, lines: &[u32]) -> Unit<T> {
        for &l in lines {
            self.line(l);
        }
        chain(&mut self.pass);
        allocate(&mut self.pass);
        let action = super::Action::Pass(Box::new(self.pass));
        Unit { action, reads: self.reads, writes: self.writes, lines: lines.to_vec() }
    }

    fn line(&mut self, l: u32) {
        let line = self.d.line(l);
        let own = self.d.group(l) == Some(self.group);
        let stored = own && line.stored;
        let per_row = own && line.per_row;
        let operands = self.d.operands(l);
        match line.what {
            What::Map => {
                let Form::Pointwise(bound) = self.g.node(line.id).op.get().form() else {
                    unreachable!("a map is a pointwise line")
                };
                let args: SmallVec<[u32; 4]> = operands.iter().map(|&o| self.operand(o, per_row)).collect();
                let action = Action::Map { block: bound.row.block, params: bound.params, arith: bound.row.arith };
                let same = Same(bound.row.block as usize, bound.params.map(|p| p.as_f64().to_bits()), args.clone());
                match self.computed.get(&same) {
                    // Two lines that compute the same of the same: common where rules meet, x·x say.
                    Some(&register) if !stored => _ = self.found.insert(Key::Value(l, per_row), register),
                    _ => {
                        let register = self.emit(l, action, &args, per_row, stored);
                        self.computed.insert(same, register);
                    }
                }
            }
            What::Fold(fold) => {
                let arg = self.operand(operands[0], false);
                let _ = self.emit(l, Action::Fold(fold), &[arg], true, stored);
            }
            What::End(fold) => {
                let register = self.operand(operands[0], false);
                let output = self.writes.len() as u32;
                let operand = self.d.line(operands[0]).id;
                let Form::Reduce(_, axes) = self.g.node(line.id).op.get().form() else {
                    unreachable!("an end is a reduction")
                };
                let end = End::over(self.g.dims(operand), axes, fold, register, output);
                self.pass.ends.push(end.expect("an end was seen to be one"));
                self.writes.push(Some(l));
            }
            _ => unreachable!("passes are made of maps, folds and ends"),
        }
    }

    /// An instruction whose result is that of line `l`.
    fn emit(&mut self, l: u32, action: Action<T>, args: &[u32], per_row: bool, stored: bool) -> u32 {
        let real = self.g.node(self.d.line(l).id).kind() == Kind::Real;
        let output = self.writes.len() as u32;
        let register = match (stored && real, per_row) {
            (true, false) => Register::Output(output),
            (true, true) => Register::RowOutput(output),
            (false, false) => Register::Temp(0),
            (false, true) => Register::RowTemp(0),
        };
        let out = self.instruction(action, args, register);
        self.found.insert(Key::Value(l, per_row), out);
        if stored {
            self.writes.push(Some(l));
            if !real {
                self.pass.copies.push(Output { register: out, output });
            }
        }
        out
    }

    fn instruction(&mut self, action: Action<T>, args: &[u32], register: Register) -> u32 {
        let out = self.pass.registers.len() as u32;
        self.pass.registers.push(register);
        let first = self.pass.args.len() as u32;
        self.pass.args.extend_from_slice(args);
        let instruction =
            Instruction { action, out, args: first, arity: args.len() as u32, per_row: register.per_row() };
        // What is the same in every block is written once.
        let uniform = match action {
            Action::Constant(_) => true,
            Action::Load { input } => self.pass.patterns[input as usize].as_ref().is_some_and(Pattern::is_uniform),
            _ => false,
        };
        if uniform {
            self.pass.prologue.push(instruction)
        } else {
            self.pass.code.push(instruction)
        }
        out
    }

    /// The register that holds an operand, for a line with an element for each of the domain or for each row.
    fn operand(&mut self, operand: u32, per_row: bool) -> u32 {
        let root = self.d.root(operand);
        if let Some(source) = self.d.spread(root).filter(|s| !per_row && self.d.group(*s) == Some(self.group)) {
            let key = Key::Splat(root, false);
            if let Some(&r) = self.found.get(&key) {
                return r;
            }
            let arg = self.found[&Key::Value(source, true)];
            let r = self.instruction(Action::Spread, &[arg], Register::Temp(0));
            self.found.insert(key, r);
            return r;
        }
        let key = match self.d.line(root).what {
            What::Splat => Key::Splat(root, per_row),
            _ => Key::Value(root, per_row),
        };
        if let Some(&r) = self.found.get(&key) {
            return r;
        }
        let temp = if per_row { Register::RowTemp(0) } else { Register::Temp(0) };
        let r = match self.d.line(root).what {
            What::Fill(v) => self.instruction(Action::Constant(v), &[], temp),
            What::Splat => {
                let inner = self.d.operands(root)[0];
                let (from, to) = (self.g.dims(self.d.line(inner).id), self.g.dims(self.d.line(root).id));
                match Pattern::broadcast(from, to) {
                    Some(pattern) => {
                        let input = self.input(self.d.root(inner), Some(pattern));
                        self.instruction(Action::Load { input }, &[], temp)
                    }
                    None => self.operand(inner, per_row),
                }
            }
            _ => {
                let input = self.input(root, None);
                if self.g.node(self.d.line(root).id).kind() == Kind::Int {
                    self.instruction(Action::Load { input }, &[], temp)
                } else {
                    self.pass.registers.push(if per_row { Register::RowInput(input) } else { Register::Input(input) });
                    self.pass.registers.len() as u32 - 1
                }
            }
        };
        self.found.insert(key, r);
        r
    }

    fn input(&mut self, root: u32, pattern: Option<Pattern>) -> u32 {
        self.reads.push(root);
        self.pass.patterns.push(pattern);
        self.reads.len() as u32 - 1
    }
}
