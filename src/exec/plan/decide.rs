//! Which values get a buffer: those that kernels read or that outlive the run, and of what later passes read, what costs
//! more to compute again than to write and read.

use super::fuse::{Draft, What};
use crate::real::Real;

/// Costs per element, in cheap elementwise instructions on values in the first-level cache.
mod cost {
    /// An elementary function.
    pub const DEAR: usize = 8;
    /// Reading or writing an element in memory, in the shared cache, in a core's own.
    pub const MEMORY: usize = 8;
    pub const SHARED: usize = 3;
    pub const OWN: usize = 1;
}

/// Bytes that fit in a core's own second-level cache, and in the shared one, with something to spare.
const OWN_CACHE: usize = 256 << 10;
const SHARED_CACHE: usize = 4 << 20;

/// Marks the lines whose values get a buffer.
pub(super) fn decide<T: Real>(d: &mut Draft<T>) {
    let count = d.lines.len() as u32;
    let mut by_layer: Vec<(u32, u32)> = Vec::new();
    for l in (0..count).rev() {
        if d.line(l).keep {
            store(d, l);
        }
        match d.line(l).what {
            What::Call => store_operands(d, l),
            What::Splat | What::Fill(_) if d.line(l).stored => store_operands(d, l),
            What::End(_) => d.lines[l as usize].stored = true,
            _ => {}
        }
        if d.fused(l) {
            by_layer.push((d.line(l).layer, l));
        }
    }
    // Whoever reads a group's values stands in a higher layer, and has decided what it needs stored.
    by_layer.sort_unstable_by(|a, b| b.cmp(a));
    let mut visited = vec![u32::MAX; d.lines.len()];
    let mut k = 0;
    while k < by_layer.len() {
        let layer = by_layer[k].0;
        let end = k + by_layer[k..].iter().take_while(|e| e.0 == layer).count();
        for &(_, l) in &by_layer[k..end] {
            if d.line(l).stored {
                let group = d.group(l).expect("a fused line has a group");
                demand(d, group, l, &mut visited);
            }
        }
        k = end;
    }
}

/// Gives the value of line `l` a buffer; splats that are stored read theirs from one.
fn store<T: Real>(d: &mut Draft<T>, l: u32) {
    let root = d.root(l);
    if d.lines[root as usize].stored || matches!(d.line(root).what, What::Given) {
        return;
    }
    d.lines[root as usize].stored = true;
    if d.line(root).what == What::Splat {
        store_operands(d, root);
    }
}

fn store_operands<T: Real>(d: &mut Draft<T>, l: u32) {
    for k in 0..d.operands(l).len() {
        store(d, d.operands(l)[k]);
    }
}

/// Walks what group `group` computes for line `l`, and decides about the values of other groups on the way.
fn demand<T: Real>(d: &mut Draft<T>, group: u32, l: u32, visited: &mut [u32]) {
    let mut stack = vec![l];
    while let Some(l) = stack.pop() {
        if std::mem::replace(&mut visited[l as usize], group) == group {
            continue;
        }
        for k in 0..d.operands(l).len() {
            let operand = d.operands(l)[k];
            let root = d.root(operand);
            let own = |l: u32| d.group(l) == Some(group);
            if let Some(source) = d.spread(root).filter(|s| own(*s)) {
                stack.push(source);
                continue;
            }
            match d.line(root).what {
                What::Given | What::Call | What::Fill(_) => {}
                What::Splat => store_operands(d, root),
                What::End(_) => store(d, root),
                What::Fold(_) | What::Map if own(root) => stack.push(root),
                What::Fold(_) => store(d, root),
                What::Map => {
                    let again = !d.line(l).per_row && !d.line(root).per_row && !d.line(root).stored;
                    if again && pays_again(d, root) {
                        stack.push(root);
                    } else {
                        store(d, root);
                    }
                }
                What::Alias => unreachable!("a root is no alias"),
            }
        }
    }
}

/// Whether computing the line's value once more from what is in memory costs less than writing it and reading it back.
fn pays_again<T: Real>(d: &Draft<T>, l: u32) -> bool {
    let bytes = d.line(l).count * size_of::<T>();
    let memory = match bytes {
        ..OWN_CACHE => cost::OWN,
        OWN_CACHE..SHARED_CACHE => cost::SHARED,
        _ => cost::MEMORY,
    };
    let most = 3 * memory;
    let mut seen: smallvec::SmallVec<[u32; 16]> = smallvec::smallvec![l];
    let (mut next, mut sum) = (0, 0);
    while next < seen.len() {
        let line = d.line(seen[next]);
        next += 1;
        let read = line.stored || matches!(line.what, What::Given | What::Call) || line.per_row;
        sum += match line.what {
            _ if read => memory,
            What::Fold(_) | What::End(_) => return false,
            What::Fill(_) | What::Splat | What::Alias => 0,
            _ if line.cheap => 1,
            _ => cost::DEAR,
        };
        if sum > most {
            return false;
        }
        if !read && line.what == What::Map {
            for &o in d.operands(line.root) {
                let root = d.root(o);
                if !seen.contains(&root) {
                    seen.push(root);
                }
            }
        }
    }
    true
}
