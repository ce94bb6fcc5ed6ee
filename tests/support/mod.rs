//! Keeps texts in the documentation true: code blocks that follow a marker are compared with what the program produces.
//! `UPDATE_DOCS=1 cargo test` rewrites them instead.

use std::path::Path;

/// What stands after `<!-- produced: name -->` in a document: fenced blocks in order, language and text.
pub struct Produced {
    pub name: String,
    pub blocks: Vec<(&'static str, String)>,
}

/// Compares every marked place of a document with what has been produced for it.
///
/// # Panics
/// A text differs, or the document names something that nobody produces.
pub fn check(document: &str, produced: &[Produced]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{document}: {e}"));
    let fresh = rewritten(&text, produced);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &fresh).unwrap_or_else(|e| panic!("{document}: {e}"));
        return;
    }
    for (k, (old, new)) in text.lines().zip(fresh.lines()).enumerate() {
        assert_eq!(old, new, "{document}:{} is out of date; `UPDATE_DOCS=1 cargo test` rewrites it", k + 1);
    }
    assert_eq!(text, fresh, "{document} is out of date; `UPDATE_DOCS=1 cargo test` rewrites it");
}

fn rewritten(text: &str, produced: &[Produced]) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        out += line;
        out.push('\n');
        let marker = line.trim().strip_prefix("<!-- produced: ").and_then(|l| l.strip_suffix(" -->"));
        let Some(name) = marker else { continue };
        let found = produced.iter().find(|p| p.name == name);
        let found = found.unwrap_or_else(|| panic!("nothing is produced under the name {name}"));
        for (language, text) in &found.blocks {
            // Skip the old block, with its fences, and put the fresh one in its place.
            if lines.peek().is_some_and(|l| l.starts_with("```")) {
                lines.next();
                lines.by_ref().find(|l| *l == "```");
            }
            out += &format!("```{language}\n{}\n```\n", text.trim_end());
        }
    }
    out
}

/// The number, from 1, of the line with the head of function `name`, and the lines of its body without their indent.
pub fn body_of(source: &'static str, name: &str) -> (usize, Vec<&'static str>) {
    let head = source.lines().position(|l| l.starts_with(&format!("fn {name}(")));
    let head = head.unwrap_or_else(|| panic!("there is no function {name}")) + 1;
    let body = source.lines().skip(head).take_while(|l| *l != "}");
    (head, body.map(|l| l.strip_prefix("    ").unwrap_or(l)).collect())
}

/// The text with every `file:line` (and `:column`) counted from the line `head` of that file, as places in `model.rs`.
///
/// `offset` lines stand before the body where it is shown; columns lose the indent of 4.
pub fn relocated(text: &str, file: &str, head: usize, offset: usize) -> String {
    let place = format!("{file}:");
    let mut parts = text.split(&place);
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (line, rest) = number(part);
        out += &format!("model.rs:{}", line - head + offset);
        match rest.strip_prefix(':') {
            Some(column) => {
                let (column, rest) = number(column);
                out += &format!(":{}{rest}", column - 4);
            }
            None => out += rest,
        }
    }
    out
}

fn number(text: &str) -> (usize, &str) {
    let (digits, rest) = text.split_at(text.chars().take_while(char::is_ascii_digit).count());
    (digits.parse().expect("a number stands here"), rest)
}
