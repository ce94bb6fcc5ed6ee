//! What people look at: pictures of the guide, which are made anew and compared, and traces, which follow their schema.
//! `WENGERT_UPDATE=1 cargo test --test seen` writes the pictures and the list of functions again.

mod geometry;
mod graphviz;
mod listing;
mod programs;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};

use wengert::expr::{functions, parse};
use wengert::prelude::*;
use wengert::{Operand, SvgOptions, Trace};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// The trace of a program.
fn trace(text: &str) -> Trace {
    let bound = parse(text).unwrap().bind(&[]).unwrap();
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape).unwrap();
    Trace::of(recorded.scalar().unwrap()).unwrap().from_text(text, |id| recorded.span_of(id))
}

/// The programs of the guide: each is a code block marked with the name of its picture.
fn programs() -> Vec<(String, String)> {
    let guide = fs::read_to_string(docs().join("seen.md")).unwrap();
    let mut found = Vec::new();
    let mut rest = guide.as_str();
    while let Some(at) = rest.find("<!-- picture: ") {
        rest = &rest[at + "<!-- picture: ".len()..];
        let name = rest.split(" -->").next().unwrap().to_string();
        let code = rest.split("```wengert\n").nth(1).unwrap().split("```").next().unwrap().trim_end().to_string();
        found.push((name, code));
    }
    found
}

/// The trace of the derivative of a program with respect to its first leaf.
fn trace_of_slope(text: &str) -> Trace {
    let bound = parse(text).unwrap().bind(&[]).unwrap();
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape).unwrap();
    let Some(Operand::Real(x)) = recorded.named(bound.leaves()[0].0) else { panic!("a leaf is real") };
    let slope = grad(recorded.scalar().unwrap(), &[x])[0].named("slope");
    Trace::of(slope).unwrap()
}

/// Compares a file with what it should hold, or writes it.
fn compare(path: &Path, wanted: &str) {
    if std::env::var_os("WENGERT_UPDATE").is_some() {
        return fs::write(path, wanted).unwrap();
    }
    let held = fs::read_to_string(path).unwrap_or_default();
    assert!(held == wanted, "{} is not what the engine makes: WENGERT_UPDATE=1 writes it", path.display());
}

#[test]
fn pictures_of_the_guide_are_made_by_the_engine() {
    let programs = programs();
    assert!(programs.len() >= 8, "{}", programs.len());
    for (name, text) in &programs {
        let trace = if name == "second" { trace_of_slope(text) } else { trace(text) };
        let svg = trace.to_svg(&SvgOptions::default());
        assert_eq!(geometry::faults(&svg), [""; 0], "{name}");
        compare(&docs().join(format!("pictures/{name}.svg")), &svg);
    }
}

#[test]
fn the_list_of_functions_is_that_of_the_language() {
    let path = docs().join("expressions.md");
    let text = fs::read_to_string(&path).unwrap();
    let begin = "<!-- functions -->\n";
    let at = text.find(begin).unwrap() + begin.len();
    let mut list = String::new();
    let mut family = "";
    for f in functions() {
        if f.family != family {
            family = f.family;
            list += &format!("\n### {family}\n\n");
        }
        list += &format!("- `{}` {}\n", f.signature(), f.doc);
    }
    compare(&path, &format!("{}{list}", &text[..at]));
}

#[test]
fn traces_follow_their_schema() {
    let text = fs::read_to_string(docs().join("trace.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let special =
        ["x = [1, 0]; sum(ln(x))", "x = [2, 3]; y = x * x; sum(y * y) / sum(x)", "x = ones([80, 80]) * 2; sum(x)"];
    for text in programs().iter().map(|p| p.1.as_str()).chain(special) {
        let json: serde_json::Value = serde_json::from_str(&trace(text).to_json()).unwrap();
        schema::validate(&schema, &json).unwrap_or_else(|e| panic!("{text}\n{e}"));
    }
}

#[test]
fn a_trace_that_breaks_the_schema_is_seen() {
    let text = fs::read_to_string(docs().join("trace.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    let good: serde_json::Value = serde_json::from_str(&trace("x = 2; x * x").to_json()).unwrap();
    assert_eq!(schema::validate(&schema, &good), Ok(()));
    for (path, value) in [
        ("/schema", serde_json::json!("other/1")),
        ("/root", serde_json::json!(-1)),
        ("/lines/0/op", serde_json::json!(3)),
        ("/lines/0/value/data/0", serde_json::json!("three")),
        ("/steps/0/role", serde_json::json!("jump")),
        ("/gradients/0", serde_json::json!({ "leaf": 0 })),
        ("/steps/1", serde_json::json!({ "of": 1, "more": true })),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        assert!(schema::validate(&schema, &bad).is_err(), "{path}");
    }
}

/// The sweep that is told step by step is the one that `backward` takes: the same gradients, to the bit.
#[test]
fn steps_end_in_the_gradients_of_backward() {
    for (name, text) in programs() {
        let bound = parse(&text).unwrap().bind(&[]).unwrap();
        let (told, plain) = (Tape::<f64>::default().line_by_line(), Tape::<f64>::default().line_by_line());
        let trace = Trace::of(bound.record(&told).unwrap().scalar().unwrap()).unwrap();
        let grads = bound.record(&plain).unwrap().scalar().unwrap().backward();
        for g in &trace.gradients {
            let leaf = &trace.lines[g.leaf as usize];
            let array = grads.by_name(leaf.line.name.as_deref().unwrap()).unwrap();
            let Some(id) = g.gradient else {
                assert!(array.iter().all(|v| *v == 0.0));
                continue;
            };
            let data = trace.lines[id as usize].value.data.as_ref().unwrap();
            assert!(array.iter().zip(data).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}: {}", leaf.called());
            let at = trace.complete_at(g.leaf).unwrap();
            assert_eq!(trace.steps[at].line, Some(id), "{name}: the last step at a leaf runs its gradient");
        }
    }
}

/// The drawings also stand in the target directory, to be looked at.
#[test]
fn drawings_can_be_read() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drawings");
    fs::create_dir_all(&folder).unwrap();
    let programs = programs::all();
    assert!(programs.len() >= 15);
    let mut found = String::new();
    let traces = programs.iter().map(|p| (p.name, p.trace())).chain([("odd", programs::odd())]);
    for (name, trace) in traces {
        for (ending, text) in [("html", trace.to_html()), ("dot", trace.to_dot()), ("txt", trace.to_text())] {
            fs::write(folder.join(format!("{name}.{ending}")), text).unwrap();
        }
        let few = SvgOptions { cards: 7, ..SvgOptions::default() };
        let bare = SvgOptions { cotangents: false, reshapes: true, ..SvgOptions::default() };
        for (suffix, options) in [("", SvgOptions::default()), ("_few", few), ("_bare", bare)] {
            let svg = trace.to_svg(&options);
            fs::write(folder.join(format!("{name}{suffix}.svg")), &svg).unwrap();

            for fault in geometry::faults(&svg) {
                found += &format!("{name}{suffix}: {fault}\n");
            }
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn lines_without_room_are_counted_in_the_picture() {
    let p = programs::all().into_iter().find(|p| p.name == "sixty_lines").unwrap();
    let trace = p.trace();
    let cards = |svg: &str| svg.matches("class=\"card").count();
    let all = trace.to_svg(&SvgOptions::default());
    assert!(!all.contains("not drawn") && !all.contains("past\""));
    let some = trace.to_svg(&SvgOptions { cards: 20, ..SvgOptions::default() });
    let (drawn, every) = (cards(&some), cards(&all));
    assert_eq!(drawn, 20);
    assert!(some.contains(&format!("{} of {every} lines are not drawn: %", every - drawn)), "{}", &some[..4000]);
    assert!(some.contains("class=\"edge past\""));
}

/// Drawings in one page do not take each other's arrows and stripes.
#[test]
fn names_of_parts_are_a_drawings_own() {
    let names = |svg: &str| -> Vec<String> {
        svg.split(" id=\"").skip(1).map(|t| t.split('"').next().unwrap().to_string()).collect()
    };
    let drawings: Vec<String> = programs::all().iter().map(|p| p.trace().to_svg(&SvgOptions::default())).collect();
    let mut all = Vec::new();
    for svg in &drawings {
        let own = names(svg);
        assert_eq!(own.len(), 5);
        for used in svg.split("url(#").skip(1).map(|t| t.split(')').next().unwrap()) {
            assert!(own.iter().any(|n| n == used), "{used} is not one of {own:?}");
        }
        all.extend(own);
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

/// The guide's numbers: the first sweep's lines are the second one's forward pass.
#[test]
fn a_second_derivative_is_drawn_with_the_lines_of_the_first() {
    let trace = trace_of_slope("x = 0.5\ny = x ^ 3");
    let one = |id: u32| trace.lines[id as usize].one().unwrap();
    assert_eq!((one(trace.root), one(trace.gradients[0].gradient.unwrap())), (0.75, 3.0));
    let svg = trace.to_svg(&SvgOptions::default());
    assert!(svg.contains("slope = ") && svg.contains("class=\"card adjoint root") && svg.contains(" rule of %"));
    insta::assert_snapshot!("second", trace.to_text());
}

/// A bare plane gets an axis for its channel on the way into a pool; nobody who wrote `x` should hear of it.
#[test]
fn a_pool_of_a_bare_plane_speaks_of_the_plane() {
    let p = programs::all().into_iter().find(|p| p.name == "overlap").unwrap();
    let trace = p.trace();
    let told: Vec<&str> = trace.steps.iter().map(|s| s.sentence.as_str()).collect();
    assert_eq!(
        told,
        [
            "The sweep starts: loss changes by 1 when loss changes by 1, so its cotangent is 1.",
            "sum hands its cotangent 1 on to each of the 4 elements of p.",
            "p only has axes of one element more or less here: its cotangent keeps its numbers.",
            "max_pool2d sends each window's cotangent to the cell of x that won it. Cell [1, 1] won 4 windows and gets 1 + 1 + 1 + 1 = 4.",
            "x only has axes of one element more or less here: its cotangent keeps its numbers.",
        ]
    );
    let remarks: Vec<String> = trace.lines.iter().flat_map(|l| &l.remarks).map(ToString::to_string).collect();
    assert_eq!(remarks, ["element [1, 1] was chosen 4 times", "8 of 9 elements were never chosen"]);
}
