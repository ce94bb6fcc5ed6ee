//! The lines themselves: one compact node each, with operands and shapes in arenas beside them.
//! A line number is a value number: an operation with several results stands on consecutive lines.

use std::panic::Location;
use std::sync::Arc;

use indexmap::IndexMap;
use smallvec::SmallVec;

use super::apply::OpRef;
use super::data::{Data, Kind};
use super::form::Form;
use super::leaf::Leaf;
use super::region::Regions;
use super::sig::Sig;
use crate::error::Error;
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
    /// Differentiable leaves in order.
    pub vars: Vec<u32>,
    pub names: IndexMap<u32, Arc<str>>,
    /// Names of scopes; scope 0 is the tape itself.
    pub scopes: Vec<Arc<str>>,
    /// New values of buffers (running statistics) by name.
    pub updates: IndexMap<Arc<str>, u32>,
    /// Lines whose values are computed again for a sweep.
    pub regions: Regions,
    /// Real lines that compute others again: copy and original, ascending.
    pub again: Vec<(u32, u32)>,
}

impl<T: Real> Graph<T> {
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn clear(&mut self) {
        self.nodes.clear();
        self.operands.clear();
        self.dims.clear();
        self.vars.clear();
        self.names.clear();
        self.scopes.clear();
        self.updates.clear();
        self.regions.truncate(0);
        self.again.clear();
    }

    /// Takes back all lines from number `len` on, and all but the first `regions` regions.
    pub fn truncate(&mut self, len: usize, regions: usize) {
        self.regions.truncate(regions);
        self.again.truncate(self.again.partition_point(|&(copy, _)| (copy as usize) < len));
        let Some(first) = self.nodes.get(len) else { return };
        self.operands.truncate(first.operands as usize);
        self.dims.truncate(first.dims as usize);
        self.nodes.truncate(len);
        self.vars.retain(|&v| (v as usize) < len);
        self.names.retain(|&id, _| (id as usize) < len);
        self.updates.retain(|_, id| (*id as usize) < len);
    }

    pub fn node(&self, id: u32) -> &Node<T> {
        &self.nodes[id as usize]
    }

    pub fn dims(&self, id: u32) -> &[usize] {
        let n = self.node(id);
        &self.dims[n.dims as usize..][..n.rank as usize]
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
        Ok(Graph {
            nodes,
            operands: self.operands.clone(),
            dims: self.dims.clone(),
            vars: self.vars.iter().copied().filter(below).collect(),
            names: self.names.iter().filter(|(id, _)| below(id)).map(|(id, n)| (*id, Arc::clone(n))).collect(),
            scopes: self.scopes.clone(),
            updates: self.updates.iter().filter(|(_, id)| below(id)).map(|(n, id)| (Arc::clone(n), *id)).collect(),
            regions: self.regions.below(lines as u32),
            again: self.again.iter().copied().filter(|(copy, _)| below(copy)).collect(),
        })
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
        head
    }

    /// Appends a line that computes line `head` again, from other lines with the same values as its operands.
    pub fn push_again(&mut self, head: u32, operands: &[u32]) -> u32 {
        let copy = self.push_copy(head, operands);
        for k in 0..u32::from(self.node(head).results) {
            let node = &mut self.nodes[(copy + k) as usize];
            node.flags = node.flags & !WRITTEN_BY_RULE | AGAIN;
            node.origin = head + k;
            if node.kind() == Kind::Real {
                self.again.push((copy + k, head + k));
            }
        }
        copy
    }

    /// Appends the operation of line `head` once more, with other operands of the same kinds and shapes.
    pub fn push_copy(&mut self, head: u32, operands: &[u32]) -> u32 {
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
            // Truncation relies on shapes standing in the order of their lines.
            let dims = node.dims as usize..node.dims as usize + usize::from(node.rank);
            node.dims = self.dims.len() as u32;
            self.dims.extend_from_within(dims);
            self.nodes.push(node);
        }
        copy
    }
}
