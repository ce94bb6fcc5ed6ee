//! The functions in `python/*.py`, of which a script holds those that it calls and those that these call.
//! They are kept as Python, so that they can be read as what they are; a file holds functions and nothing else.

const SOURCES: &[&str] = &[
    include_str!("python/pointwise.py"),
    include_str!("python/groups.py"),
    include_str!("python/places.py"),
    include_str!("python/matrices.py"),
    include_str!("python/windows.py"),
    include_str!("python/pools.py"),
    include_str!("python/images.py"),
];

/// A function of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Helper {
    pub name: &'static str,
    pub text: &'static str,
}

/// All functions, in the order of the files.
pub(super) fn all() -> Vec<Helper> {
    let functions = SOURCES.iter().flat_map(|s| s.split("\n\n\n")).map(str::trim_end);
    let name = |f: &'static str| f.strip_prefix("def ").and_then(|f| f.split('(').next()).unwrap_or_default();
    functions.map(|text| Helper { name: name(text), text }).collect()
}

/// Whether a text calls the function of that name.
fn calls(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.match_indices(&format!("{name}(")).any(|(at, _)| !text[..at].ends_with(word))
}

/// The functions that some code calls, and those that these call.
pub(super) fn called(code: &str) -> Vec<Helper> {
    let all = all();
    let mut needed: Vec<bool> = all.iter().map(|f| calls(code, f.name)).collect();
    let mut new: Vec<usize> = (0..all.len()).filter(|&k| needed[k]).collect();
    while let Some(k) = new.pop() {
        for (other, f) in all.iter().enumerate() {
            if !needed[other] && calls(all[k].text, f.name) {
                needed[other] = true;
                new.push(other);
            }
        }
    }
    all.into_iter().zip(needed).filter(|(_, needed)| *needed).map(|(f, _)| f).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_what_it_calls_and_what_that_calls() {
        assert!(all().iter().all(|f| !f.name.is_empty()) && all().len() > 60);
        assert_eq!(called("x = np.exp(y)"), []);
        let names: Vec<&str> = called("p, p_winner = max_pool(x, kernel=(2, 2))").iter().map(|f| f.name).collect();
        assert_eq!(names, ["flat", "windows", "max_pool"]);
    }

    #[test]
    fn every_function_says_what_it_does() {
        for f in all() {
            let second = f.text.lines().nth(1).unwrap_or_default();
            assert!(second.starts_with("    \"\"\"") && second.len() > 20, "{}", f.text);
            assert!(f.text.lines().all(|l| l.chars().count() <= 125), "{}", f.text);
        }
    }
}
