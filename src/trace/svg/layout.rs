//! Where the cards of a drawing stand: a row for each rank, operands above their readers, few crossings.
//! A tape is sorted already, so ranks are longest paths; within a row the order follows the neighbours' middles.

use std::collections::BTreeMap;

use super::super::record::Trace;

/// Reader, operand, and the operand's position.
type Edge = (u32, u32, usize);

/// A card's place, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// What is drawn: the lines, what they read among them, and where.
#[derive(Debug)]
pub(super) struct Layout {
    /// Lines that have a card, ascending.
    pub shown: Vec<u32>,
    /// What reads what among the shown lines.
    pub edges: Vec<Edge>,
    /// For each edge the places between the cards of the rows that it passes.
    pub ways: Vec<Vec<Place>>,
    pub places: BTreeMap<u32, Place>,
    pub size: [f64; 2],
}

/// Space between cards, and between rows, where formulas stand.
const GAP: [f64; 2] = [28.0, 58.0];
const MARGIN: f64 = 16.0;

/// Sweeps over the rows that untangle them.
const SWEEPS: usize = 6;

impl Layout {
    /// Lays out the lines that the root depends on, and leaves; `size` tells how large a card is.
    pub fn of(trace: &Trace, shown: Vec<u32>, size: impl Fn(u32) -> [f64; 2]) -> Self {
        let edges = edges(trace, &shown);
        let mut rank = ranks(&shown, &edges);
        let (links, chains) = passing(&edges, &mut rank);
        let all: Vec<u32> = rank.keys().copied().collect();
        let rows = rows(&all, &links, &rank);
        let size = |id: u32| if id >= PASSING { [LANE, 0.0] } else { size(id) };
        let mut places = BTreeMap::new();
        let width = |row: &[u32]| row.iter().map(|id| size(*id)[0] + GAP[0]).sum::<f64>() - GAP[0];
        let widest = rows.iter().map(|r| width(r)).fold(0.0, f64::max);
        let mut y = MARGIN;
        for row in &rows {
            let mut x = MARGIN + (widest - width(row)) / 2.0;
            let tallest = row.iter().map(|id| size(*id)[1]).fold(0.0, f64::max);
            for &id in row {
                let [w, h] = size(id);
                // Cards of a row stand on one line, so that edges into the next row are of one length.
                let (top, height) = if id >= PASSING { (y, tallest) } else { (y + tallest - h, h) };
                places.insert(id, Place { x, y: top, width: w, height });
                x += w + GAP[0];
            }
            y += tallest + GAP[1];
        }
        let size = [widest + 2.0 * MARGIN, y - GAP[1] + MARGIN];
        let ways = chains.iter().map(|c| c.iter().map(|id| places[id]).collect()).collect();
        Layout { shown, edges, ways, places, size }
    }
}

/// Numbers from here on stand for the places where long edges pass a row.
const PASSING: u32 = 1 << 31;

/// How wide such a place is.
const LANE: f64 = 30.0;

/// Cuts edges over several rows into links from row to row; the links, and for each edge the places between.
fn passing(edges: &[Edge], rank: &mut BTreeMap<u32, usize>) -> (Vec<Edge>, Vec<Vec<u32>>) {
    let (mut links, mut chains) = (Vec::new(), Vec::new());
    let mut next = PASSING;
    for &(reader, operand, k) in edges {
        let (from, to) = (rank[&operand], rank[&reader]);
        let mut chain = Vec::new();
        let mut above = operand;
        for row in from + 1..to {
            rank.insert(next, row);
            links.push((next, above, k));
            chain.push(next);
            (above, next) = (next, next + 1);
        }
        links.push((reader, above, k));
        chains.push(chain);
    }
    (links, chains)
}

/// Operands of shown lines; a line without a card is passed through to what it reads.
fn edges(trace: &Trace, shown: &[u32]) -> Vec<Edge> {
    let mut found = Vec::new();
    for &id in shown {
        for (k, &operand) in trace.lines[id as usize].line.operands.iter().enumerate() {
            let mut at = trace.lines[operand as usize].line.id;
            while shown.binary_search(&at).is_err() {
                let Some(&below) = trace.lines[at as usize].line.operands.first() else { break };
                at = trace.lines[below as usize].line.id;
            }
            if shown.binary_search(&at).is_ok() {
                found.push((id, at, k));
            }
        }
    }
    found
}

/// The longest path to the root decides, so that every card stands as near to its readers as it can.
fn ranks(shown: &[u32], edges: &[Edge]) -> BTreeMap<u32, usize> {
    let mut depth: BTreeMap<u32, usize> = BTreeMap::new();
    for &id in shown.iter().rev() {
        let below = edges.iter().filter(|e| e.1 == id).map(|e| depth[&e.0] + 1).max();
        depth.insert(id, below.unwrap_or(0));
    }
    let deepest = depth.values().max().copied().unwrap_or(0);
    depth.into_iter().map(|(id, d)| (id, deepest - d)).collect()
}

fn rows(shown: &[u32], edges: &[Edge], rank: &BTreeMap<u32, usize>) -> Vec<Vec<u32>> {
    let count = rank.values().max().map_or(0, |r| r + 1);
    let mut rows = vec![Vec::new(); count];
    shown.iter().for_each(|id| rows[rank[id]].push(*id));
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let mut middle: BTreeMap<u32, f64> = BTreeMap::new();
        for row in &rows {
            let n = row.len() as f64;
            for (k, id) in row.iter().enumerate() {
                middle.insert(*id, (k as f64 + 0.5) / n);
            }
        }
        for row in &mut rows {
            let wish = |id: &u32| {
                let mut near: Vec<f64> = Vec::new();
                for e in edges {
                    if down && e.0 == *id {
                        // The first operand to the left.
                        near.push(middle[&e.1] + e.2 as f64 * 1e-3);
                    } else if !down && e.1 == *id {
                        near.push(middle[&e.0] + e.2 as f64 * 0.1);
                    }
                }
                if near.is_empty() { middle[id] } else { near.iter().sum::<f64>() / near.len() as f64 }
            };
            let mut keyed: Vec<(f64, u32)> = row.iter().map(|id| (wish(id), *id)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            *row = keyed.into_iter().map(|k| k.1).collect();
        }
    }
    rows
}
