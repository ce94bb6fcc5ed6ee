//! Near names for a name that does not exist.
//! The distance is Damerau's: a letter missing, added, changed, or two neighbours exchanged.

/// The nearest of `names`, if it is near enough to be what was meant.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |other: &str| distance(name, other);
    let most = match name.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    let length = name.chars().count();
    let of_other_length = |n: &str| n.chars().count().abs_diff(length);
    let found = names.map(|n| (near(n), of_other_length(n), n));
    found.filter(|(d, _, n)| *d <= most && *d < n.chars().count()).min().map(|(_, _, n)| n)
}

/// Optimal string alignment distance; names beyond 64 characters are as far as can be.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().take(65).collect();
    let b: Vec<char> = b.to_lowercase().chars().take(65).collect();
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    rows[0].iter_mut().enumerate().for_each(|(j, d)| *d = j);
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut d = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                d = d.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = d;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let names = ["tanh", "tan", "matmul", "max_pool2d", "x"];
        let found = |n| nearest(n, names.into_iter());
        assert_eq!(found("tahn"), Some("tanh"));
        assert_eq!(found("maxpool2d"), Some("max_pool2d"));
        assert_eq!(found("matmull"), Some("matmul"));
        assert_eq!(found("convolution"), None);
        assert_eq!(found("q"), None);
        assert_eq!(distance("", "abc"), 3);
    }
}
