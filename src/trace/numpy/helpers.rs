//! The functions of helpers.py, of which a script holds those that it calls and those that these call.
//! They are kept as Python, so that they can be read, and run, as what they are.

const SOURCE: &str = include_str!("helpers.py");

/// The functions, in the order of the file.
fn functions() -> impl Iterator<Item = &'static str> {
    SOURCE.split("\n\n\n").map(str::trim_end)
}

/// The name that a function defines.
fn name(function: &str) -> &str {
    function.strip_prefix("def ").and_then(|f| f.split('(').next()).unwrap_or_default()
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    functions().map(name)
}

/// Whether a text calls the function of that name, or hands it on.
fn calls(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.match_indices(&format!("{name}(")).any(|(at, _)| !text[..at].ends_with(word))
}

/// The text of all functions that a script needs, each followed by two empty lines.
pub(super) fn called(script: &str) -> String {
    let all: Vec<&str> = functions().collect();
    let mut needed: Vec<bool> = all.iter().map(|f| calls(script, name(f))).collect();
    let mut new: Vec<usize> = (0..all.len()).filter(|&k| needed[k]).collect();
    while let Some(k) = new.pop() {
        for (other, f) in all.iter().enumerate() {
            if !needed[other] && calls(all[k], name(f)) {
                needed[other] = true;
                new.push(other);
            }
        }
    }
    all.iter().zip(needed).filter(|(_, needed)| *needed).map(|(f, _)| format!("{f}\n\n\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_what_it_calls_and_what_that_calls() {
        assert!(names().all(|n| !n.is_empty()) && names().count() > 60);
        assert_eq!(called("x = np.exp(y)"), "");
        let text = called("p, p_winner = max_pool(x, kernel=(2, 2))");
        let defined: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("def ")?.split('(').next()).collect();
        assert_eq!(defined, ["windows", "max_pool"]);
    }

    #[test]
    fn every_function_says_what_it_does() {
        for f in functions() {
            assert!(f.lines().nth(1).is_some_and(|l| l.starts_with("    \"\"\"") && l.len() > 20), "{f}");
            assert!(f.lines().all(|l| l.chars().count() <= 128), "{f}");
        }
    }
}
