//! The reverse sweep: from a root to the wanted lines, each line's vjp in turn, cotangents added where paths meet.
//! It is a loop over the lines that matter, never a recursion, and the only place where cotangents accumulate.
//!
//! ```text
//! mark the lines between the wanted ones and the root
//! cotangent[root] = seed
//! for line in marked, last to first, if it has a cotangent:
//!     for each operand the line's vjp gives a cotangent to:
//!         cotangent[operand] += it
//! ```

use smallvec::SmallVec;

use super::recompute::{Recompute, with_copies};
use super::visit::Visit;
use crate::real::Real;
use crate::tape::{Asked, Given, Graph, Kind, Sweep, Tape, Var, Vjp};

/// Writes the adjoint program of `roots` (line, cotangent line) for the lines in `wanted`.
pub(crate) fn reverse<T: Real>(tape: &Tape<T>, roots: &[(u32, u32)], wanted: &[u32]) -> Sweep {
    tape.keeping(Asked { reverse: true, given: roots, wanted }, || write(tape, roots, wanted, None))
}

/// As [`reverse`], and tells what each rule was given, wrote and gave; the same loop, written anew.
pub(super) fn reverse_told<T: Real>(
    tape: &Tape<T>,
    roots: &[(u32, u32)],
    wanted: &[u32],
    visits: &mut Vec<Visit>,
) -> Sweep {
    write(tape, roots, wanted, Some(visits))
}

fn write<T: Real>(tape: &Tape<T>, roots: &[(u32, u32)], wanted: &[u32], mut visits: Option<&mut Vec<Visit>>) -> Sweep {
    let wanted_copies = with_copies(tape, wanted);
    let all: SmallVec<[u32; 8]> = wanted_copies.iter().map(|w| w.0).collect();
    let lines = between(tape, roots.iter().map(|r| r.0), &all);
    let mut slots = Slots::new(&lines);
    let mut recompute = Recompute::new(tape, &lines);
    for &(root, seed) in roots {
        // A root that is given twice has the sum of its cotangents.
        let _ = tape.in_rule_of(root, || slots.accumulate(tape, root, seed));
    }
    let mut cuts = Vec::new();
    let mut next = lines.len();
    while next > 0 {
        let last = lines[next - 1];
        let head = tape.graph.borrow().head(last);
        let group = lines[..next].iter().rev().take_while(|&&id| id >= head).count();
        next -= group;
        let (results, operands) = {
            let g = tape.graph.borrow();
            (u32::from(g.node(head).results), SmallVec::<[u32; 4]>::from(g.operands(head)))
        };
        let cotangents: SmallVec<[Option<u32>; 2]> = (head..head + results).map(|id| slots.get(id)).collect();
        let wants: SmallVec<[bool; 4]> = operands.iter().map(|&id| slots.covers(id)).collect();
        if cotangents.iter().all(Option::is_none) || !wants.contains(&true) {
            continue;
        }
        let op = tape.op(head);
        let begin = tape.len() as u32;
        let at = recompute.at(head);
        let mut visit = visits.is_some().then(|| Visit::new(head, &cotangents));
        let given = tape.in_rule_of(head, || {
            let context = Vjp::new(at, cotangents, wants);
            op.get().vjp(&context);
            let given = context.finish();
            if let Some(v) = &mut visit {
                v.wrote = begin..tape.len() as u32;
            }
            for (i, g) in given.iter().enumerate() {
                let sum = match *g {
                    Given::Line(line) => slots.accumulate(tape, operands[i], line),
                    _ => None,
                };
                if let Some(v) = &mut visit {
                    v.give(i, operands[i], *g, sum);
                }
            }
            given
        });
        if let (Some(all), Some(v)) = (&mut visits, visit) {
            all.push(v);
        }
        cuts.extend(given.iter().enumerate().filter_map(|(i, g)| match *g {
            Given::Zero(why) => Some((head, i, why)),
            _ => None,
        }));
    }
    recompute.finish();
    let mut cotangents: Vec<Option<u32>> = wanted.iter().map(|&id| slots.get(id)).collect();
    for &(copy, k) in &wanted_copies[wanted.len()..] {
        cotangents[k] = match (cotangents[k], slots.get(copy)) {
            (Some(sum), Some(term)) => {
                Some(tape.in_rule_of(wanted[k], || Var::new(tape, sum) + Var::new(tape, term)).id)
            }
            (own, other) => own.or(other),
        };
    }
    Sweep { cotangents, cuts }
}

/// Cotangents of the lines that a sweep visits, found by binary search: the visited lines are few and sorted.
struct Slots<'a> {
    lines: &'a [u32],
    cotangents: Vec<Option<u32>>,
}

impl<'a> Slots<'a> {
    fn new(lines: &'a [u32]) -> Self {
        Slots { lines, cotangents: vec![None; lines.len()] }
    }

    fn position(&self, id: u32) -> Option<usize> {
        // Visited lines are mostly consecutive: look where the line would stand if they all were.
        let guess = id.checked_sub(*self.lines.first()?)? as usize;
        if self.lines.get(guess) == Some(&id) { Some(guess) } else { self.lines.binary_search(&id).ok() }
    }

    fn covers(&self, id: u32) -> bool {
        self.position(id).is_some()
    }

    fn get(&self, id: u32) -> Option<u32> {
        self.position(id).and_then(|k| self.cotangents[k])
    }

    /// Adds a contribution to the cotangent of a line; the sum, where there was one before.
    fn accumulate<T: Real>(&mut self, tape: &Tape<T>, id: u32, line: u32) -> Option<u32> {
        let k = self.position(id)?;
        let sum = self.cotangents[k].map(|before| (Var::new(tape, before) + Var::new(tape, line)).id);
        self.cotangents[k] = Some(sum.unwrap_or(line));
        sum
    }
}

/// The lines on a path from a wanted line to a root, ascending; wanted lines that no root depends on are left out.
pub(crate) fn between<T: Real>(tape: &Tape<T>, roots: impl Iterator<Item = u32>, wanted: &[u32]) -> Vec<u32> {
    const SEEN: u32 = 0;
    const ON_PATH: u32 = 1;
    let graph = tape.graph.borrow();
    let mut marks = tape.marks.borrow_mut();
    let Some(&lowest) = wanted.iter().min() else { return Vec::new() };
    marks.begin(graph.len());
    let mut stack: Vec<u32> = roots.collect();
    let mut seen = Vec::new();
    while let Some(id) = stack.pop() {
        if id < lowest || marks.get(id).is_some() {
            continue;
        }
        marks.set(id, SEEN);
        seen.push(id);
        stack.extend_from_slice(graph.operands(id));
    }
    seen.sort_unstable();
    let is_wanted = sorted(wanted);
    seen.retain(|&id| {
        let on_path = is_wanted.binary_search(&id).is_ok() || leads_on(&graph, id, |o| marks.get(o) == Some(ON_PATH));
        if on_path {
            marks.set(id, ON_PATH);
        }
        on_path
    });
    seen
}

fn leads_on<T: Real>(graph: &Graph<T>, id: u32, on_path: impl Fn(u32) -> bool) -> bool {
    let real = graph.node(id).kind() == Kind::Real;
    real && graph.operands(id).iter().any(|&o| on_path(o))
}

fn sorted(ids: &[u32]) -> Vec<u32> {
    let mut v = ids.to_vec();
    v.sort_unstable();
    v
}
