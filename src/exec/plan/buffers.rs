//! Which buffer every stored value lives in, from the step that makes it to the last that reads it.
//! A buffer is used again as soon as it is free, in place where an operand dies with the step that reads it.

use super::super::store::Store;
use super::compile::Unit;
use super::fuse::{Draft, What};
use super::large::{LARGE, Large};
use super::{Action, Note, Plan, Purpose, Source, Step};
use crate::kernels::fused::{Output, Pass, Register};
use crate::real::Real;
use crate::tape::{Graph, Kind};

/// The buffers of one kind of numbers for small values.
#[derive(Default)]
struct Shelf {
    /// Elements of each.
    sizes: Vec<usize>,
    free: Vec<u32>,
}

impl Shelf {
    /// A buffer of at least `len` elements.
    fn take(&mut self, len: usize) -> u32 {
        let fits = |s: &&u32| self.sizes[**s as usize] >= len;
        let best = self.free.iter().filter(fits).min_by_key(|s| self.sizes[**s as usize]);
        // Where none is large enough, the largest grows: that costs the difference only.
        let slot = best.or_else(|| self.free.iter().max_by_key(|s| self.sizes[**s as usize])).copied();
        match slot {
            Some(s) => {
                self.free.retain(|f| *f != s);
                self.sizes[s as usize] = self.sizes[s as usize].max(len);
                s
            }
            None => self.exactly(len),
        }
    }

    /// A buffer of its own.
    fn exactly(&mut self, len: usize) -> u32 {
        self.sizes.push(len);
        self.sizes.len() as u32 - 1
    }
}

struct Layout<'a, T: Real> {
    g: &'a Graph<T>,
    d: &'a Draft<T>,
    /// Where each line's value is.
    places: Vec<Source>,
    /// The last step that reads it.
    last: Vec<u32>,
    /// It outlives the run.
    kept: Vec<bool>,
    reals: Shelf,
    ints: Shelf,
    large: Large,
    plan: Plan<T>,
}

/// Lays out the units, in the given order, as the steps of a plan.
pub(super) fn lay_out<T: Real>(
    g: &Graph<T>,
    d: &Draft<T>,
    units: Vec<Unit<T>>,
    order: &[u32],
    store: &Store<T>,
    purpose: Purpose,
) -> Plan<T> {
    let stays = |id| store.stays(g, id);
    let count = d.lines.len();
    let mut last = vec![u32::MAX; count];
    for (k, &u) in order.iter().enumerate() {
        units[u as usize].reads.iter().for_each(|&l| last[l as usize] = k as u32);
    }
    let mut kept = vec![false; count];
    (0..count as u32).filter(|&l| d.line(l).keep).for_each(|l| kept[d.root(l) as usize] = true);
    let place = |l: usize| match d.lines[l].what {
        What::Given if !store.has(d.lines[l].id) => Source::Leaf(d.lines[l].id),
        _ => Source::Held(d.lines[l].id),
    };
    let (steps, notes) = (Vec::with_capacity(order.len()), Vec::with_capacity(order.len()));
    let plan = Plan { steps, notes, ..Plan::default() };
    let places = (0..count).map(place).collect();
    let (reals, ints, large) = (Shelf::default(), Shelf::default(), Large::default());
    let mut layout = Layout { g, d, places, last, kept, reals, ints, large, plan };
    let mut units: Vec<Option<Unit<T>>> = units.into_iter().map(Some).collect();
    for (k, &u) in order.iter().enumerate() {
        let unit = units[u as usize].take().expect("every unit runs once");
        layout.step(k as u32, unit, &stays, purpose);
    }
    let mut plan = layout.plan;
    for l in 0..count as u32 {
        if d.line(l).keep {
            plan.kept.push((d.line(l).id, layout.places[d.root(l) as usize]));
        }
    }
    plan.reals = layout.reals.sizes;
    plan.ints = layout.ints.sizes;
    layout.large.place(&mut plan);
    plan.computed.sort_unstable();
    plan
}

impl<T: Real> Layout<'_, T> {
    fn step(&mut self, k: u32, unit: Unit<T>, stays: &impl Fn(u32) -> bool, purpose: Purpose) {
        let Unit { mut action, reads, writes, lines } = unit;
        let first_operand = self.plan.sources.len() as u32;
        let first_result = self.plan.targets.len() as u32;
        self.plan.sources.extend(reads.iter().map(|&l| self.places[l as usize]));
        for (r, write) in writes.iter().enumerate() {
            let Some(l) = *write else {
                self.plan.targets.push(None);
                continue;
            };
            let inherited = match &mut action {
                Action::Call(head) if r == 0 => {
                    let operand = self.g.node(*head).op.get().overwrites();
                    operand.filter(|&i| i < reads.len() && self.dies(k, &reads, i, l))
                }
                Action::Call(_) => None,
                Action::Pass(pass) => {
                    let direct = pass.registers.iter().position(|x| *x == Register::Output(r as u32));
                    let input = direct.and_then(|_| {
                        (0..reads.len()).find(|&i| {
                            self.plan.sources[first_operand as usize + i] == self.places[reads[i] as usize]
                                && pass.registers.contains(&Register::Input(i as u32))
                                && pass.patterns[i].is_none()
                                && self.dies(k, &reads, i, l)
                        })
                    });
                    if let (Some(register), Some(i)) = (direct, input)
                        && !pass.may_overwrite(register as u32, i as u32)
                    {
                        // Written when the block has been read.
                        let temp = pass.registers.iter().filter_map(|x| match x {
                            Register::Temp(t) => Some(t + 1),
                            _ => None,
                        });
                        let temp = temp.max().unwrap_or(0);
                        pass.registers[register] = Register::Temp(temp);
                        pass.copies.push(Output { register: register as u32, output: r as u32 });
                    }
                    input
                }
            };
            let place = match inherited {
                Some(i) => {
                    let place = self.places[reads[i] as usize];
                    self.plan.sources[first_operand as usize + i] = Source::Output(r as u32);
                    let Source::Real { slot, .. } = place else { unreachable!("what dies is in a buffer") };
                    Source::Real { slot, len: self.d.line(l).count }
                }
                None => self.fresh(k, l),
            };
            self.places[l as usize] = place;
            self.plan.targets.push(Some(place));
        }
        if let Action::Pass(pass) = &mut action {
            **pass = std::mem::replace(&mut **pass, Pass::over(0, 1)).checked();
        }
        let first_release = self.plan.released.len() as u32;
        self.release(k, &reads, &writes, stays, purpose);
        match action {
            Action::Call(head) => self.plan.computed.push(head),
            Action::Pass(_) => self.plan.computed.extend(lines.iter().map(|&l| self.d.line(l).id)),
        }
        let ids = |of: &mut dyn Iterator<Item = u32>| of.map(|l| self.d.line(l).id).collect();
        self.plan.notes.push(Note {
            reads: ids(&mut reads.iter().copied()),
            lines: ids(&mut lines.iter().copied()),
            stored: ids(&mut writes.iter().flatten().copied()),
        });
        self.plan.steps.push(Step {
            action,
            operands: first_operand..self.plan.sources.len() as u32,
            results: first_result..self.plan.targets.len() as u32,
            releases: first_release..self.plan.released.len() as u32,
        });
    }

    /// Whether operand `i` of step `k` leaves its buffer to line `l`: nobody else reads it then or later.
    fn dies(&self, k: u32, reads: &[u32], i: usize, l: u32) -> bool {
        let read = reads[i] as usize;
        let Source::Real { slot, len } = self.places[read] else { return false };
        let line = self.d.line(l);
        let alone = reads.iter().filter(|&&r| self.places[r as usize] == self.places[read]).count() == 1;
        let size = self.large.size(slot).unwrap_or_else(|| self.reals.sizes[slot as usize]);
        let fits = len == line.count && self.g.node(line.id).kind() == Kind::Real;
        // A value that is kept has a buffer of just its size.
        fits && alone && self.last[read] == k && !self.kept[read] && (!self.kept[l as usize] || size == len)
    }

    /// A buffer for line `l`, which step `k` computes.
    fn fresh(&mut self, k: u32, l: u32) -> Source {
        let (line, kept) = (self.d.line(l), self.kept[l as usize]);
        let len = line.count;
        match self.g.node(line.id).kind() {
            Kind::Real if len >= LARGE => Source::Real { slot: self.large.begin(len, Kind::Real, k), len },
            Kind::Int if len >= LARGE => Source::Int { slot: self.large.begin(len, Kind::Int, k), len },
            Kind::Real => {
                let slot = if kept { self.reals.exactly(len) } else { self.reals.take(len) };
                Source::Real { slot, len }
            }
            Kind::Int => {
                let slot = if kept { self.ints.exactly(len) } else { self.ints.take(len) };
                Source::Int { slot, len }
            }
        }
    }

    /// Frees the buffers of values that nobody reads after step `k`.
    fn release(
        &mut self,
        k: u32,
        reads: &[u32],
        writes: &[Option<u32>],
        stays: &impl Fn(u32) -> bool,
        purpose: Purpose,
    ) {
        let mut done: Vec<u32> = reads.iter().copied().filter(|&l| self.last[l as usize] == k).collect();
        done.extend(writes.iter().flatten().filter(|&&l| self.last[l as usize] == u32::MAX));
        done.sort_unstable();
        done.dedup();
        for l in done {
            if self.kept[l as usize] {
                continue;
            }
            let place = self.places[l as usize];
            // A buffer that a result has taken over lives on with it.
            if writes.iter().flatten().any(|&w| w != l && same_buffer(self.places[w as usize], place)) {
                continue;
            }
            match place {
                Source::Real { slot, .. } | Source::Int { slot, .. } if self.large.end(slot, k) => {}
                Source::Real { slot, .. } => self.reals.free.push(slot),
                Source::Int { slot, .. } => self.ints.free.push(slot),
                Source::Held(id) if purpose == Purpose::Gradient && !stays(id) => self.plan.released.push(id),
                Source::Held(_) | Source::Leaf(_) | Source::Output(_) => {}
            }
        }
    }
}

fn same_buffer(a: Source, b: Source) -> bool {
    match (a, b) {
        (Source::Real { slot: a, .. }, Source::Real { slot: b, .. })
        | (Source::Int { slot: a, .. }, Source::Int { slot: b, .. }) => a == b,
        _ => false,
    }
}
