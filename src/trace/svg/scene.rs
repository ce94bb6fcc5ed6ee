//! What a drawing shows: the lines that have cards, what reads what among them, what each rule gives, and which elements a
//! choice took. Nothing here knows where anything stands.

use std::collections::BTreeMap;

use super::super::local::Local;
use super::super::record::{Trace, TracedLine};
use super::super::step::StepRole;
use super::SvgOptions;
use super::card::Card;
use super::heat::{Heat, Lanes};
use super::letters::cut;

/// Choices with more results than this have no arrows.
const ARROWS: usize = 64;

/// The most letters of a formula.
const FORMULA: usize = 32;

/// A line that reads another one.
pub(super) struct Edge {
    pub reader: u32,
    pub operand: u32,
    /// The operand's position.
    pub position: usize,
    /// Whether it leads past lines that are not drawn for want of room.
    pub past: bool,
    /// What the backward pass sends the other way.
    pub label: Option<Label>,
}

/// What a rule gives along an edge.
pub(super) struct Label {
    pub step: usize,
    pub text: String,
}

/// Where the cotangents of a choice go: from cells of the reader's cotangent to cells of the operand's.
pub(super) struct Route {
    pub reader: u32,
    pub operand: u32,
    pub step: usize,
    /// Cells of the two, in the order in which their arrows leave the card.
    pub arrows: Vec<[usize; 2]>,
}

pub(super) struct Scene<'a> {
    pub trace: &'a Trace,
    pub options: &'a SvgOptions,
    /// Lines that have a card, ascending.
    pub shown: Vec<u32>,
    /// Lines that would have one if there were room.
    pub left_out: Vec<u32>,
    pub edges: Vec<Edge>,
    pub routes: Vec<Route>,
    pub cards: BTreeMap<u32, Card<'a>>,
}

impl<'a> Scene<'a> {
    pub fn of(trace: &'a Trace, options: &'a SvgOptions) -> Self {
        let mut shown = wanted(trace, options);
        let (most, count) = (options.cards.max(1), shown.len());
        let left_out =
            if count > most { shown.drain(most.div_ceil(2)..count - most / 2).collect() } else { Vec::new() };
        let (edges, routes, cards) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut scene = Scene { trace, options, shown, left_out, edges, routes, cards };
        scene.edges = scene.edges();
        if options.cotangents {
            scene.routes = scene.edges.iter().filter_map(|e| scene.route(e)).collect();
        }
        scene.cards = scene.shown.iter().map(|&id| (id, Card::of(&scene, id))).collect();
        scene
    }

    pub fn line(&self, id: u32) -> &'a TracedLine {
        &self.trace.lines[id as usize]
    }

    pub fn cotangent(&self, id: u32) -> Option<&'a TracedLine> {
        self.line(id).cotangent.filter(|_| self.options.cotangents).map(|c| self.line(c))
    }

    /// How the step looks beside the one that the options name.
    pub fn state(&self, step: Option<usize>) -> &'static str {
        match (self.options.step, step) {
            (None, _) => "",
            (Some(now), Some(k)) if k == now => " now",
            (Some(now), Some(k)) if k < now => " done",
            _ => " later",
        }
    }

    /// The step at which `of` gives its operand something.
    pub fn giving(&self, of: u32, operand: usize) -> Option<usize> {
        self.trace.steps.iter().position(|s| s.of == of && s.role.operand() == Some(operand))
    }

    /// Operands of shown lines; a line without a card is passed through to what it reads.
    fn edges(&self) -> Vec<Edge> {
        let mut found = Vec::new();
        for &reader in &self.shown {
            for (position, &operand) in self.line(reader).line.operands.iter().enumerate() {
                let (mut at, mut past) = (self.line(operand).line.id, false);
                while self.shown.binary_search(&at).is_err() {
                    past |= self.left_out.binary_search(&at).is_ok();
                    let Some(&below) = self.line(at).line.operands.first() else { break };
                    at = self.line(below).line.id;
                }
                if self.shown.binary_search(&at).is_ok() {
                    let label = self.label(reader, position);
                    found.push(Edge { reader, operand: at, position, past, label });
                }
            }
        }
        found
    }

    fn label(&self, reader: u32, position: usize) -> Option<Label> {
        let step = self.giving(reader, position).filter(|_| self.options.cotangents)?;
        let s = &self.trace.steps[step];
        let text = match &s.role {
            StepRole::Cut { .. } => "0".to_string(),
            StepRole::Pass { .. } if s.formula == "g" => "g passes".to_string(),
            _ => cut(&s.formula, FORMULA),
        };
        Some(Label { step, text })
    }

    fn route(&self, edge: &Edge) -> Option<Route> {
        let step = self.giving(edge.reader, edge.position)?;
        let Some(Local::Route { to, .. }) = &self.trace.steps[step].local else { return None };
        let (from, into) = (self.cotangent(edge.reader)?, self.cotangent(edge.operand)?);
        let (a, b) = (Heat::of(&from.value, Lanes::default()), Heat::of(&into.value, Lanes::default()));
        let fits = !edge.past && a.is_whole() && b.is_whole() && to.len() <= ARROWS;
        if !fits {
            return None;
        }
        let mut arrows: Vec<[usize; 2]> =
            (0..).zip(to).filter_map(|(k, c)| Some([k, usize::try_from(*c).ok()?])).collect();
        // Rows from above, and within a row from the right: so no arrow crosses another on its way out of the card.
        arrows.sort_by_key(|[k, _]| (k / a.columns.max(1), std::cmp::Reverse(*k)));
        Some(Route { reader: edge.reader, operand: edge.operand, step, arrows })
    }

    /// Cells of a line's value that are ties of its choice.
    pub fn ties(&self, id: u32) -> Vec<usize> {
        let step = self.giving(id, 0).map(|k| &self.trace.steps[k]);
        match step.and_then(|s| s.local.as_ref()) {
            Some(Local::Route { ties, .. }) => ties.iter().map(|t| *t as usize).collect(),
            _ => Vec::new(),
        }
    }

    /// The name of a line that only changes this one's shape and has no card.
    pub fn reshaped_name(&self, id: u32) -> Option<&'a str> {
        let mut at = id;
        for l in &self.trace.lines[id as usize + 1..] {
            let hidden = l.line.op == "reshape" && !l.is_adjoint() && self.shown.binary_search(&l.id).is_err();
            if hidden && l.line.operands[0] == at {
                match l.line.name.as_deref() {
                    Some(name) => return Some(name),
                    None => at = l.id,
                }
            }
        }
        None
    }
}

/// Lines that deserve a card: those that the root depends on, and leaves of their own.
fn wanted(trace: &Trace, options: &SvgOptions) -> Vec<u32> {
    let root = trace.lines[trace.root as usize].line.id;
    let mut needed = trace.needed();
    trace.gradients.iter().for_each(|g| needed[g.leaf as usize] = true);
    let shown = |l: &&TracedLine| {
        let reshape = l.line.op == "reshape" && !options.reshapes && l.id != root;
        l.result == 0 && needed[l.id as usize] && !reshape
    };
    trace.lines.iter().filter(shown).map(|l| l.id).collect()
}
