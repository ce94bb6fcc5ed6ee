//! The recording at the point of a check with all its values, so that evaluations nearby compute only what a moved input reaches.
//! Checking the last layer of a network then costs the last layer, not the network.

use super::evaluation::decisions;
use super::subject::{Recording, Subject, numbers};
use crate::real::Real;

/// Values of a recording up to this many bytes are kept.
const BYTES: usize = 1 << 28;

/// What comparing a line costs, in operations on numbers, where the values of an anchor are taken over.
const COMPARISON: f64 = 500.0;

/// A recording whose values are kept.
pub(super) struct Anchor<T: Real> {
    pub recording: Recording<T>,
    pub structure: u64,
    /// For each input, whether enough lines lie outside of its reach.
    pays: Vec<bool>,
}

impl<T: Real> Subject<'_, T> {
    /// The anchor that an evaluation at `x` may take values from, where that pays.
    pub fn anchor(&self, x: &[f64]) -> Option<&Anchor<T>> {
        let moved: Vec<usize> =
            self.layout.split(x).into_iter().enumerate().filter(|(k, x)| self.moves(*k, x)).map(|(k, _)| k).collect();
        if moved.is_empty() {
            return None;
        }
        let anchor = self.anchor.get_or_init(|| self.make_anchor()).as_ref()?;
        moved.iter().all(|&k| anchor.pays[k]).then_some(anchor)
    }

    fn make_anchor(&self) -> Option<Anchor<T>> {
        let recording = self.record(&self.at);
        let structure = recording.tape.fingerprint();
        let (bytes, pays) = {
            let g = recording.tape.graph.borrow();
            let lines = 0..g.len() as u32;
            let bytes = lines.clone().map(|id| g.bytes(id)).fold(0, usize::saturating_add);
            let beyond = |input: u32| -> f64 {
                let mut reached = vec![false; g.len()];
                reached[input as usize] = true;
                let mut flops = 0.0;
                for id in lines.clone().filter(|&id| id != input) {
                    let operands = g.operands(g.head(id));
                    reached[id as usize] = operands.iter().any(|&o| reached[o as usize]);
                    if !reached[id as usize] && g.head(id) == id && !operands.is_empty() {
                        flops += g.node(id).op.get().cost(&g.sigs(operands)).flops;
                    }
                }
                flops
            };
            let enough = COMPARISON * g.len() as f64 + 20_000.0;
            (bytes, recording.inputs.iter().map(|&input| beyond(input) > enough).collect::<Vec<_>>())
        };
        if bytes > BYTES || !pays.contains(&true) {
            return None;
        }
        // An evaluation writes the lines of its decisions before it runs anything, so line numbers agree.
        let decisions = decisions(&recording.tape, &recording.matters());
        recording.tape.keep_all();
        numbers(recording.output()).ok()?;
        for (_, d) in &decisions {
            d.choice.try_tensor().ok()?;
        }
        drop(decisions);
        Some(Anchor { recording, structure, pays })
    }
}
