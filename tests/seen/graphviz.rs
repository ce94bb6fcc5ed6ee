//! Graphs as Graphviz draws them: every program is accepted without a word, and names arrive as they were given.
//! Where `dot` is not installed the test says so, unless WENGERT_GRAPHVIZ asks for it.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use crate::programs;

/// What `dot -Tsvg` makes of a graph, and what it complains of; `None` where there is no `dot`.
fn drawn(dot: &str) -> Option<(String, String)> {
    let piped =
        Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match piped {
        Ok(child) => child,
        Err(e) if e.kind() == ErrorKind::NotFound => return None,
        Err(e) => panic!("{e}"),
    };
    let mut input = child.stdin.take().unwrap();
    let text = dot.to_string();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some((text(output.stdout), text(output.stderr)))
}

/// The texts of an SVG file.
fn texts(svg: &str) -> Vec<String> {
    let plain = |t: &str| {
        let t = t.replace("&#45;", "-").replace("&#160;", " ").replace("&quot;", "\"").replace("&#39;", "'");
        t.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    svg.split("<text ").skip(1).map(|t| plain(t.split_once('>').unwrap().1.split("</text>").next().unwrap())).collect()
}

#[test]
fn graphviz_draws_every_graph() {
    let traces = programs::all().into_iter().map(|p| (p.name, p.trace())).chain([("odd", programs::odd())]);
    for (name, trace) in traces {
        let dot = trace.to_dot();
        let Some((svg, complaints)) = drawn(&dot) else {
            assert!(std::env::var_os("WENGERT_GRAPHVIZ").is_none(), "`dot` is not installed");
            println!("SKIPPED: `dot` is not installed, so no graph was drawn");
            return;
        };
        assert_eq!(complaints, "", "{name}\n{dot}");
        let nodes = trace.lines.iter().filter(|l| !l.is_adjoint() && l.result == 0).count();
        assert_eq!(svg.matches("class=\"node\"").count(), nodes, "{name}");
        if name == "odd" {
            let texts = texts(&svg);
            for wanted in [
                "a \"scope\" with \\ and <b>",
                "x\"\\<&> 'λ→𝛁 \\N &amp; ]]> = var [2]",
                "\\\" = square [2]",
                "--> </svg> \u{fffd} {a|b} \\l = sum []",
                "value [1 2]",
            ] {
                assert!(texts.iter().any(|t| t == wanted), "{wanted}\n{texts:#?}");
            }
        }
    }
}
