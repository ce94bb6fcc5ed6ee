//! The command line as a user meets it: what it prints, what it refuses, its exit codes, and pipes.

#[cfg(unix)]
mod page;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn wengert(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wengert")).args(words).output().unwrap()
}

/// Exit code, stdout, stderr.
fn told(words: &[&str]) -> (i32, String, String) {
    let o = wengert(words);
    let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
    (o.status.code().unwrap(), text(o.stdout), text(o.stderr))
}

fn fine(words: &[&str]) -> String {
    let (code, out, err) = told(words);
    assert!(code == 0 && err.is_empty(), "{words:?}: {code}\n{err}");
    out
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("wengert-cli-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn the_nine_won_four_windows() {
    let out = fine(&["grad", "sum(max_pool2d(x, 2, stride=1))", "--var", "x=[[1,2,0],[3,9,4],[5,6,7]]"]);
    insta::assert_snapshot!(out);
    let json = fine(&["grad", "--json", "sum(max_pool2d(x, 2, stride=1))", "--var", "x=[[1,2,0],[3,9,4],[5,6,7]]"]);
    let v: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&v["value"], &v["gradients"]["x"][1][1]), (&36.0.into(), &4.0.into()));
}

#[test]
fn values_of_programs() {
    assert_eq!(fine(&["run", "x = [[1, 2], [3, 4]]; x @ x"]), "[[ 7, 10],\n [15, 22]]\n");
    assert_eq!(fine(&["run", "--f32", "1/3 * ones(1)"]), "[0.33333334]\n");
    assert_eq!(fine(&["run", "[1, 5, 3].argmax(0)"]), "1\n");
    assert_eq!(fine(&["run", "--json", "[1, 5, 3].argmax(0)"]), "{\"dims\":[],\"value\":1}\n");
    assert_eq!(fine(&["run", "--json", "[[1, 5], [3, 2]].argmax(1)"]), "{\"dims\":[2],\"value\":[1,0]}\n");
    assert_eq!(fine(&["run", "--json", "[1, nan]"]), "{\"dims\":[2],\"value\":[1.0,\"NaN\"]}\n");
    assert_eq!(fine(&["--threads", "2", "run", "sum(arange(0, 100000))"]), "4999950000\n");
    let again = fine(&["run", "--seed", "3", "uniform(4)"]);
    assert_eq!(again, fine(&["run", "uniform(4)", "--seed", "3"]));
    assert_ne!(again, fine(&["run", "uniform(4)", "--seed", "4"]));
}

#[test]
fn errors_are_one_clear_line_and_code_two() {
    for (words, expected) in [
        (
            &["run", "x = [1,2]\ny = x @ tahn(x)"][..],
            "wengert: 2:9: there is no function `tahn`; fix: did you mean `tanh`?",
        ),
        (&["run", "[1, 2] + [1, 2, 3]"], "wengert: 1:1: add: cannot combine shapes [2] and [3]"),
        (
            &["run", "sum(x"],
            "wengert: 1:6: expected `)`, found the end of the text; fix: close the bracket opened at 1:4",
        ),
        (&["grad", "[1, 2] * x", "--var", "x=[1,2]"], "wengert: 1:1: the result has shape [2]"),
        (
            &["grad", "sum(x)", "--var", "y=1"],
            "wengert: 1:1: `y` is bound, but the text does not use it; fix: bind what it uses: x",
        ),
        (&["run", "x", "--var", "x=@none.npy"], "wengert: none.npy: No such file"),
        (&["run", "x", "--var", "x"], "wengert: --var x: expected NAME=VALUE"),
        (&["run", "x", "--var", "x=1", "--var", "x=2"], "wengert: --var x=2: `x` has a value already"),
        (&["run", "zeros([100000, 100000])"], "wengert: 1:1: zeros: the lines hold 10000000000 numbers together"),
        (&["run", "cholesky([[0, 1], [1, 0]])"], "wengert: cholesky:"),
        (&["--threads", "0", "run", "1"], "wengert: 0 threads"),
        (
            &["run", "1", "--limit", "18446744073709551615"],
            "wengert: invalid value '18446744073709551615' for '--limit",
        ),
        (&["run", "x", "--var", "x=1; y = 2"], "wengert: --var x: `1; y = 2` is no number"),
        (&["run", "x", "--var", "x=1\n2"], "wengert: --var x: 1:7: "),
        (&["run", "x", "--var", "x=@"], "wengert: --var x=@: a file's name follows the @"),
        (&["run", "x", "--var", "x=@/dev/zero"], "wengert: /dev/zero: "),
        (&["run", "--file", "."], "wengert: .: "),
        (&["run", "1", "-o", "no/such/folder/x.npy"], "wengert: no/such/folder/x.npy: cannot write the file: "),
        (&["run", "1", "-o", "x.txt"], "wengert: x.txt: write to a .npy or a .csv file"),
        (
            &["draw", "x = 1; x", "-o", "x.png"],
            "wengert: x.png: drawings end in .svg, .dot, .html, .json, .py, .rs or .txt",
        ),
        (&["draw", "x = 1; x", "--step", "0"], "wengert: --step is for svg"),
        (&["draw", "x = 1; x", "--format", "svg", "--step", "9"], "wengert: --step 9: the steps are 0 to 0"),
        (&["check", "x", "--var", "x=1", "--tolerance", "-1"], "wengert: --tolerance -1: a number between 0 and 1"),
        (&["diff", "a", "b", "--tolerance", "nan"], "wengert: --tolerance NaN: a number from 0 on"),
        (
            &["profile", "x = 1; x", "--rounds", "0"],
            "wengert: invalid value '0' for '--rounds <N>': 0 is not in 1..=100000",
        ),
        (
            &["profile", "x = 1; x", "--json", "--chrome"],
            "wengert: the argument '--json' cannot be used with '--chrome'",
        ),
        (&["grad", "x * y", "--var", "x=1", "--var", "y=2", "-o", "g.npy"], "wengert: --output holds one gradient"),
        (&["ops", "tahn"], "wengert: there is no function `tahn`; `wengert ops` lists them"),
        (&["ops", "\u{1b}[31m"], "wengert: there is no function `\\u{1b}[31m`"),
        (&["ops", ""], "wengert: there is no function ``; there are exp, "),
        (&["step", "x = 1; x"], "wengert: `step` needs a terminal"),
        (&["train", "--epochs", "x"], "wengert: --epochs takes a whole number from 1 to 100000, not `x`"),
        (&["train", "--data", "nowhere"], "wengert: nowhere: cannot read the directory"),
        (&["--threads", "0", "train"], "wengert: --threads takes a whole number from 1 to 256, not `0`"),
        (
            &["rum", "1"],
            "wengert: unrecognized subcommand 'rum'; a similar subcommand exists: 'run'; --help tells more",
        ),
        (&["run"], "wengert: the following required arguments were not provided: <EXPRESSION>; --help tells more"),
        (&["run", "1", "--file", "-"], "wengert: the argument '[EXPRESSION]' cannot be used with '--file <FILE>'"),
        (&["run", "1", "--json", "-o", "x.npy"], "wengert: the argument '--json' cannot be used with '--output"),
        (&["run", "1", "--force"], "wengert: the following required arguments were not provided: --output <FILE>"),
        (&["run", "1", "--seed", "-1"], "wengert: unexpected argument '-1' found; to pass '-1' as a value, use"),
        (
            &["draw", "x = 1; x", "--format", "png"],
            "wengert: invalid value 'png' for '--format <FORMAT>'; [possible values: text, svg, dot, html, json, python, rust]",
        ),
    ] {
        let (code, out, err) = told(words);
        assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 1), "{words:?}\n{err}");
        assert!(err.starts_with(expected), "{words:?}\n{err}");
        assert!(!err.contains("src/") && !err.contains("panicked") && err.len() < 4100, "{err}");
    }
    assert_eq!(told(&["nonsense"]).0, 2);
    for words in [&["--help"][..], &["run", "--help"], &["train", "--help"], &["--version"]] {
        assert!(!fine(words).contains("mnist "), "{words:?}");
    }
    assert!(fine(&["train", "--help"]).contains("\nusage: wengert train [OPTIONS]\n"));
}

#[test]
fn checks_say_by_their_code_whether_they_hold() {
    let (code, out, _) = told(&["check", "sum(max_pool2d(x, 2, stride=1))", "--var", "x=[[1,9,0],[3,9,4],[5,6,7]]"]);
    assert!(code == 0 && out.starts_with("check: kink") && !out.contains("src/"), "{out}");
    let (code, out, _) = told(&["check", "relu(x) - relu(-x)", "--var", "x=0"]);
    assert_eq!(code, 1, "{out}");
    let (code, out, _) = told(&["check", "--json", "sum(tanh(x))", "--var", "x=[0.5, -1]"]);
    let v: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &v["verdict"]), (0, &"pass".into()));
    assert_eq!(told(&["lint", "sum(relu(x))", "--var", "x=[-1,-2]"]).0, 1);
}

#[test]
fn files_go_in_and_out_and_are_not_overwritten() {
    let folder = folder("files");
    let at = |name: &str| folder.join(name).to_str().unwrap().to_string();
    for name in ["g.npy", "g.csv"] {
        let path = at(name);
        assert_eq!(fine(&["grad", "sum(x^2)", "--var", "x=[[1,2],[3,4]]", "--output", &path]), "");
        assert_eq!(fine(&["run", "x * 10", "--var", &format!("x=@{path}")]), "[[20, 40],\n [60, 80]]\n");
        let before = std::fs::read(&path).unwrap();
        let (code, _, err) = told(&["run", "[1, 2]", "--output", &path]);
        assert!(code == 2 && err.contains("exists; say --force"), "{err}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        fine(&["run", "[1, 2]", "--output", &path, "--force"]);
    }
    for name in ["t.svg", "t.dot", "t.html", "t.json", "t.py", "t.txt"] {
        fine(&["draw", "x = [1, -2]; sum(relu(x))", "-o", &at(name)]);
        assert!(std::fs::metadata(at(name)).unwrap().len() > 100, "{name}");
    }
    fine(&["draw", "x = [1, -3]; sum(relu(x))", "-o", &at("u.json")]);
    let (code, out, _) = told(&["diff", &at("t.json"), &at("u.json")]);
    assert_eq!((code, out.as_str()), (1, "%0: var `x`: element [1] is -2 and -3\n"));
    assert_eq!(told(&["diff", &at("t.json"), &at("t.json")]).0, 0);
    assert_eq!(told(&["diff", &at("t.json"), &at("t.svg")]).0, 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn programs_come_from_files_and_stdin_and_pipes_may_close() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wengert"))
        .args(["run", "--file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"x = 2\nx ^ 10\n").unwrap();
    let o = child.wait_with_output().unwrap();
    assert!(o.status.success() && o.stderr.is_empty() && o.stdout == b"1024\n", "{o:?}");

    let mut child = Command::new(env!("CARGO_BIN_EXE_wengert"))
        .args(["draw", "x = arange(0, 4000) * 1; sum(x)", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let o = child.wait_with_output().unwrap();
    assert!(o.status.success() && o.stderr.is_empty(), "{o:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_reader_that_leaves_are_no_panics() {
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let own = || Command::new(env!("CARGO_BIN_EXE_wengert"));
    for words in [&["run", "1"][..], &["ops"], &["train", "--help"], &["completions", "zsh"]] {
        let o = own().args(words).stdout(full()).output().unwrap();
        let err = String::from_utf8(o.stderr).unwrap();
        assert!(
            o.status.code() == Some(2) && err.contains("No space left") && err.lines().count() == 1,
            "{words:?} {err}"
        );
    }
    for words in [&["run", "1 +"][..], &["rum"], &["train", "--nope"], &[]] {
        assert_eq!(own().args(words).stderr(full()).output().unwrap().status.code(), Some(2), "{words:?}");
    }
}

#[test]
fn what_a_program_holds_does_not_steer_the_terminal() {
    let program = "x = [1, -2] # \u{1b}[2J \u{9b}1m \u{7}\rz\nsum(relu(x # \u{1b}[31m\n))";
    let commands = [
        &["trace"][..],
        &["trace", "--json"],
        &["stats"],
        &["profile"],
        &["lint"],
        &["draw", "--format", "dot"],
        &["draw", "--format", "svg"],
        &["draw", "--format", "python"],
        &["draw", "--format", "rust"],
        &["draw", "--format", "json"],
    ];
    let harmless = |text: &str| !text.contains(|c: char| c.is_control() && c != '\n');
    for command in commands {
        let (_, out, err) = told(&[command, &[program]].concat());
        assert!(err.is_empty() && out.len() > 10 && harmless(&out), "{command:?}: {out:?} {err:?}");
    }
    let text = fine(&["trace", program]);
    assert!(text.contains("| x = [1, -2] # \\u{1b}[2J \\u{9b}1m \\u{7}\\rz\n"), "{text}");
    let (code, _, err) = told(&["run", "x = 1 # \u{1b}[2J\nx + tahn(x # \u{1b}[2J\n)"]);
    assert!(code == 2 && harmless(&err), "{err:?}");
}

#[test]
fn operations_are_told_with_their_derivatives() {
    insta::assert_snapshot!(fine(&["ops", "tanh"]) + &fine(&["ops", "max_pool2d"]));
    let all = fine(&["ops"]);
    assert!(all.lines().count() > 290, "{}", all.lines().count());
    let v: serde_json::Value = serde_json::from_str(&fine(&["ops", "--json"])).unwrap();
    assert!(v.as_array().unwrap().len() > 280);
    assert!(fine(&["completions", "bash"]).contains("wengert"));
}

#[test]
fn a_trace_reads_as_text() {
    insta::assert_snapshot!(fine(&["trace", "x = 3\ny = 4\nz = x*y + x\n-z^2"]));
}
