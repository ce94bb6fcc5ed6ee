//! The Python that runs scripts: found, or said to be missing; all scripts in one process.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs every script named on the command line, and prints for each that fails its name and why.
const RUNNER: &str = r#"
import contextlib, io, sys, traceback
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(text, path, "exec"), {"__name__": "__main__"})
    except Exception:
        print("FAILED", path, traceback.format_exc().replace("\n", "\x01"), sep="\t")
print("DONE")
"#;

/// A Python with NumPy; `None`, with a line that says so, where there is none and none is required.
pub fn with_numpy() -> Option<String> {
    let named = std::env::var("WENGERT_PYTHON").ok();
    let candidates = named.map_or_else(|| vec!["python3".to_string(), "/usr/bin/python3".to_string()], |p| vec![p]);
    let works = |p: &String| Command::new(p).args(["-c", "import numpy"]).output().is_ok_and(|o| o.status.success());
    let found = candidates.into_iter().find(works);
    if found.is_none() {
        let required = std::env::var("WENGERT_NUMPY").is_ok_and(|v| v == "required");
        assert!(!required, "WENGERT_NUMPY=required, and no python3 imports numpy");
        println!("SKIPPED: no python3 with numpy");
    }
    found
}

/// Runs scripts; what is told of those that fail.
pub fn run(python: &str, scripts: &[(String, String)]) -> Vec<String> {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let number = RUNS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("wengert-numpy-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("runner.py"), RUNNER).unwrap();
    for (k, (_, text)) in scripts.iter().enumerate() {
        fs::write(folder.join(format!("{k}.py")), text).unwrap();
    }
    let names = (0..scripts.len()).map(|k| format!("{k}.py"));
    let out = Command::new(python).arg("runner.py").args(names).current_dir(&folder).output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(told.trim_end().ends_with("DONE"), "{told}\n{}", String::from_utf8_lossy(&out.stderr));
    fs::remove_dir_all(&folder).unwrap();
    let failed = told.lines().filter_map(|l| l.strip_prefix("FAILED\t")?.split_once(".py\t"));
    failed
        .map(|(k, why)| format!("{}\n{}", scripts[k.parse::<usize>().unwrap()].0, why.replace('\u{1}', "\n")))
        .collect()
}
