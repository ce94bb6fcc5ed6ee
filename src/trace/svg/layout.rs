//! Where everything stands: rows of cards, rows of labels between them, and places where long edges pass a row.
//! All that is drawn has a node of its own, so nothing covers anything; lines bend only in the gaps between rows.

use std::collections::BTreeMap;

use super::card::corridor;
use super::letters::width;
use super::order::{Link, order};
use super::place::{across, down};
use super::scene::{Edge, Route, Scene};

/// How wide the place is where a line passes a row.
const LANE: f64 = 10.0;

/// Height of a label, and what its text has beside it.
pub(super) const LABEL: f64 = 17.0;
const SIDES: f64 = 16.0;

pub(super) const MARGIN: f64 = 16.0;

/// A place in the drawing, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// What is a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Card,
    Label,
    Pass,
}

#[derive(Debug)]
pub(super) struct Layout {
    pub places: Vec<Place>,
    /// The row of each node, and where rows begin and end.
    pub row: Vec<usize>,
    pub rows: Vec<[f64; 2]>,
    pub links: Vec<Link>,
    /// For each edge of the scene its links from the operand down to the reader; the last but one node is its label.
    pub edges: Vec<Vec<usize>>,
    /// For each route of the scene likewise.
    pub routes: Vec<Vec<usize>>,
    /// The node of each card.
    pub cards: BTreeMap<u32, usize>,
    pub size: [f64; 2],
}

impl Layout {
    /// Lays a scene out below `top`.
    pub fn of(scene: &Scene<'_>, top: f64) -> Self {
        let mut b = Builder::of(scene);
        let edges = scene.edges.iter().map(|e| b.edge(e)).collect();
        let routes = scene.routes.iter().map(|r| b.route(r)).collect();
        let Builder { kinds, sizes, row, links, cards, .. } = b;
        let rows = order(&row, &links);
        let (x, total) = across(&rows, &kinds, &sizes, &links);
        let (y, rows, height) = down(&rows, &sizes, &links, &x, top);
        let places =
            (0..kinds.len()).map(|n| Place { x: x[n], y: y[n], width: sizes[n][0], height: sizes[n][1] }).collect();
        Layout { places, row, rows, links, edges, routes, cards, size: [total, height] }
    }

    pub fn card(&self, id: u32) -> &Place {
        &self.places[self.cards[&id]]
    }

    /// Where a link begins and ends.
    pub fn ends(&self, link: usize) -> [[f64; 2]; 2] {
        let l = &self.links[link];
        let (a, b) = (&self.places[l.upper], &self.places[l.lower]);
        [
            [a.x + l.out * a.width, self.rows[self.row[l.upper]][1]],
            [b.x + l.into * b.width, self.rows[self.row[l.lower]][0]],
        ]
    }
}

struct Builder<'a, 's> {
    scene: &'a Scene<'s>,
    kinds: Vec<Kind>,
    sizes: Vec<[f64; 2]>,
    row: Vec<usize>,
    links: Vec<Link>,
    cards: BTreeMap<u32, usize>,
    /// Where edges from a card pass a row: one place for all of them.
    passes: BTreeMap<(u32, usize), usize>,
    /// The link from one node to the next on the way of a card's edges.
    known: BTreeMap<(usize, usize), usize>,
    /// For each card how many stand above it on the longest way down to it.
    below: BTreeMap<u32, usize>,
}

/// How strongly links want to be straight: those to a leaf, those of the longest way through the program, long edges.
const PULL: [f64; 3] = [1.0, 8.0, 12.0];

impl<'a, 's> Builder<'a, 's> {
    fn of(scene: &'a Scene<'s>) -> Self {
        let (kinds, sizes, row, links) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (cards, passes, known) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let below = longest(&scene.shown, &scene.edges);
        let mut b = Builder { scene, kinds, sizes, row, links, cards, passes, known, below };
        for (id, rank) in ranks(&scene.shown, &scene.edges) {
            let node = b.node(Kind::Card, scene.cards[&id].size, 2 * rank);
            b.cards.insert(id, node);
        }
        b
    }

    fn node(&mut self, kind: Kind, size: [f64; 2], row: usize) -> usize {
        self.kinds.push(kind);
        self.sizes.push(size);
        self.row.push(row);
        self.kinds.len() - 1
    }

    fn link(&mut self, [upper, lower]: [usize; 2], [out, into]: [f64; 2], pull: f64) -> usize {
        self.links.push(Link { upper, lower, out, into, pull });
        self.links.len() - 1
    }

    /// From the operand through the rows in between to a label of the edge's own, and on to the reader.
    fn edge(&mut self, e: &Edge) -> Vec<usize> {
        let (from, to) = (self.cards[&e.operand], self.cards[&e.reader]);
        let mut way = Vec::new();
        let mut above = from;
        let spine = self.below[&e.operand] + 1 == self.below[&e.reader];
        let pull = PULL[usize::from(spine)];
        let last = self.row[to] - 1;
        for row in self.row[from] + 1..last {
            let pass = match self.passes.get(&(e.operand, row)) {
                Some(&pass) => pass,
                None => {
                    let pass = self.node(Kind::Pass, [LANE, 0.0], row);
                    self.passes.insert((e.operand, row), pass);
                    pass
                }
            };
            let link = match self.known.get(&(above, pass)) {
                Some(&link) => link,
                None => self.link([above, pass], [0.5, 0.5], if above == from { pull } else { PULL[2] }),
            };
            self.known.insert((above, pass), link);
            way.push(link);
            above = pass;
        }
        let label = match &e.label {
            Some(l) => self.node(Kind::Label, [label_width(&l.text), LABEL], last),
            None => self.node(Kind::Pass, [LANE, 0.0], last),
        };
        way.push(self.link([above, label], [0.5, 0.5], pull));
        let arity = self.scene.line(e.reader).line.operands.len() as f64;
        way.push(self.link([label, to], [0.5, (e.position as f64 + 1.0) / (arity + 1.0)], pull));
        way
    }

    /// Beside the edge, by a way of its own that is as wide as the arrows.
    fn route(&mut self, r: &Route) -> Vec<usize> {
        let (from, to) = (self.cards[&r.operand], self.cards[&r.reader]);
        let wide = corridor(r);
        let mut way = Vec::new();
        let (mut above, mut out) = (from, self.scene.cards[&r.operand].cotangent_middle() / self.sizes[from][0]);
        for row in self.row[from] + 1..self.row[to] {
            let pass = self.node(Kind::Pass, [wide, 0.0], row);
            way.push(self.link([above, pass], [out, 0.5], PULL[0]));
            (above, out) = (pass, 0.5);
        }
        way.push(self.link([above, to], [out, 1.0 - wide / 2.0 / self.sizes[to][0]], PULL[0]));
        way
    }
}

/// The width of a label with its text.
pub(super) fn label_width(text: &str) -> f64 {
    width(&format!("↑ {text}"), 11.0) + SIDES
}

/// The longest path to the root decides, so that every card stands as near to its readers as it can.
fn ranks(shown: &[u32], edges: &[Edge]) -> BTreeMap<u32, usize> {
    let mut readers: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    edges.iter().for_each(|e| readers.entry(e.operand).or_default().push(e.reader));
    let mut depth: BTreeMap<u32, usize> = BTreeMap::new();
    for &id in shown.iter().rev() {
        let below = readers.get(&id).into_iter().flatten().map(|r| depth[r] + 1).max();
        depth.insert(id, below.unwrap_or(0));
    }
    let deepest = depth.values().max().copied().unwrap_or(0);
    depth.into_iter().map(|(id, d)| (id, deepest - d)).collect()
}

/// How many cards the longest way down to each leads through.
fn longest(shown: &[u32], edges: &[Edge]) -> BTreeMap<u32, usize> {
    let mut found: BTreeMap<u32, usize> = shown.iter().map(|id| (*id, 0)).collect();
    // Edges stand in the order of their readers, which is that of the tape.
    for e in edges {
        let above = found[&e.operand] + 1;
        found.entry(e.reader).and_modify(|n| *n = above.max(*n));
    }
    found
}
