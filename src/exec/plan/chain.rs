//! Chains: runs of arithmetic in a pass, each on the result of the one before, that stay in vector registers.
//! The order of instructions changes for it, within what depends on what.

use crate::kernels::fused::{Action, Instruction, Pass, Previous, Register, Step};
use crate::real::Real;

/// Joins instructions of a pass whose registers have not been given memory yet.
pub(super) fn chain<T: Real>(pass: &mut Pass<T>) {
    let code = std::mem::take(&mut pass.code);
    let mut order = Order::new(pass, &code);
    for start in 0..code.len() {
        if order.done[start] {
            continue;
        }
        order.done[start] = true;
        let first = pass.args_of(&code[start]).first().copied();
        let run = match first.and_then(|r| step(pass, &code[start], r)) {
            Some((step, _)) => order.follow(pass, &code, start, step),
            None => Vec::new(),
        };
        match (run.len(), first) {
            (2.., Some(first)) => {
                let last = &code[run[run.len() - 1].0];
                let (from, args) = (pass.steps.len() as u32, pass.args.len() as u32);
                pass.steps.extend(run.iter().map(|s| s.1));
                pass.args.push(first);
                let action = Action::Chain { first: from, count: run.len() as u32 };
                pass.code.push(Instruction { action, args, arity: 1, ..*last });
            }
            _ => pass.code.push(code[start]),
        }
    }
}

/// The instruction as a step whose previous result is register `previous`, and where that stands.
fn step<T: Real>(pass: &Pass<T>, i: &Instruction<T>, previous: u32) -> Option<(Step<T>, Previous)> {
    let Action::Map { arith: Some(arith), params, .. } = i.action else { return None };
    let (place, other) = match *pass.args_of(i) {
        [a] if a == previous => (Previous::First, None),
        [a, b] if a == previous && b == previous => (Previous::Both, None),
        [a, b] if a == previous => (Previous::First, Some(b)),
        [a, b] if b == previous => (Previous::Second, Some(a)),
        _ => return None,
    };
    Step::new(arith, place, params[0], other).map(|s| (s, place))
}

/// What has been put in its place, and who waits for what.
struct Order {
    done: Vec<bool>,
    /// The instruction that writes a register.
    writer: Vec<Option<usize>>,
    /// The instructions that read it.
    readers: Vec<Vec<usize>>,
    /// Whether its value is wanted after the block's last instruction.
    kept: Vec<bool>,
}

impl Order {
    fn new<T: Real>(pass: &Pass<T>, code: &[Instruction<T>]) -> Self {
        let n = pass.registers.len();
        let mut order = Order {
            done: vec![false; code.len()],
            writer: vec![None; n],
            readers: vec![Vec::new(); n],
            kept: vec![false; n],
        };
        for (k, i) in code.iter().enumerate() {
            order.writer[i.out as usize] = Some(k);
            for &a in pass.args_of(i) {
                if order.readers[a as usize].last() != Some(&k) {
                    order.readers[a as usize].push(k);
                }
            }
        }
        for r in pass.copies.iter().map(|c| c.register).chain(pass.ends.iter().map(|e| e.register)) {
            order.kept[r as usize] = true;
        }
        for (r, kept) in order.kept.iter_mut().enumerate() {
            *kept |= matches!(pass.registers[r], Register::Output(_) | Register::RowOutput(_));
        }
        order
    }

    fn ready(&self, register: u32) -> bool {
        self.writer[register as usize].is_none_or(|k| self.done[k])
    }

    /// The steps from an instruction on, as long as somebody can go on with the result.
    fn follow<T: Real>(
        &mut self,
        pass: &Pass<T>,
        code: &[Instruction<T>],
        start: usize,
        first: Step<T>,
    ) -> Vec<(usize, Step<T>)> {
        let mut run = vec![(start, first)];
        loop {
            let (k, last) = run.last_mut().expect("the run has its first");
            let (out, per_row) = (code[*k].out, code[*k].per_row);
            let next = self.readers[out as usize].iter().copied().filter(|&c| !self.done[c]).find_map(|c| {
                let (step, _) = step(pass, &code[c], out)?;
                (code[c].per_row == per_row && step.other.is_none_or(|r| self.ready(r))).then_some((c, step))
            });
            if let Some((c, _)) = next {
                self.done[c] = true;
            }
            let wanted = self.kept[out as usize] || self.readers[out as usize].iter().any(|&c| !self.done[c]);
            if wanted || next.is_none() {
                last.store = Some(out);
            }
            match next {
                Some(next) => run.push(next),
                None => return run,
            }
        }
    }
}
