//! The order of the steps: each after those whose results it reads, otherwise in the order of the tape.
//! A step stands where its last line does, unless one before needs it: what is computed early is held longer.

use std::collections::HashMap;

use super::compile::Unit;

/// The numbers of the units in the order in which they run.
pub(super) fn order<T>(units: &[Unit<T>]) -> Vec<u32> {
    let mut maker: HashMap<u32, u32> = HashMap::with_capacity(units.len());
    for (k, unit) in units.iter().enumerate() {
        maker.extend(unit.writes.iter().flatten().map(|&l| (l, k as u32)));
    }
    let mut by_line: Vec<(u32, u32)> =
        units.iter().enumerate().map(|(k, u)| (u.lines.last().copied().unwrap_or(0), k as u32)).collect();
    by_line.sort_unstable();
    let mut order = Vec::with_capacity(units.len());
    let mut state = vec![0u8; units.len()];
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut stack: Vec<u32> = Vec::new();
    for (_, unit) in by_line {
        stack.push(unit);
        while let Some(&u) = stack.last() {
            match state[u as usize] {
                DONE => {
                    stack.pop();
                }
                OPEN => {
                    state[u as usize] = DONE;
                    order.push(u);
                    stack.pop();
                }
                _ => {
                    state[u as usize] = OPEN;
                    let before = units[u as usize].reads.iter().filter_map(|l| maker.get(l));
                    let waiting: Vec<u32> = before.copied().filter(|&b| state[b as usize] != DONE).collect();
                    debug_assert!(waiting.iter().all(|&b| state[b as usize] != OPEN), "steps wait for each other");
                    stack.extend(waiting);
                }
            }
        }
    }
    order
}
