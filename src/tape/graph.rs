//! The lines themselves: one compact node each, with operands and shapes in arenas beside them.
//! A line number is a value number: an operation with several results stands on consecutive lines.

use std::hash::BuildHasherDefault;
use std::panic::Location;
use std::sync::Arc;

use indexmap::IndexMap;
use smallvec::SmallVec;

use super::apply::OpRef;
use super::data::{Data, Kind};
use super::form::Form;
use super::leaf::Leaf;
use super::region::Regions;
use super::row::Bound;
use super::sig::Sig;
use super::structure::{self, Line, Words};
use crate::error::{Error, is_of_a_text};
use crate::real::Real;

/// One result of an operation on the tape: its first result is the head, any further ones continue it.
#[derive(Clone, Debug)]
pub(crate) struct Node<T: Real> {
    pub op: OpRef<T>,
    pub site: &'static Location<'static>,
    /// The line whose rule wrote this one, or that it computes again; itself for lines that the user wrote.
    pub origin: u32,
    operands: u32,
    dims: u32,
    arity: u16,
    pub scope: u16,
    /// Which result of its operation the line is.
    pub result: u16,
    /// How many results the operation has.
    pub results: u16,
    rank: u8,
    flags: u8,
}

const INT: u8 = 1;
const ACTIVE: u8 = 2;
const WRITTEN_BY_RULE: u8 = 4;
const AGAIN: u8 = 8;

impl<T: Real> Node<T> {
    pub fn kind(&self) -> Kind {
        if self.flags & INT == 0 { Kind::Real } else { Kind::Int }
    }

    /// A differentiable leaf leads to this line.
    pub fn active(&self) -> bool {
        self.flags & ACTIVE != 0
    }

    /// A rule wrote the line, not the user.
    pub fn written_by_rule(&self) -> bool {
        self.flags & WRITTEN_BY_RULE != 0
    }

    /// The line computes its origin again, for a sweep through a region.
    pub fn again(&self) -> bool {
        self.flags & AGAIN != 0
    }
}

/// What [`Graph::push`] is told of a new line besides its shape.
pub(crate) struct Entry<'a, T: Real> {
    pub op: OpRef<T>,
    pub operands: &'a [u32],
    pub site: &'static Location<'static>,
    pub scope: u16,
    /// The primal line, where a rule writes.
    pub origin: Option<u32>,
    pub active: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Graph<T: Real> {
    nodes: Vec<Node<T>>,
    operands: Vec<u32>,
    dims: Vec<usize>,
    /// For each line the structural hash of the tape up to it.
    hashes: Vec<u64>,
    /// Differentiable leaves in order.
    pub vars: Vec<u32>,
    pub names: IndexMap<u32, Arc<str>, BuildHasherDefault<Words>>,
    /// Names of scopes; scope 0 is the tape itself.
    pub scopes: Vec<Arc<str>>,
    /// New values of buffers (running statistics) by name.
    pub updates: IndexMap<Arc<str>, u32>,
    /// Lines whose values are computed again for a sweep.
    pub regions: Regions,
    /// Real lines that compute others again: copy and original, ascending.
    pub again: Vec<(u32, u32)>,
}

/// Consecutive lines of a graph, to be appended to another one of the same structure up to there.
#[derive(Debug)]
pub(crate) struct Segment<T: Real> {
    nodes: Vec<Node<T>>,
    operands: Vec<u32>,
    dims: Vec<usize>,
    hashes: Vec<u64>,
}

impl<T: Real> Segment<T> {
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Panics unless the lines are the same, but for source lines.
    #[cfg(debug_assertions)]
    pub fn assert_same(&self, other: &Segment<T>) {
        assert_eq!(self.len(), other.len());
        for (a, b) in self.nodes.iter().zip(&other.nodes) {
            let facts = |n: &Node<T>| {
                let place = (n.origin, n.operands, n.dims, n.arity, n.scope, n.result, n.results, n.rank, n.flags);
                (n.op.get().name(), n.op.get().attributes(), place)
            };
            assert!(a.op.get().type_of() == b.op.get().type_of() && facts(a) == facts(b), "{a:?} is kept as {b:?}");
        }
        assert_eq!((&self.operands, &self.dims, &self.hashes), (&other.operands, &other.dims, &other.hashes));
    }
}

/// How much there is on a tape at a time: what comes after is taken back to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub lines: usize,
    operands: usize,
    dims: usize,
    regions: usize,
}

impl<T: Real> Graph<T> {
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn clear(&mut self) {
        self.nodes.clear();
        self.operands.clear();
        self.dims.clear();
        self.hashes.clear();
        self.vars.clear();
        self.names.clear();
        self.scopes.clear();
        self.updates.clear();
        self.regions.truncate(0);
        self.again.clear();
    }

    pub fn mark(&self) -> Mark {
        let (lines, regions) = (self.nodes.len(), self.regions.len());
        Mark { lines, operands: self.operands.len(), dims: self.dims.len(), regions }
    }

    /// Takes back all lines and regions that came after the mark.
    pub fn truncate(&mut self, to: Mark) {
        let below = |id: u32| (id as usize) < to.lines;
        self.regions.truncate(to.regions);
        self.again.truncate(self.again.partition_point(|&(copy, _)| below(copy)));
        self.nodes.truncate(to.lines);
        self.hashes.truncate(to.lines);
        self.operands.truncate(to.operands);
        self.dims.truncate(to.dims);
        self.vars.retain(|&v| below(v));
        self.names.retain(|&id, _| below(id));
        self.updates.retain(|_, id| below(*id));
    }

    /// The lines from the mark on.
    pub fn segment(&self, from: Mark) -> Segment<T> {
        Segment {
            nodes: self.nodes[from.lines..].to_vec(),
            operands: self.operands[from.operands..].to_vec(),
            dims: self.dims[from.dims..].to_vec(),
            hashes: self.hashes[from.lines..].to_vec(),
        }
    }

    /// Appends lines that were cut out of a graph of this structure. They carry the source lines of the lines that they
    /// were written for, which may be others this time, or `site`.
    pub fn append(&mut self, segment: &Segment<T>, site: &'static Location<'static>) {
        self.operands.extend_from_slice(&segment.operands);
        self.dims.extend_from_slice(&segment.dims);
        self.hashes.extend_from_slice(&segment.hashes);
        self.nodes.reserve(segment.nodes.len());
        for node in &segment.nodes {
            let site = self.nodes.get(node.origin as usize).map_or(site, |origin| origin.site);
            self.nodes.push(Node { site, op: node.op.clone(), ..*node });
        }
    }

    /// A hash of what is computed, not with which numbers: see [`structure`].
    pub fn structure(&self) -> u64 {
        let lines = self.hashes.last().copied().unwrap_or(structure::EMPTY);
        if self.regions.len() == 0 { lines } else { structure::with_regions(lines, &self.regions) }
    }

    pub fn node(&self, id: u32) -> &Node<T> {
        &self.nodes[id as usize]
    }

    pub fn dims(&self, id: u32) -> &[usize] {
        let n = self.node(id);
        &self.dims[n.dims as usize..][..n.rank as usize]
    }

    pub fn same_shape(&self, a: u32, b: u32) -> bool {
        let (m, n) = (self.node(a), self.node(b));
        m.rank == n.rank && (m.rank == 0 || m.dims == n.dims || self.dims(a) == self.dims(b))
    }

    pub fn operands(&self, id: u32) -> &[u32] {
        let n = self.node(id);
        &self.operands[n.operands as usize..][..n.arity as usize]
    }

    /// The first line of the operation that `id` is a result of.
    pub fn head(&self, id: u32) -> u32 {
        id - u32::from(self.node(id).result)
    }

    pub fn sig(&self, id: u32) -> Sig<'_> {
        let node = self.node(id);
        let known = match (node.kind(), node.op.get().form()) {
            (Kind::Int, Form::Leaf(Data::Int(v))) => Some(&v[..]),
            _ => None,
        };
        Sig { kind: node.kind(), dims: self.dims(id), known }
    }

    pub fn sigs(&self, ids: &[u32]) -> SmallVec<[Sig<'_>; 4]> {
        ids.iter().map(|&id| self.sig(id)).collect()
    }

    /// Elements of the line's value.
    pub fn count(&self, id: u32) -> usize {
        self.dims(id).iter().product()
    }

    /// Bytes of the line's value.
    pub fn bytes(&self, id: u32) -> usize {
        let size = match self.node(id).kind() {
            Kind::Real => size_of::<T>(),
            Kind::Int => size_of::<u32>(),
        };
        self.count(id) * size
    }

    /// A copy in which the leaves that `blank` names hold no values.
    pub fn without_leaves(&self, mut blank: impl FnMut(u32) -> bool) -> Self {
        let mut copy = self.clone();
        for (id, node) in (0..).zip(&mut copy.nodes) {
            let data = match node.op.get().form() {
                Form::Leaf(Data::Real(_)) => Data::Real(Arc::default()),
                Form::Leaf(Data::Int(_)) => Data::Int(Arc::default()),
                _ => continue,
            };
            if blank(id) {
                node.op = OpRef::new(Leaf { name: node.op.get().name(), dims: self.dims(id).into(), data });
            }
        }
        copy
    }

    /// The first `lines` lines with another operation on each; `Err` is the first line that has none.
    pub fn transcribed<U: Real>(
        &self,
        lines: usize,
        mut op: impl FnMut(u32, &OpRef<T>) -> Option<OpRef<U>>,
    ) -> Result<Graph<U>, u32> {
        let mut nodes: Vec<Node<U>> = Vec::with_capacity(lines);
        for (id, n) in (0..).zip(&self.nodes[..lines]) {
            let op = if n.result == 0 { op(id, &n.op) } else { nodes.last().map(|head| head.op.clone()) };
            let Node { site, origin, operands, dims, arity, scope, result, results, rank, flags, .. } = *n;
            let op = op.ok_or(id)?;
            nodes.push(Node { op, site, origin, operands, dims, arity, scope, result, results, rank, flags });
        }
        let below = |id: &u32| (*id as usize) < lines;
        let mut graph = Graph {
            nodes,
            operands: self.operands.clone(),
            dims: self.dims.clone(),
            hashes: Vec::with_capacity(lines),
            vars: self.vars.iter().copied().filter(below).collect(),
            names: self.names.iter().filter(|(id, _)| below(id)).map(|(id, n)| (*id, Arc::clone(n))).collect(),
            scopes: self.scopes.clone(),
            updates: self.updates.iter().filter(|(_, id)| below(id)).map(|(n, id)| (Arc::clone(n), *id)).collect(),
            regions: self.regions.below(lines as u32),
            again: self.again.iter().copied().filter(|(copy, _)| below(copy)).collect(),
        };
        graph.hash_new_lines();
        Ok(graph)
    }

    /// Type and shape as errors print them: `f32[2, 3]`.
    pub fn signature(&self, id: u32) -> String {
        let name = match self.node(id).kind() {
            Kind::Real => T::NAME,
            Kind::Int => "u32",
        };
        format!("{name}{:?}", self.dims(id))
    }

    /// One line in words: number, name, type, and where it was recorded.
    pub fn describe(&self, id: u32) -> String {
        let node = self.node(id);
        let name = self.names.get(&id).map_or_else(String::new, |n| format!(" `{n}`"));
        let by = match (node.written_by_rule(), node.again()) {
            (_, true) => format!(", computing %{} again", node.origin),
            (true, false) => format!(", written by a rule of %{}", node.origin),
            (false, false) => String::new(),
        };
        let (file, line, column) = (node.site.file(), node.site.line(), node.site.column());
        let op = node.op.get().name();
        if is_of_a_text(node.site) {
            return format!("%{id}{name}: {} = {op}{by}", self.signature(id));
        }
        format!("%{id}{name}: {} = {op}, recorded at {file}:{line}:{column}{by}", self.signature(id))
    }

    /// Completes an error with the operation and its operands.
    pub fn blame(&self, e: Error, op: &'static str, operands: &[u32]) -> Error {
        let describe = |(i, &id): (usize, &u32)| format!("operand {i}: {}", self.describe(id));
        operands.iter().enumerate().map(describe).fold(e.about(op), Error::operand)
    }

    /// Appends the lines of one operation, one per result, and returns the first.
    pub fn push<'d>(&mut self, e: Entry<'_, T>, results: impl ExactSizeIterator<Item = (Kind, &'d [usize])>) -> u32 {
        let head = self.nodes.len() as u32;
        let operands = self.operands.len() as u32;
        self.operands.extend_from_slice(e.operands);
        let count = results.len() as u16;
        for (k, (kind, dims)) in results.enumerate() {
            let offset = self.dims.len() as u32;
            self.dims.extend_from_slice(dims);
            let int = if kind == Kind::Int { INT } else { 0 };
            let active = if e.active && kind == Kind::Real { ACTIVE } else { 0 };
            let by_rule = if e.origin.is_some() { WRITTEN_BY_RULE } else { 0 };
            self.nodes.push(Node {
                op: e.op.clone(),
                site: e.site,
                origin: e.origin.unwrap_or(head + k as u32),
                operands,
                dims: offset,
                arity: e.operands.len() as u16,
                scope: e.scope,
                rank: dims.len() as u8,
                result: k as u16,
                results: count,
                flags: int | active | by_rule,
            });
        }
        self.hash_new_lines();
        head
    }

    /// Appends a pointwise line in one go; `None`, and nothing appended, unless kinds and shapes are as they must be.
    #[inline]
    pub fn push_row<const N: usize>(
        &mut self,
        op: Bound<T>,
        operands: [u32; N],
        site: &'static Location<'static>,
        scope: u16,
        origin: Option<u32>,
    ) -> Option<u32> {
        let head = self.nodes.len();
        let Node { dims, rank, .. } = self.nodes[operands[0] as usize];
        let mut flags = if origin.is_some() { WRITTEN_BY_RULE } else { 0 };
        if op.row.kinds.len() != N || head >= u32::MAX as usize {
            return None;
        }
        for (&id, &kind) in operands.iter().zip(op.row.kinds) {
            let n = &self.nodes[id as usize];
            if n.kind() != kind || !self.same_shape(operands[0], id) {
                return None;
            }
            flags |= n.flags & ACTIVE;
        }
        if op.row.result == Kind::Int {
            flags = flags & !ACTIVE | INT;
        }
        let first = self.operands.len() as u32;
        self.operands.extend_from_slice(&operands);
        let line = structure::of_row(&op, &operands, flags);
        self.nodes.push(Node {
            op: OpRef::Row(op),
            site,
            origin: origin.unwrap_or(head as u32),
            operands: first,
            // The shape is the operand's.
            dims,
            arity: N as u16,
            scope,
            result: 0,
            results: 1,
            rank,
            flags,
        });
        self.hashes.push(structure::after(self.hashes.last().copied(), line));
        Some(head as u32)
    }

    /// Appends a line that computes line `head` again, from other lines with the same values as its operands.
    pub fn push_again(&mut self, head: u32, operands: &[u32]) -> u32 {
        let copy = self.push_nodes(head, operands);
        for k in 0..u32::from(self.node(head).results) {
            let node = &mut self.nodes[(copy + k) as usize];
            node.flags = node.flags & !WRITTEN_BY_RULE | AGAIN;
            node.origin = head + k;
            if node.kind() == Kind::Real {
                self.again.push((copy + k, head + k));
            }
        }
        self.hash_new_lines();
        copy
    }

    /// Appends the operation of line `head` once more, with other operands of the same kinds and shapes.
    pub fn push_copy(&mut self, head: u32, operands: &[u32]) -> u32 {
        let copy = self.push_nodes(head, operands);
        self.hash_new_lines();
        copy
    }

    fn push_nodes(&mut self, head: u32, operands: &[u32]) -> u32 {
        let copy = self.nodes.len() as u32;
        let first = self.operands.len() as u32;
        self.operands.extend_from_slice(operands);
        let active = operands.iter().any(|&o| self.node(o).active());
        for id in head..head + u32::from(self.node(head).results) {
            let mut node = self.node(id).clone();
            node.operands = first;
            node.flags &= !ACTIVE;
            if active && node.kind() == Kind::Real {
                node.flags |= ACTIVE;
            }
            self.nodes.push(node);
        }
        copy
    }

    /// Hashes the lines that have none yet.
    fn hash_new_lines(&mut self) {
        while let Some(node) = self.nodes.get(self.hashes.len()) {
            let head = self.hashes.len();
            let id = head as u32;
            let line = match &node.op {
                OpRef::Row(op) => structure::of_row(op, self.operands(id), node.flags),
                op => {
                    let mut line = Line::of(op.get(), self.operands(id));
                    for k in id..id + u32::from(node.results) {
                        line.result(self.dims(k), self.node(k).flags);
                    }
                    line.finish()
                }
            };
            let hash = structure::after(self.hashes.last().copied(), line);
            self.hashes.resize(head + usize::from(node.results), hash);
        }
    }
}
