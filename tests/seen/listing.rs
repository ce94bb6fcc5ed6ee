//! Traces as text: which line is whose cotangent, and which rule wrote which line, in columns that fit a page.

use wengert::{Profile, Trace, prelude::*};

use crate::programs;

#[test]
fn forward_and_adjoint_lines_name_each_other() {
    for name in ["overlap", "diamond", "perceptron"] {
        let p = programs::all().into_iter().find(|p| p.name == name).unwrap();
        insta::assert_snapshot!(name, p.trace().to_text());
    }
}

#[test]
fn lines_of_text_fit_a_page() {
    let traces =
        programs::all().into_iter().map(|p| (p.name, p.trace())).chain([("odd", programs::odd()), ("long", long())]);
    for (name, trace) in traces {
        let text = trace.to_text();
        for line in text.lines() {
            assert!(line.chars().count() <= 110, "{name}: {line}");
        }
        // Every adjoint line that a step runs is tied to the line whose rule wrote it, and every cotangent to its line.
        for s in trace.steps.iter().filter(|s| s.line.is_some()) {
            let (id, of) = (s.line.unwrap(), &trace.lines[s.of as usize]);
            let tied =
                |l: &&str| l.contains(&format!(" %{id} ")) && l.contains(&format!(" <- %{} {}", of.id, of.line.op));
            assert!(text.lines().any(|l| tied(&l)), "{name}: %{id}");
        }
        for l in trace.lines.iter().filter(|l| !l.is_adjoint()) {
            let Some(c) = l.cotangent else { continue };
            let tied = |t: &&str| t.starts_with(&format!("  %{} ", l.id)) && t.contains(&format!(" cot %{c} = "));
            assert!(text.lines().any(|t| tied(&t)), "{name}: %{}", l.id);
        }
    }
}

/// A name and a program that are longer than a line.
fn long() -> Trace {
    let tape = Tape::<f64>::default();
    let name = "n".repeat(300);
    let x = tape.var([1.0, -2.0]).named(name.clone());
    let root = (x.square() * x).sum().named(name.clone());
    let program = format!("{name} = [1, -2]\n   {}0\n{}x", "1 + ".repeat(60), " ".repeat(300));
    Trace::of(root).unwrap().from_text(&program, |_| None)
}

#[test]
fn long_lines_of_a_program_go_on_further_in() {
    let text = long().to_text();
    let lines: Vec<&str> = text.lines().collect();
    let rest = 300 - 108 - 104;
    assert_eq!(lines[0], format!("| {}", "n".repeat(108)));
    assert_eq!(lines[2], format!("|     {} = [1, -2]", "n".repeat(rest)));
    assert_eq!(lines[3], format!("|    {}1", "1 + ".repeat(26)));
    assert!(lines[4].starts_with("|        + 1 + 1"), "{}", lines[4]);
}

#[test]
fn names_do_not_steer_a_terminal_nor_end_a_line() {
    let tape = Tape::<f64>::default();
    let scope = tape.scope("in\n\u{1b}[2J");
    let x = tape.var([-1.0, -2.0]).named("x\n\u{1b}[2J");
    let unused = tape.var(1.0).named("\u{9b}2J\r");
    let y = x.relu().sum().named("y\n");
    drop(scope);
    let trace = Trace::of(y).unwrap().from_text("x = 1 # \u{1b}[2J\u{c}\ty", |_| None);
    let lints: Vec<String> = trace.lint().iter().map(|l| format!("{l}\n")).collect();
    assert!(lints.len() >= 3, "{lints:?}");
    let profile = Profile::of(y, 1).unwrap().to_string();
    let texts = [trace.to_text(), trace.statistics().to_string(), tape.to_string(), lints.concat(), profile];
    for text in &texts {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
        assert!(text.contains("x\\n\\u{1b}[2J") || text.contains("y\\n"), "{text}");
    }
    assert_eq!(texts[3].lines().count(), lints.len());
    assert!(texts[0].starts_with("| x = 1 # \\u{1b}[2J\\u{c} y\n"), "{}", texts[0]);
    let _ = unused;
}
