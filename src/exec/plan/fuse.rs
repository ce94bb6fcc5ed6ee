//! Which lines can share a pass: every line gets a layer, and neighbours of one layer and one domain form a group.
//! An edge between different groups always leads to a higher layer, so groups can never wait for each other.

use std::collections::HashMap;
use std::ops::Range;

use super::needed::{Marks, Need};
use crate::kernels::fused::{End, Fold, LONGEST_ROW};
use crate::real::Real;
use crate::tape::{Form, Graph, ReduceKind};

/// What the plan makes of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What<T> {
    /// Its value is at hand.
    Given,
    /// A kernel call.
    Call,
    /// One number, which becomes a kernel call only where a kernel reads it.
    Fill(T),
    /// Its operand repeated; as above.
    Splat,
    /// Its operand under another shape.
    Alias,
    /// An instruction of a pass.
    Map,
    /// A reduction of the rows of a pass, whose result the pass can go on with.
    Fold(Fold),
    /// A reduction at the end of a pass; the pass has no register for it.
    End(Fold),
}

/// A line of the plan. Lines are known by their number in the plan.
#[derive(Clone, Debug)]
pub(super) struct Line<T> {
    pub id: u32,
    pub what: What<T>,
    /// The line whose value this one has under another shape; itself for most.
    pub root: u32,
    pub operands: Range<u32>,
    pub layer: u32,
    /// Which group computes it; see [`Draft::group`].
    group: u32,
    /// It holds one element for each row of its group's domain.
    pub per_row: bool,
    pub count: usize,
    /// Its value outlives the run.
    pub keep: bool,
    /// Its value gets a buffer.
    pub stored: bool,
    pub cheap: bool,
}

/// The domain of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    parent: u32,
    pub count: usize,
    /// Elements of a row, where something is folded along rows.
    pub row: Option<usize>,
}

const NONE: u32 = u32::MAX;

/// The lines of a plan with what will become of them.
#[derive(Debug)]
pub(super) struct Draft<T> {
    pub lines: Vec<Line<T>>,
    operands: Vec<u32>,
    groups: Vec<Group>,
}

impl<T: Real> Draft<T> {
    /// The operands of line `l`.
    pub fn operands(&self, l: u32) -> &[u32] {
        let r = &self.lines[l as usize].operands;
        &self.operands[r.start as usize..r.end as usize]
    }

    pub fn line(&self, l: u32) -> &Line<T> {
        &self.lines[l as usize]
    }

    /// The line that holds the value of `l`.
    pub fn root(&self, l: u32) -> u32 {
        self.line(l).root
    }

    /// The group that computes line `l`, if one does.
    pub fn group(&self, l: u32) -> Option<u32> {
        let g = self.line(l).group;
        (g != NONE).then(|| self.find(g))
    }

    pub fn domain(&self, group: u32) -> Group {
        self.groups[self.find(group) as usize]
    }

    /// Whether the line is part of a pass.
    pub fn fused(&self, l: u32) -> bool {
        matches!(self.line(l).what, What::Map | What::Fold(_) | What::End(_))
    }

    /// Where a pass over line `l`'s domain can take a splat from one of its own rows: the line with an element for each.
    pub fn spread(&self, splat: u32) -> Option<u32> {
        if self.line(splat).what != What::Splat {
            return None;
        }
        let source = self.root(self.operands(splat)[0]);
        let s = self.line(source);
        (s.per_row && s.layer == self.line(splat).layer && self.line(splat).per_row).then_some(source)
    }

    fn find(&self, mut g: u32) -> u32 {
        while self.groups[g as usize].parent != g {
            g = self.groups[g as usize].parent;
        }
        g
    }

    fn new_group(&mut self, count: usize, row: Option<usize>) -> u32 {
        let g = self.groups.len() as u32;
        self.groups.push(Group { parent: g, count, row });
        g
    }

    /// Makes one group of several, where they have one domain.
    fn unite(&mut self, groups: &[u32]) -> Option<u32> {
        let first = self.find(*groups.first()?);
        let Group { count, mut row, .. } = self.groups[first as usize];
        for &g in groups {
            let other = self.domain(g);
            if other.count != count || row.is_some() && other.row.is_some() && row != other.row {
                return None;
            }
            row = row.or(other.row);
        }
        for &g in groups {
            let g = self.find(g);
            self.groups[g as usize].parent = first;
        }
        self.groups[first as usize].row = row;
        Some(first)
    }

    /// The first layer in which a pass can read the line's value.
    fn ready(&self, l: u32) -> u32 {
        let line = self.line(self.root(l));
        match line.what {
            What::Given | What::Fill(_) => 0,
            What::Splat => self.ready(self.operands(line.root)[0]),
            _ => line.layer + 1,
        }
    }

    /// The first layer in which a kernel can.
    fn ready_in_memory(&self, l: u32) -> u32 {
        let line = self.line(self.root(l));
        match line.what {
            What::Fill(_) => 1,
            What::Splat => self.ready_in_memory(self.operands(line.root)[0]) + 1,
            _ => self.ready(l),
        }
    }
}

/// Sorts the lines into layers and groups; without `passes` every line is a kernel call.
pub(super) fn fuse<T: Real>(g: &Graph<T>, needs: &[Need], marks: &Marks, passes: bool) -> Draft<T> {
    let mut d = Draft { lines: Vec::with_capacity(needs.len()), operands: Vec::new(), groups: Vec::new() };
    // The group in each layer that reads a value already: those who read the same share the pass.
    let mut readers: HashMap<(u32, u32, usize), u32> = HashMap::new();
    for need in needs {
        let l = d.lines.len() as u32;
        let first = d.operands.len() as u32;
        if !need.given {
            d.operands.extend(g.operands(need.id).iter().map(|&o| marks.local(o) as u32));
        }
        let operands = first..d.operands.len() as u32;
        let count = g.count(need.id);
        d.lines.push(Line {
            id: need.id,
            what: What::Given,
            root: l,
            operands,
            layer: 0,
            group: NONE,
            per_row: false,
            count,
            keep: need.keep,
            stored: false,
            cheap: true,
        });
        if need.given {
            continue;
        }
        let op = g.node(need.id).op.get();
        match op.form() {
            Form::Alias => {
                d.lines[l as usize].what = What::Alias;
                d.lines[l as usize].root = d.root(d.operands(l)[0]);
            }
            Form::Fill(v) => d.lines[l as usize].what = What::Fill(v),
            Form::Splat => splat(&mut d, g, l),
            Form::Pointwise(row) if passes && count > 0 => {
                d.lines[l as usize].cheap = row.row.cheap;
                map(&mut d, &mut readers, l);
            }
            Form::Reduce(kind, axes) if passes && g.count(g.operands(need.id)[0]) > 0 => {
                let fold = match kind {
                    ReduceKind::Sum => Fold::Sum,
                    ReduceKind::Max => Fold::Max,
                    ReduceKind::Min => Fold::Min,
                };
                reduce(&mut d, &mut readers, l, g.dims(g.operands(need.id)[0]), axes, fold);
            }
            _ => call(&mut d, l),
        }
    }
    d
}

fn call<T: Real>(d: &mut Draft<T>, l: u32) {
    let layer = d.operands(l).iter().map(|&o| d.ready_in_memory(o)).max().unwrap_or(0);
    d.lines[l as usize].what = What::Call;
    d.lines[l as usize].layer = layer;
}

/// A splat of a row's fold over that same row stays inside the pass.
fn splat<T: Real>(d: &mut Draft<T>, g: &Graph<T>, l: u32) {
    let operand = d.operands(l)[0];
    let source = d.root(operand);
    let s = d.line(source);
    if let What::Fill(v) = s.what {
        d.lines[l as usize].what = What::Fill(v);
        return;
    }
    let (layer, count) = (s.layer, d.line(l).count);
    let mut per_row = false;
    if let Some(group) = d.group(source).filter(|_| s.per_row) {
        let domain = d.domain(group);
        per_row = domain.count == count
            && domain.row.is_some_and(|row| {
                trailing(g.dims(d.line(operand).id), g.dims(d.line(l).id)) == Some(row) && row * s.count == count
            });
    }
    let line = &mut d.lines[l as usize];
    (line.what, line.layer, line.per_row) = (What::Splat, layer, per_row);
}

/// How often each element stands in turn, if shape `to` repeats those of `from` along its last axes only.
fn trailing(from: &[usize], to: &[usize]) -> Option<usize> {
    let lead = to.len() - from.len();
    let own = |k: usize| if k < lead { 1 } else { from[k - lead] };
    let split = (0..to.len()).rfind(|&k| to[k] != 1 && own(k) == to[k]).map_or(0, |k| k + 1);
    let matches = (0..split).all(|k| own(k) == to[k]) && (split..to.len()).all(|k| own(k) == 1);
    matches.then(|| to[split..].iter().product())
}

/// What an elementwise line reads of an operand within a pass of its own layer.
fn neighbour<T: Real>(d: &Draft<T>, operand: u32) -> Option<(u32, u32, bool)> {
    let root = d.root(operand);
    if let Some(source) = d.spread(root) {
        return Some((d.line(source).layer, d.group(source)?, false));
    }
    match d.line(root).what {
        What::Map | What::Fold(_) => Some((d.line(root).layer, d.group(root)?, d.line(root).per_row)),
        _ => None,
    }
}

fn map<T: Real>(d: &mut Draft<T>, readers: &mut HashMap<(u32, u32, usize), u32>, l: u32) {
    let count = d.line(l).count;
    let operands = d.operands(l).to_vec();
    let neighbours: Vec<Option<(u32, u32, bool)>> = operands.iter().map(|&o| neighbour(d, o)).collect();
    let wants = operands.iter().zip(&neighbours).map(|(&o, n)| n.map_or_else(|| d.ready(o), |n| n.0));
    let layer = wants.max().unwrap_or(0);
    let here: Vec<(u32, bool)> =
        neighbours.iter().flatten().filter(|n| n.0 == layer).map(|&(_, group, per_row)| (group, per_row)).collect();
    let per_row = here.iter().any(|n| n.1);
    let same_level = here.iter().all(|n| n.1 == per_row);
    let mut groups: Vec<u32> = here.iter().map(|n| n.0).collect();
    if !per_row {
        groups.push(d.new_group(count, None));
    }
    let united = if same_level { d.unite(&groups) } else { None };
    let (layer, per_row, group) = match united {
        Some(group) => (layer, per_row, group),
        // What cannot share a pass with all of its neighbours comes after them.
        None => (layer + 1, false, d.new_group(count, None)),
    };
    let line = &mut d.lines[l as usize];
    (line.what, line.layer, line.group, line.per_row) = (What::Map, layer, group, per_row);
    if !per_row {
        for &o in &operands {
            share(d, readers, layer, group, o);
        }
    }
}

/// Joins the group to others of its layer that read the same value from memory.
fn share<T: Real>(
    d: &mut Draft<T>,
    readers: &mut HashMap<(u32, u32, usize), u32>,
    layer: u32,
    group: u32,
    operand: u32,
) {
    let root = d.root(operand);
    let (line, count) = (d.line(root), d.domain(group).count);
    let from_memory = match line.what {
        What::Given | What::Call => true,
        What::Map => line.layer < layer,
        _ => false,
    };
    if from_memory && line.count == count {
        match readers.get(&(layer, root, count)) {
            Some(&other) => {
                d.unite(&[other, group]);
            }
            None => {
                readers.insert((layer, root, count), group);
            }
        }
    }
}

fn reduce<T: Real>(
    d: &mut Draft<T>,
    readers: &mut HashMap<(u32, u32, usize), u32>,
    l: u32,
    dims: &[usize],
    axes: &[usize],
    fold: Fold,
) {
    let operand = d.operands(l)[0];
    let root = d.root(operand);
    let (what, per_row, count) = (d.line(root).what, d.line(root).per_row, d.line(root).count);
    let rows = d.line(l).count;
    let is_last = |k: usize| (k + 1..dims.len()).all(|j| dims[j] == 1 || axes.contains(&j));
    let in_rows = axes.iter().all(|&a| dims[a] == 1 || is_last(a)) && rows > 1;
    let row = count / rows.max(1);
    let inside = what == What::Map && !per_row;
    if in_rows && (2..=LONGEST_ROW).contains(&row) && (inside || matches!(what, What::Given | What::Call)) {
        let layer = if inside { d.line(root).layer } else { d.ready(root) };
        let own = d.new_group(count, Some(row));
        let groups = if inside { vec![d.line(root).group, own] } else { vec![own] };
        if let Some(group) = d.unite(&groups) {
            let line = &mut d.lines[l as usize];
            (line.what, line.layer, line.group, line.per_row) = (What::Fold(fold), layer, group, true);
            share(d, readers, layer, group, operand);
            return;
        }
    }
    if inside && End::over(dims, axes, fold, 0, 0).is_some() {
        let (layer, group) = (d.line(root).layer, d.line(root).group);
        let line = &mut d.lines[l as usize];
        (line.what, line.layer, line.group) = (What::End(fold), layer, group);
        return;
    }
    call(d, l);
}
