//! Memory for the temporary registers of a pass, of which a block has few.
//! A register lives from the instruction that writes it to the last that reads it.

use smallvec::SmallVec;

use crate::kernels::fused::{Pass, Register};
use crate::real::Real;

/// Gives temporary registers memory: one that nobody reads any more is used again.
pub(super) fn allocate<T: Real>(pass: &mut Pass<T>) {
    let mut last = vec![0u32; pass.registers.len()];
    for (k, i) in pass.code.iter().enumerate() {
        for a in pass.reads_of(i) {
            last[a as usize] = k as u32;
        }
    }
    // What is copied or reduced at the end of a block is read then; what is written once is needed in every block.
    let late = pass.copies.iter().map(|c| c.register).chain(pass.ends.iter().map(|e| e.register));
    for r in late.chain(pass.prologue.iter().map(|i| i.out)) {
        last[r as usize] = u32::MAX;
    }
    let (mut free, mut next) = ([Vec::new(), Vec::new()], [0u32; 2]);
    let mut place = |pass: &mut Pass<T>, r: u32, free: &mut [Vec<u32>; 2]| {
        let side = match pass.registers[r as usize] {
            Register::Temp(_) => 0,
            Register::RowTemp(_) => 1,
            _ => return,
        };
        let k = free[side].pop().unwrap_or_else(|| {
            next[side] += 1;
            next[side] - 1
        });
        pass.registers[r as usize] = if side == 0 { Register::Temp(k) } else { Register::RowTemp(k) };
    };
    for k in 0..pass.prologue.len() {
        let r = pass.prologue[k].out;
        place(pass, r, &mut free);
    }
    for k in 0..pass.code.len() {
        let i = pass.code[k];
        let writes: SmallVec<[u32; 4]> = pass.writes_of(&i).collect();
        for &r in &writes {
            place(pass, r, &mut free);
        }
        let mut dead: SmallVec<[u32; 8]> = pass.reads_of(&i).chain(writes).collect();
        dead.sort_unstable();
        dead.dedup();
        for r in dead {
            if last[r as usize] <= k as u32 {
                match pass.registers[r as usize] {
                    Register::Temp(t) => free[0].push(t),
                    Register::RowTemp(t) => free[1].push(t),
                    _ => {}
                }
            }
        }
    }
}
