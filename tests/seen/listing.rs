//! Traces as text: which line is whose cotangent, and which rule wrote which line, in columns that fit a page.

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
    let traces = programs::all().into_iter().map(|p| (p.name, p.trace())).chain([("odd", programs::odd())]);
    for (name, trace) in traces {
        let text = trace.to_text();
        for line in text.lines().filter(|l| !l.starts_with('|')) {
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
