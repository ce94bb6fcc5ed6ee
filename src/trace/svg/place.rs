//! Coordinates of nodes whose order is known: across, as near above and below their neighbours as their row allows;
//! down, with gaps that grow with how far the lines in them go sideways.

use super::layout::{Kind, MARGIN};
use super::order::Link;

/// Passes over all rows.
const PASSES: usize = 16;

/// Space between two cards, and between two nodes of which one is none.
const SPACE: [f64; 2] = [28.0, 14.0];

/// The lowest and the highest gap between rows.
const GAP: [f64; 2] = [16.0, 44.0];

/// Where each node begins, and how wide the drawing is.
pub(super) fn across(rows: &[Vec<usize>], kinds: &[Kind], sizes: &[[f64; 2]], links: &[Link]) -> (Vec<f64>, f64) {
    let space = |a: usize, b: usize| SPACE[usize::from(kinds[a] != Kind::Card || kinds[b] != Kind::Card)];
    let mut x = vec![0.0; kinds.len()];
    for row in rows {
        let steps = offsets(row, sizes, space);
        row.iter().zip(steps).for_each(|(n, s)| x[*n] = s);
    }
    let (mut up, mut down) = (vec![Vec::new(); kinds.len()], vec![Vec::new(); kinds.len()]);
    for (k, l) in links.iter().enumerate() {
        up[l.lower].push(k);
        down[l.upper].push(k);
    }
    for pass in 0..PASSES {
        let (downwards, last) = (pass % 2 == 0, pass + 2 >= PASSES);
        for k in 0..rows.len() {
            let row = &rows[if downwards { k } else { rows.len() - 1 - k }];
            let wish = |n: &usize| {
                let (mut sum, mut weight) = (0.0, 0.0);
                if downwards || last {
                    for l in up[*n].iter().map(|k| &links[*k]) {
                        let w = l.pull;
                        sum += w * (x[l.upper] + l.out * sizes[l.upper][0] - l.into * sizes[*n][0]);
                        weight += w;
                    }
                }
                if !downwards || last {
                    for l in down[*n].iter().map(|k| &links[*k]) {
                        let w = l.pull;
                        sum += w * (x[l.lower] + l.into * sizes[l.lower][0] - l.out * sizes[*n][0]);
                        weight += w;
                    }
                }
                if weight > 0.0 { (sum / weight, weight) } else { (x[*n], 0.01) }
            };
            let wishes: Vec<(f64, f64)> = row.iter().map(wish).collect();
            let settled = settle(&wishes, &offsets(row, sizes, space));
            row.iter().zip(settled).for_each(|(n, s)| x[*n] = s);
        }
    }
    let left = x.iter().copied().fold(f64::INFINITY, f64::min).min(f64::MAX);
    x.iter_mut().for_each(|x| *x += MARGIN - left);
    let right = x.iter().zip(sizes).map(|(x, s)| x + s[0]).fold(0.0, f64::max);
    (x, right + MARGIN)
}

/// Where the nodes of a row begin if they are packed.
fn offsets(row: &[usize], sizes: &[[f64; 2]], space: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut at = 0.0;
    let mut found = Vec::with_capacity(row.len());
    for (k, &n) in row.iter().enumerate() {
        if k > 0 {
            at += sizes[row[k - 1]][0] + space(row[k - 1], n);
        }
        found.push(at);
    }
    found
}

/// Places as near as can be to what is wished, by weighted squares, in order and as far apart as packed ones at least:
/// neighbours that would be too near are one block, which stands at the mean of their wishes.
fn settle(wishes: &[(f64, f64)], packed: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for ((wish, weight), at) in wishes.iter().zip(packed) {
        blocks.push((wish - at, *weight, 1));
        while let [.., (a, wa, na), (b, wb, nb)] = blocks[..] {
            if a <= b {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            blocks.push(((a * wa + b * wb) / (wa + wb), wa + wb, na + nb));
        }
    }
    let starts = blocks.iter().flat_map(|&(at, _, n)| std::iter::repeat_n(at, n));
    starts.zip(packed).map(|(start, at)| start + at).collect()
}

/// Where each node begins, where rows begin and end, and how high the drawing is.
pub(super) fn down(
    rows: &[Vec<usize>],
    sizes: &[[f64; 2]],
    links: &[Link],
    x: &[f64],
    top: f64,
) -> (Vec<f64>, Vec<[f64; 2]>, f64) {
    let mut sideways = vec![0.0_f64; rows.len()];
    let mut row_of = vec![0; x.len()];
    for (k, row) in rows.iter().enumerate() {
        row.iter().for_each(|n| row_of[*n] = k);
    }
    for l in links {
        let dx = x[l.upper] + l.out * sizes[l.upper][0] - x[l.lower] - l.into * sizes[l.lower][0];
        let gap = &mut sideways[row_of[l.upper]];
        *gap = gap.max(dx.abs());
    }
    let mut y = vec![0.0; x.len()];
    let mut ends = Vec::with_capacity(rows.len());
    let mut at = top;
    for (k, row) in rows.iter().enumerate() {
        let tallest = row.iter().map(|n| sizes[*n][1]).fold(0.0, f64::max);
        // Cards of a row stand on one line; what passes takes the whole height.
        row.iter().for_each(|n| y[*n] = at + tallest - sizes[*n][1]);
        ends.push([at, at + tallest]);
        at += tallest;
        if k + 1 < rows.len() {
            at += (GAP[0] + 0.1 * sideways[k]).min(GAP[1]);
        }
    }
    (y, ends, at + MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_stand_where_they_wish_unless_they_are_in_each_others_way() {
        assert_eq!(settle(&[(5.0, 1.0), (40.0, 1.0)], &[0.0, 10.0]), [5.0, 40.0]);
        assert_eq!(settle(&[(5.0, 1.0), (5.0, 1.0)], &[0.0, 10.0]), [0.0, 10.0]);
        // The heavier one moves less.
        assert_eq!(settle(&[(5.0, 3.0), (5.0, 1.0)], &[0.0, 10.0]), [2.5, 12.5]);
    }
}
