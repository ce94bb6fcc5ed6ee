//! In which order nodes stand in their rows: neighbours near each other, few crossings.
//! Sweeps by the mean of the neighbours, then exchanges of two that stand side by side; the best order met is taken.

/// A link from a node to one of the next row, with the ports as parts of the nodes' widths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub upper: usize,
    pub lower: usize,
    pub out: f64,
    pub into: f64,
    /// How strongly it wants to be straight.
    pub pull: f64,
}

/// Sweeps that untangle, and rounds of exchanges.
const SWEEPS: usize = 8;
const ROUNDS: usize = 4;

/// The rows in their order; `row` says where each node belongs.
pub(super) fn order(row: &[usize], links: &[Link]) -> Vec<Vec<usize>> {
    let mut o = Order::of(row, links);
    let mut best = (o.crossings(), o.rows.clone());
    for sweep in 0..SWEEPS {
        o.sweep(sweep % 2 == 0);
        o.keep(&mut best);
    }
    o.take(best.1.clone());
    for _ in 0..ROUNDS {
        o.exchange();
        if !o.keep(&mut best) {
            break;
        }
    }
    best.1
}

struct Order<'a> {
    links: &'a [Link],
    rows: Vec<Vec<usize>>,
    /// Where each node stands in its row.
    at: Vec<usize>,
    /// Links of each node to the row above, and to the row below.
    up: Vec<Vec<usize>>,
    down: Vec<Vec<usize>>,
    /// Links out of each row.
    leaving: Vec<Vec<usize>>,
}

impl<'a> Order<'a> {
    /// Begins with the order in which a walk from below meets the nodes, operands from left to right.
    fn of(row: &[usize], links: &'a [Link]) -> Self {
        let count = row.iter().max().map_or(0, |r| r + 1);
        let (mut up, mut down) = (vec![Vec::new(); row.len()], vec![Vec::new(); row.len()]);
        let mut leaving = vec![Vec::new(); count];
        for (k, l) in links.iter().enumerate() {
            up[l.lower].push(k);
            down[l.upper].push(k);
            leaving[row[l.upper]].push(k);
        }
        up.iter_mut().for_each(|u| u.sort_by(|a, b| links[*a].into.total_cmp(&links[*b].into)));
        let mut rows = vec![Vec::new(); count];
        let mut met = vec![false; row.len()];
        let mut sinks: Vec<usize> = (0..row.len()).filter(|n| down[*n].is_empty()).collect();
        sinks.sort_by_key(|n| row[*n]);
        while let Some(node) = sinks.pop() {
            if !std::mem::replace(&mut met[node], true) {
                rows[row[node]].push(node);
                sinks.extend(up[node].iter().rev().map(|k| links[*k].upper));
            }
        }
        let mut order = Order { links, rows: Vec::new(), at: vec![0; row.len()], up, down, leaving };
        order.take(rows);
        order
    }

    fn take(&mut self, rows: Vec<Vec<usize>>) {
        self.rows = rows;
        for row in &self.rows {
            row.iter().enumerate().for_each(|(k, n)| self.at[*n] = k);
        }
    }

    fn out(&self, link: usize) -> f64 {
        self.at[self.links[link].upper] as f64 + self.links[link].out
    }

    fn into(&self, link: usize) -> f64 {
        self.at[self.links[link].lower] as f64 + self.links[link].into
    }

    fn crossings(&self) -> usize {
        let row = |links: &Vec<usize>| {
            let mut ends: Vec<(f64, f64)> = links.iter().map(|&k| (self.out(k), self.into(k))).collect();
            ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            inversions(&mut ends.into_iter().map(|e| e.1).collect::<Vec<_>>())
        };
        self.leaving.iter().map(row).sum()
    }

    /// Whether this order is better than the best so far, which it then is.
    fn keep(&self, best: &mut (usize, Vec<Vec<usize>>)) -> bool {
        let crossings = self.crossings();
        let better = crossings < best.0;
        if better {
            *best = (crossings, self.rows.clone());
        }
        better
    }

    fn sweep(&mut self, downwards: bool) {
        let count = self.rows.len();
        for k in 0..count {
            let r = if downwards { k } else { count - 1 - k };
            let mut row = std::mem::take(&mut self.rows[r]);
            let wish = |n: &usize| {
                let (links, end): (_, fn(&Self, usize) -> f64) =
                    if downwards { (&self.up[*n], Self::out) } else { (&self.down[*n], Self::into) };
                let above = if downwards { r.checked_sub(1) } else { Some(r + 1).filter(|r| *r < count) };
                let others = above.map_or(1, |a| self.rows[a].len()).max(1) as f64;
                match links.len() {
                    // Who has no neighbour there keeps its part of the row.
                    0 => (self.at[*n] as f64 + 0.5) / row.len() as f64,
                    n => links.iter().map(|&k| end(self, k)).sum::<f64>() / n as f64 / others,
                }
            };
            let mut keyed: Vec<(f64, usize)> = row.iter().map(|n| (wish(n), *n)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            row = keyed.into_iter().map(|k| k.1).collect();
            row.iter().enumerate().for_each(|(k, n)| self.at[*n] = k);
            self.rows[r] = row;
        }
    }

    /// Exchanges neighbours wherever that saves crossings.
    fn exchange(&mut self) {
        const PAIRS: usize = 4096;
        for r in 0..self.rows.len() {
            for k in 1..self.rows[r].len() {
                let (a, b) = (self.rows[r][k - 1], self.rows[r][k]);
                let mut gain = 0_i64;
                for (links, end) in [(&self.up, Self::out as fn(&Self, usize) -> f64), (&self.down, Self::into)] {
                    if links[a].len() * links[b].len() > PAIRS {
                        continue;
                    }
                    for &p in &links[a] {
                        for &q in &links[b] {
                            gain += match end(self, p).total_cmp(&end(self, q)) {
                                std::cmp::Ordering::Greater => 1,
                                std::cmp::Ordering::Less => -1,
                                std::cmp::Ordering::Equal => 0,
                            };
                        }
                    }
                }
                if gain > 0 {
                    self.rows[r].swap(k - 1, k);
                    (self.at[a], self.at[b]) = (k, k - 1);
                }
            }
        }
    }
}

/// How many pairs stand the wrong way round; sorts.
fn inversions(v: &mut [f64]) -> usize {
    if v.len() < 2 {
        return 0;
    }
    let middle = v.len() / 2;
    let mut found = inversions(&mut v[..middle]) + inversions(&mut v[middle..]);
    let (left, right) = (v[..middle].to_vec(), v[middle..].to_vec());
    let (mut i, mut j) = (0, 0);
    for place in v.iter_mut() {
        if j == right.len() || (i < left.len() && left[i] <= right[j]) {
            *place = left[i];
            i += 1;
        } else {
            *place = right[j];
            found += left.len() - i;
            j += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_counted_and_undone() {
        assert_eq!(inversions(&mut [3.0, 1.0, 2.0, 2.0]), 3);
        // Three above, three below, each linked to the one opposite.
        let links: Vec<Link> =
            (0..3).map(|k| Link { upper: k, lower: 5 - k, out: 0.5, into: 0.5, pull: 1.0 }).collect();
        let row = [0, 0, 0, 1, 1, 1];
        assert_eq!(Order::of(&row, &links).crossings(), 0);
        let mut tangled = Order::of(&row, &links);
        tangled.take(vec![vec![0, 1, 2], vec![3, 4, 5]]);
        assert_eq!(tangled.crossings(), 3);
        tangled.exchange();
        assert!(tangled.crossings() < 3);
        tangled.sweep(true);
        assert_eq!(tangled.crossings(), 0);
    }
}
