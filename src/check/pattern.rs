//! What a wrong derivative looks like: a constant factor, a sign, a transposition, a shift, a lost part.
//! Recognising the mistake saves the reader of a report the comparison of two matrices.

/// The local Jacobian with respect to one operand, by the rule and by differences; one row an output element.
pub(super) struct Entries {
    /// The operand's shape.
    pub dims: Vec<usize>,
    pub analytic: Vec<Vec<f64>>,
    pub numeric: Vec<Vec<f64>>,
}

impl Entries {
    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let rows = self.analytic.iter().zip(&self.numeric);
        rows.flat_map(|(a, n)| a.iter().copied().zip(n.iter().copied())).filter(|(_, n)| !n.is_nan())
    }

    /// Whether the rule's row, rearranged by `f`, is the numeric one everywhere.
    fn equals_when(&self, scale: f64, mut f: impl FnMut(&[f64]) -> Vec<f64>) -> bool {
        let mut rows = self.analytic.iter().zip(&self.numeric);
        rows.all(|(a, n)| f(n).iter().zip(a).all(|(n, a)| n.is_nan() || (a - n).abs() <= scale))
    }
}

/// The mistake that turns the numeric entries into the analytic ones, or `None` where they agree.
pub(super) fn recognise(e: &Entries, tolerance: f64) -> Option<String> {
    let largest = e.pairs().fold(0.0, |m: f64, (a, n)| m.max(a.abs()).max(n.abs()));
    let slack = 10.0 * tolerance * largest;
    let close = |a: f64, b: f64| (a - b).abs() <= slack;
    let wrong = e.pairs().filter(|&(a, n)| !close(a, n)).count();
    if wrong == 0 {
        return None;
    }
    if e.pairs().all(|(a, _)| a == 0.0) {
        return Some("zero everywhere: the operand is disconnected".into());
    }
    if let Some(text) = factor(e, slack) {
        return Some(text);
    }
    if let [.., rows, columns] = e.dims[..]
        && rows == columns
        && rows > 1
    {
        let transposed = |n: &[f64]| -> Vec<f64> {
            let in_matrix = |k: usize| k - k % (rows * rows) + (k % rows) * rows + k % (rows * rows) / rows;
            (0..n.len()).map(|k| n[in_matrix(k)]).collect()
        };
        if e.equals_when(slack, transposed) {
            return Some("transposed: rows and columns are exchanged".into());
        }
    }
    for by in [1, -1] {
        let shifted = |wrap: bool| {
            move |n: &[f64]| -> Vec<f64> {
                let len = n.len() as isize;
                let from = |k: isize| match k - by {
                    j if (0..len).contains(&j) => n[j as usize],
                    j if wrap => n[j.rem_euclid(len) as usize],
                    _ => 0.0,
                };
                (0..len).map(from).collect()
            }
        };
        if e.equals_when(slack, shifted(true)) || e.equals_when(slack, shifted(false)) {
            let way = if by > 0 { "later" } else { "earlier" };
            return Some(format!("shifted by one: each value stands one element {way} than it should"));
        }
    }
    let total = e.pairs().count();
    let part = |(a, n): (f64, f64)| close(a, n) || (a * n >= 0.0 && a.abs() < n.abs());
    if e.pairs().all(part) {
        return Some(format!(
            "missing accumulation: {wrong} of {total} entries hold only a part of the sum, the others all of it"
        ));
    }
    Some(format!("{wrong} of {total} entries are wrong, in no pattern that is known"))
}

/// One constant factor between analytic and numeric entries.
fn factor(e: &Entries, slack: f64) -> Option<String> {
    let (a, n) = e.pairs().max_by(|x, y| x.1.abs().total_cmp(&y.1.abs()))?;
    let c = a / n;
    if !c.is_finite() || e.pairs().any(|(a, n)| (a - c * n).abs() > slack * c.abs().max(1.0)) {
        return None;
    }
    let whole = |v: f64| (v.round() >= 2.0 && (v - v.round()).abs() < 1e-6 * v).then_some(v.round());
    let inverse = whole(1.0 / c);
    let root = |k: f64| (k.sqrt().fract() == 0.0).then_some(k.sqrt());
    Some(match (inverse, whole(c)) {
        _ if (c + 1.0).abs() < 1e-6 => "the sign is flipped".into(),
        (Some(k), _) if root(k).is_some() => {
            format!("factor 1/{k} = 1/{}²: scaled down by the cells of a {0}×{0} window, or by {k} elements", root(k)?)
        }
        (Some(k), _) => format!("factor 1/{k}: divided by a number of elements that is {k}"),
        (_, Some(2.0)) => "factor 2: added twice, or a missing 1/2".into(),
        (_, Some(k)) => format!("factor {k}: a missing 1/{k}, as of a mean over {k} elements"),
        _ => format!("factor {c:.6} everywhere"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(dims: &[usize], analytic: &[f64], numeric: &[f64]) -> Option<String> {
        let e = Entries { dims: dims.to_vec(), analytic: vec![analytic.to_vec()], numeric: vec![numeric.to_vec()] };
        recognise(&e, 1e-9)
    }

    #[test]
    fn every_pattern_is_recognised() {
        let n = [1.0, 2.0, 3.0, 4.5];
        let times = |c: f64| n.map(|v| v * c);
        let cases: [(&[f64], &str); 9] = [
            (&times(0.25), "factor 1/4 = 1/2²"),
            (&times(0.2), "factor 1/5"),
            (&times(2.0), "factor 2: added twice"),
            (&times(7.0), "factor 7: a missing 1/7"),
            (&times(-1.0), "the sign is flipped"),
            (&times(0.0), "zero everywhere"),
            (&[1.0, 3.0, 2.0, 4.5], "transposed"),
            (&[4.5, 1.0, 2.0, 3.0], "shifted by one: each value stands one element later"),
            (&[1.0, 0.5, 3.0, 4.5], "missing accumulation: 1 of 4"),
        ];
        for (analytic, text) in cases {
            let found = named(&[2, 2], analytic, &n).unwrap();
            assert!(found.starts_with(text), "{found} for {text}");
        }
        assert_eq!(named(&[2, 2], &n, &n), None);
        assert!(named(&[4], &[9.0, -2.0, 3.0, 0.1], &n).unwrap().contains("no pattern"));
    }
}
