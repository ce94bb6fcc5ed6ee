//! In which order to contract several terms: the cheapest for up to eight of them, a greedy one for more.
//! The cost of a pair is the number of multiplications, the product of the sizes of all labels that either has.

use super::Label;

/// From this many terms on, all subsets would be too many.
const EXACT: usize = 8;

/// Labels without repetition.
fn union(a: &[Label], b: &[Label]) -> Vec<Label> {
    a.iter().chain(b.iter().filter(|l| !a.contains(l))).copied().collect()
}

/// Pairs of terms to contract, one after the other; each result takes the next number.
pub(super) fn order(terms: &[Vec<Label>], output: &[Label], size: &dyn Fn(Label) -> f64) -> Vec<(usize, usize)> {
    match terms.len() {
        0 | 1 => Vec::new(),
        2 => vec![(0, 1)],
        n if n <= EXACT => exact(terms, output, size),
        _ => greedy(terms, output, size),
    }
}

fn product(labels: &[Label], size: &dyn Fn(Label) -> f64) -> f64 {
    labels.iter().map(|&l| size(l)).product()
}

/// The best tree for every subset of the terms, smaller subsets first (dynamic programming over bit sets).
fn exact(terms: &[Vec<Label>], output: &[Label], size: &dyn Fn(Label) -> f64) -> Vec<(usize, usize)> {
    let n = terms.len();
    let all = (1usize << n) - 1;
    let members = |set: usize| (0..n).filter(move |k| set >> k & 1 == 1);
    // What the result of a subset still has: the labels that the others or the output want.
    let labels: Vec<Vec<Label>> = (0..=all)
        .map(|set| {
            let own = members(set).fold(Vec::new(), |u, k| union(&u, &terms[k]));
            let wanted = |l: &Label| output.contains(l) || members(all & !set).any(|k| terms[k].contains(l));
            if set.count_ones() == 1 { own } else { own.into_iter().filter(wanted).collect() }
        })
        .collect();
    let mut best = vec![(f64::INFINITY, 0); all + 1];
    for set in 1..=all {
        if set.count_ones() == 1 {
            best[set] = (0.0, 0);
            continue;
        }
        let lowest = set & set.wrapping_neg();
        let mut part = (set - 1) & set;
        while part > 0 {
            // Each split once: the part that holds the lowest member.
            if part & lowest != 0 {
                let rest = set & !part;
                let cost = best[part].0 + best[rest].0 + product(&union(&labels[part], &labels[rest]), size);
                if cost < best[set].0 || best[set].1 == 0 {
                    best[set] = (cost, part);
                }
            }
            part = (part - 1) & set;
        }
    }
    let mut steps = Vec::new();
    build(all, &best, &mut steps, n);
    steps
}

/// Writes the steps of a subset's tree, and returns the number of its result. Trees have eight leaves at most.
fn build(set: usize, best: &[(f64, usize)], steps: &mut Vec<(usize, usize)>, n: usize) -> usize {
    if set.count_ones() == 1 {
        return set.trailing_zeros() as usize;
    }
    let part = best[set].1;
    let a = build(part, best, steps, n);
    let b = build(set & !part, best, steps, n);
    steps.push((a, b));
    n + steps.len() - 1
}

/// Contracts the pair whose result is smallest beside its factors, until one term is left.
fn greedy(terms: &[Vec<Label>], output: &[Label], size: &dyn Fn(Label) -> f64) -> Vec<(usize, usize)> {
    let mut left: Vec<(usize, Vec<Label>)> = terms.iter().cloned().enumerate().collect();
    let mut steps = Vec::new();
    while left.len() > 1 {
        let mut best: Option<(f64, usize, usize)> = None;
        for j in 1..left.len() {
            for i in 0..j {
                let after = rest_of(&left, i, j, output);
                let gain = product(&after, size) - product(&left[i].1, size) - product(&left[j].1, size);
                if best.is_none_or(|(least, ..)| gain < least) {
                    best = Some((gain, i, j));
                }
            }
        }
        let (_, i, j) = best.expect("two terms make a pair");
        let after = rest_of(&left, i, j, output);
        let (b, a) = (left.remove(j).0, left.remove(i).0);
        left.push((terms.len() + steps.len(), after));
        steps.push((a, b));
    }
    steps
}

/// The labels that a pair's product keeps.
fn rest_of(left: &[(usize, Vec<Label>)], i: usize, j: usize, output: &[Label]) -> Vec<Label> {
    let others = || left.iter().enumerate().filter(|&(k, _)| k != i && k != j);
    let wanted = |l: &Label| output.contains(l) || others().any(|(_, (_, labels))| labels.contains(l));
    union(&left[i].1, &left[j].1).into_iter().filter(wanted).collect()
}

/// The labels of every result on the way, the output last.
pub(super) fn intermediates(terms: &[Vec<Label>], output: &[Label], steps: &[(usize, usize)]) -> Vec<Vec<Label>> {
    let mut left: Vec<(usize, Vec<Label>)> = terms.iter().cloned().enumerate().collect();
    let mut found = Vec::new();
    for (k, &(a, b)) in steps.iter().enumerate() {
        let place = |n: usize| left.iter().position(|(number, _)| *number == n).expect("a term that is left");
        let (i, j) = (place(a), place(b));
        let after = rest_of(&left, i.min(j), i.max(j), output);
        left.retain(|(number, _)| *number != a && *number != b);
        left.push((terms.len() + k, after.clone()));
        found.push(after);
    }
    found.push(output.to_vec());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(terms: &[Vec<Label>], output: &[Label], steps: &[(usize, usize)], size: &dyn Fn(Label) -> f64) -> f64 {
        let mut all: Vec<Vec<Label>> = terms.to_vec();
        let mut gone = Vec::new();
        let mut sum = 0.0;
        for &(a, b) in steps {
            let both = union(&all[a], &all[b]);
            sum += product(&both, size);
            gone.extend([a, b]);
            let wanted = |l: &Label| {
                output.contains(l) || all.iter().enumerate().any(|(k, t)| !gone.contains(&k) && t.contains(l))
            };
            let after = both.into_iter().filter(wanted).collect();
            all.push(after);
        }
        sum
    }

    #[test]
    fn a_chain_of_matrices_is_multiplied_in_the_cheapest_order() {
        // The textbook's chain (Cormen et al., section 15.2): 15125 multiplications.
        let sizes = [30.0, 35.0, 15.0, 5.0, 10.0, 20.0, 25.0];
        let terms: Vec<Vec<Label>> = (0..6).map(|k| vec![k, k + 1]).collect();
        let size = |l: Label| sizes[l as usize];
        let steps = order(&terms, &[0, 6], &size);
        assert_eq!(cost(&terms, &[0, 6], &steps, &size), 15125.0);
        assert_eq!(intermediates(&terms, &[0, 6], &steps).last().unwrap(), &[0, 6]);
    }

    #[test]
    fn many_terms_are_contracted_pair_by_pair() {
        let terms: Vec<Vec<Label>> = (0..20).map(|k| vec![k, k + 1]).collect();
        let steps = order(&terms, &[0, 20], &|_| 10.0);
        assert_eq!(steps.len(), 19);
        assert_eq!(cost(&terms, &[0, 20], &steps, &|_| 10.0), 19.0 * 1000.0);
    }
}
