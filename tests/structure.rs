//! The shape of the source itself: which module may use which, which types cross threads.
//! A rule that only people keep is soon broken; that every operation is checked is kept by `src/ops/inventory.rs`.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the lowest to the highest; those on one line do not know each other. A module uses lower ones only.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["shape", "real"],
    &["window"],
    &["kernels"],
    &["tape"],
    &["ops"],
    &["adjoint"],
    &["exec"],
    &["check"],
    &["trace"],
    &["expr"],
    &["nn"],
    &["optim"],
    &["data"],
    &["io"],
    &["cli", "wasm"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|l| l.contains(&module))
}

/// All Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file without comments and without what follows `#[cfg(test)]`, which stands last in every file.
fn code(text: &str) -> String {
    let lines = text.lines().take_while(|l| l.trim() != "#[cfg(test)]");
    lines.map(|l| l.split_once("//").map_or(l, |(code, _)| code)).flat_map(|l| [l, "\n"]).collect()
}

/// The modules that `crate::` paths name, also those in braces: `crate::{tape::Tape, error::Error}`.
///
/// Capitalised names are re-exports of the crate's root, which no module may go through.
fn used(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => names.push(first_word(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut start = true;
                for (k, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && !c.is_whitespace() => {
                            names.push(first_word(&list[k..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// What a file of `module` uses that it must not.
fn violations(module: &str, text: &str) -> Vec<String> {
    let Some(own) = layer(module) else { return vec![format!("module `{module}` stands in no layer")] };
    let code = code(text);
    let wrong = used(&code).into_iter().filter(|name| {
        // A macro of the crate is at hand in every module.
        let is_macro = code.contains(&format!("crate::{name}!"));
        !is_macro && name != module && layer(name).is_none_or(|other| other >= own)
    });
    wrong.collect()
}

/// The top-level module that a source file belongs to; `None` for the crate's root and for files that are tests.
fn module_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix(src()).unwrap().components().next().unwrap();
    let name = first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_string();
    let is_test = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "inventory");
    (name != "lib" && name != "main" && !is_test).then_some(name)
}

#[test]
fn modules_use_lower_modules_only() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in sources(&src()) {
        let Some(module) = module_of(&path) else { continue };
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        wrong.extend(violations(&module, &text).into_iter().map(|used| format!("{}: {used}", path.display())));
    }
    assert!(
        seen > 40 && wrong.is_empty(),
        "{seen} files; higher modules or the root are used in\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_violation_is_seen() {
    assert_eq!(violations("tape", "use crate::exec::Plan;"), ["exec"]);
    assert_eq!(violations("ops", "use crate::{\n    tape::{Tape, Var},\n    adjoint::grad,\n};"), ["adjoint"]);
    assert_eq!(violations("kernels", "fn f(t: &crate::tape::Tape) {}"), ["tape"]);
    assert_eq!(violations("exec", "use crate::Error;"), ["Error"]);
    assert_eq!(violations("real", "use crate::shape::Dims;"), ["shape"]);
    assert_eq!(violations("stray", ""), ["module `stray` stands in no layer"]);
    let allowed = "// crate::exec\nuse crate::real::Real;\n#[cfg(test)]\nmod tests {\n    use crate::exec::Plan;\n}";
    assert!(violations("ops", allowed).is_empty());
}

mod threads {
    //! A trait that a type must not have would make the call to `answer` ambiguous: the file does not compile then.

    use wengert::{Data, Error, Gradients, Inputs, IntVar, Outputs, Program, Tape, Tensor, Var, Workspace};

    fn send<T: Send>() {}
    fn send_and_sync<T: Send + Sync>() {}

    macro_rules! lacks {
        ($type:ty: $trait:ident) => {{
            trait Ask<Witness> {
                fn answer() {}
            }
            impl<T: ?Sized> Ask<()> for T {}
            struct Has;
            impl<T: ?Sized + $trait> Ask<Has> for T {}
            <$type as Ask<_>>::answer();
        }};
    }

    #[test]
    fn what_crosses_threads_and_what_does_not() {
        send_and_sync::<Program<f32>>();
        send_and_sync::<Program<f64>>();
        send_and_sync::<Tensor<f32>>();
        send_and_sync::<Data<f64>>();
        send_and_sync::<Gradients<f32>>();
        send_and_sync::<Inputs<f32>>();
        send_and_sync::<Outputs<f32>>();
        send_and_sync::<Workspace<f32>>();
        send_and_sync::<Error>();
        send::<Tape<f32>>();
        lacks!(Tape<f32>: Sync);
        lacks!(Var<'static, f32>: Send);
        lacks!(Var<'static, f32>: Sync);
        lacks!(IntVar<'static, f32>: Send);
    }
}
