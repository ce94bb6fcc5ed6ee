//! docs/cli.md: every command in it is run, line by line, and prints what stands below it; the table of exit codes holds.
//! In the page `...` stands for any text within a line, and for any lines where it stands alone.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::folder;

const PAGE: &str = include_str!("../../docs/cli.md");

/// A command of the page and what it prints.
#[derive(Debug, Default)]
struct Shown {
    command: String,
    output: Vec<String>,
}

fn shown() -> Vec<Shown> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in PAGE.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => inside = line == "```console",
            Some(command) if inside => found.push(Shown { command: command.into(), ..Shown::default() }),
            _ if inside => found.last_mut().expect("a command stands first").output.push(line.into()),
            _ => {}
        }
    }
    found
}

/// Runs a line of a shell in which `wengert` is the binary under test.
fn run(line: &str, folder: &Path) -> Output {
    let own = Path::new(env!("CARGO_BIN_EXE_wengert")).parent().unwrap();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([own.to_path_buf()].into_iter().chain(std::env::split_paths(&others))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    shell.output().unwrap()
}

/// Whether a line is what the page says, in which `...` is any text; objects of JSON may have their fields in any order.
fn is(line: &str, said: &str) -> bool {
    let json = |t: &str| serde_json::from_str::<serde_json::Value>(t).ok().filter(|v| v.is_object() || v.is_array());
    if let (Some(a), Some(b)) = (json(line), json(said)) {
        return a == b;
    }
    let mut parts = said.split("...");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn are(lines: &[&str], said: &[String]) -> bool {
    match said.split_first() {
        None => lines.is_empty(),
        Some((any, rest)) if any == "..." => (0..=lines.len()).any(|skip| are(&lines[skip..], rest)),
        Some((first, rest)) => lines.split_first().is_some_and(|(line, lines)| is(line, first) && are(lines, rest)),
    }
}

#[test]
fn what_the_page_shows_is_what_is_printed() {
    let folder = folder("page");
    let all = shown();
    assert!(all.len() > 20, "{}", all.len());
    for Shown { command, output } in all {
        let o = run(&format!("{{ {command}; }} 2>&1"), &folder);
        let text = String::from_utf8(o.stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(are(&lines, &output), "$ {command}\n{text}\nthe page says\n{}", output.join("\n"));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_table_of_exit_codes_holds() {
    let folder = folder("codes");
    let mut seen = Vec::new();
    for line in PAGE.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, code, _, example, _] = &cells[..] else { continue };
        let Ok(code) = code.parse::<i32>() else { continue };
        let o = run(example.trim_matches('`'), &folder);
        assert_eq!(o.status.code(), Some(code), "{example}");
        assert_eq!(o.stderr.is_empty(), code < 2, "{example}");
        seen.push(code);
    }
    assert_eq!(seen, [0, 1, 2]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_command_stands_on_the_page() {
    let o = run("wengert --help", Path::new("."));
    let help = String::from_utf8(o.stdout).unwrap();
    let commands = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let names: Vec<&str> = commands.filter_map(|l| l.split_whitespace().next()).filter(|n| *n != "help").collect();
    assert!(names.len() > 10, "{help}");
    for name in names {
        assert!(PAGE.contains(&format!("| `{name}")), "{name}");
    }
}

#[test]
fn what_differs_is_seen() {
    let said = |t: &str| t.lines().map(str::to_string).collect::<Vec<_>>();
    assert!(are(&["a 1 b", "c"], &said("a ... b\nc")));
    assert!(are(&["a", "x", "y", "c"], &said("a\n...\nc")));
    assert!(is(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#));
    for (lines, page) in [
        (&["a 1 c"][..], "a ... b"),
        (&["a", "b"], "a"),
        (&["a"], "a\nb"),
        (&["a"], "...\nb"),
        (&[r#"{"a":1}"#], r#"{"a":2}"#),
    ] {
        assert!(!are(lines, &said(page)), "{lines:?} {page}");
    }
}
