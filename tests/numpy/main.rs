//! Traces as NumPy scripts: every operation has a spelling, and every script, run by Python, agrees with the engine.
//! Where there is no NumPy this says so and passes, unless `WENGERT_NUMPY=required` is set; `WENGERT_PYTHON` names another Python.

mod programs;
mod python;

use wengert::expr::{example, functions, parse};
use wengert::prelude::*;
use wengert::{Arg, Attention, Cx, Error, Fault, MaxPool1d, Op, Out, Real, ResultSigs, Sig, Trace, TraceOptions, Vjp};

use programs::PROGRAMS;

/// The trace of a program whose result may be of any shape: its sum with weights that are not all one.
fn trace<T: Real>(text: &str) -> Result<Trace, String> {
    let bound = parse(text).and_then(|s| s.bind(&[])).map_err(|e| e.to_string())?;
    let tape = Tape::<T>::default();
    let recorded = bound.record(&tape).map_err(|e| e.to_string())?;
    let root = recorded.root().unwrap_or_else(|| recorded.integers().expect("a line").to_real());
    if root.rank() == 0 {
        return Ok(Trace::of(root).map_err(|e| e.to_string())?.from_text(text, |id| recorded.span_of(id)));
    }
    let count: usize = root.dims().iter().product();
    let weights = (0..count).map(|k| T::of([0.5, -1.25, 2.0, 0.75, -0.5][k % 5] + 0.125 * (k / 5) as f64)).collect();
    let weights = tape.constant(Tensor::new(root.dims(), weights).unwrap());
    let loss = (root * weights).sum().named("loss");
    Ok(Trace::of(loss).map_err(|e| e.to_string())?.from_text(text, |id| recorded.span_of(id)))
}

/// The script of a program.
fn script<T: Real>(text: &str) -> Result<String, String> {
    trace::<T>(text)?.to_numpy().map_err(|e| e.to_string())
}

/// Every function of the language by its example, and programs for what these leave out.
fn texts() -> Vec<(String, String)> {
    let of_functions = functions().into_iter().map(|f| (f.name.to_string(), example(f.name).unwrap()));
    of_functions.chain(PROGRAMS.iter().map(|p| ((*p).to_string(), (*p).to_string()))).collect()
}

/// The sum with weights that are not all one.
fn weighted(y: Var<'_, f64>) -> Var<'_, f64> {
    let weights: Vec<f64> = (0..y.dims().iter().product()).map(|k| 0.5 + 0.25 * (k % 3) as f64).collect();
    (y * y.tape().constant(Tensor::new(y.dims(), weights).unwrap())).sum()
}

/// Scripts of tapes that no program text records.
fn recorded() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |name: &str, root: Var<'_, f64>| {
        all.push((
            name.to_string(),
            Trace::of(root).and_then(|t| t.to_numpy()).unwrap_or_else(|e| panic!("{name}: {e}")),
        ));
    };
    type Function = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;
    let second: &[(&str, Function)] = &[
        ("x^3", |x| x * x * x),
        ("tanh", |x| x.tanh()),
        ("prod", |x| x.prod()),
        ("softmax", |x| x.softmax(-1)),
        ("log_softmax", |x| x.log_softmax(-1)),
        ("layer_norm", |x| x.layer_norm(-1, 1e-5)),
        ("det", |x| x.slice(1, ..2).det()),
        ("vector_norm", |x| x.vector_norm(3.0, 1)),
        ("max_pool", |x| x.square().unsqueeze(0).max_pool2d(MaxPool2d::new(2).stride(1))),
        ("gelu", |x| x.gelu()),
        ("sinc", |x| x.sinc()),
        ("lgamma", |x| x.lgamma()),
        ("attention", |x| x.scaled_dot_product_attention(x, x, Attention::new())),
        ("conv", |x| {
            x.reshape([1, 1, 2, 3]).conv2d(x.slice(1, ..2).reshape([1, 1, 2, 2]), ConvOptions::new().padding(1))
        }),
    ];
    for (name, f) in second {
        let tape = Tape::<f64>::default();
        let x = tape.var([[0.3, 0.7, 1.1], [0.9, 0.2, 0.5]]).named("x");
        let first = wengert::grad(weighted(f(x)), &[x])[0];
        add(&format!("the second derivative of {name}"), weighted(first).named("slope"));
    }
    let tape = Tape::<f64>::default();
    let x = tape.var([0.5, 2.0]).named("x");
    let y = tape.checkpoint(|| x.exp().sin() * x);
    add("a checkpoint", y.sum());
    all
}

#[test]
fn every_function_of_the_language_is_spelled() {
    let refused: Vec<String> =
        texts().iter().filter_map(|(name, text)| Some(format!("{name}: {}", script::<f64>(text).err()?))).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn every_script_agrees_with_the_engine() {
    let Some(python) = python::with_numpy() else { return };
    let mut scripts = recorded();
    for (name, text) in texts() {
        scripts.push((name.clone(), script::<f64>(&text).unwrap()));
        scripts.push((format!("{name} in f32"), script::<f32>(&text).unwrap()));
    }
    assert!(scripts.len() > 600);
    let failed = python::run(&python, &scripts);
    assert!(failed.is_empty(), "{} of {} scripts failed:\n{}", failed.len(), scripts.len(), failed.join("\n"));
}

/// The script of a program as it stands, whose root is one number.
fn plain_script(text: &str) -> String {
    let bound = parse(text).unwrap().bind(&[]).unwrap();
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape).unwrap();
    let trace = Trace::of(recorded.scalar().unwrap()).unwrap();
    trace.from_text(text, |id| recorded.span_of(id)).to_numpy().unwrap()
}

#[test]
fn an_overlapping_pool_reads_like_this() {
    insta::assert_snapshot!(plain_script(PROGRAMS[0]));
}

#[test]
fn the_guide_shows_the_script_of_a_pool() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/seen.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let script = plain_script(PROGRAMS[0]);
    let (at, end) = (script.find("# Forward.").unwrap(), script.find("\n# The engine's numbers.").unwrap());
    let (before, rest) = guide.split_once("<!-- script -->\n```python\n").unwrap();
    let (_, behind) = rest.split_once("```").unwrap();
    let wanted = format!("{before}<!-- script -->\n```python\n{}```{behind}", &script[at..end]);
    if std::env::var_os("WENGERT_UPDATE").is_some() {
        return std::fs::write(path, wanted).unwrap();
    }
    assert!(guide == wanted, "the guide shows another script: WENGERT_UPDATE=1 writes it");
}

#[test]
fn two_layers_read_like_this() {
    insta::assert_snapshot!(plain_script(PROGRAMS[1]));
}

#[test]
fn a_script_with_a_mistake_fails() {
    let Some(python) = python::with_numpy() else { return };
    let right = plain_script(PROGRAMS[1]);
    let mistakes = [
        ("np.maximum(v7, 0)", "np.minimum(v7, 0)"),
        ("g_h = g_v9 @ w2.T", "g_h = 1.000001 * g_v9 @ w2.T"),
        ("g_b2 = np.sum(g_v10, axis=0)", "g_b2 = np.sum(g_v10, axis=0)[:1]"),
        ("np.where(h > 0, g_h, 0)", "np.where(h > 0, g_h, np.nan)"),
    ];
    let planted = mistakes.map(|(is, becomes)| {
        assert_eq!(right.matches(is).count(), 1, "{is}");
        (becomes.to_string(), right.replace(is, becomes))
    });
    let failed = python::run(&python, &planted);
    assert_eq!(failed.len(), mistakes.len(), "{failed:#?}");
}

#[test]
fn names_and_texts_of_any_kind_stay_harmless() {
    let Some(python) = python::with_numpy() else { return };
    let tape = Tape::<f64>::default();
    let names = [
        "np",
        "v3",
        "a b\nraise SystemExit",
        "__builtins__",
        "\u{b5}",
        "windows",
        "g_np",
        "lambda",
        "θ",
        "agree",
        "sum",
    ];
    let all: Vec<_> = names.iter().map(|n| tape.var([1.5, 2.0]).named(*n)).collect();
    let product = all.iter().copied().reduce(|a, b| (a * b).named("np")).unwrap();
    let scope = tape.scope("a\nscope");
    let pooled = product.reshape([1, 2]).max_pool1d(MaxPool1d::new(2));
    drop(scope);
    let root = pooled.sum().named("loss\r\nraise SystemExit");
    let trace = Trace::of(root).unwrap().from_text("x = 1 \u{c}\r raise SystemExit\n\0 \"\"\"", |_| None);
    let failed = python::run(&python, &[("names".into(), trace.to_numpy().unwrap())]);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn what_cannot_be_a_script_is_refused_with_its_line() {
    let tape = Tape::<f64>::default();
    let long = tape.var(vec![0.5; 4096].into_iter().enumerate().map(|(k, v)| v + k as f64).collect::<Vec<_>>());
    let longer = tape.var((0..4097).map(f64::from).collect::<Vec<_>>()).named("w");
    let message = |root: Var<'_, f64>, options: &TraceOptions| {
        Trace::with(root, options).unwrap().to_numpy().unwrap_err().to_string()
    };
    let standard = TraceOptions::default();
    assert!(Trace::of(long.sum()).is_ok());
    insta::assert_snapshot!(message(longer.sum(), &standard));
    let wide = TraceOptions { numbers: 200_000, ..standard.clone() };
    let tape = Tape::<f64>::default();
    let huge = tape.var((0..60_000).map(f64::from).collect::<Vec<_>>()).named("w");
    insta::assert_snapshot!(message(huge.square().sum(), &wide));
    let tape = Tape::<f64>::default();
    let y = tape.apply(Cube, &[tape.var(2.0).into()]).unwrap().real(0);
    insta::assert_snapshot!(message(y, &standard));
}

/// An operation of a user's own.
#[derive(Debug)]
struct Cube;

impl Op<f64> for Cube {
    fn name(&self) -> &'static str {
        "cube"
    }
    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Ok(ResultSigs::real(x[0].dims))
    }
    fn eval(&self, x: &[Arg<'_, f64>], y: &mut [Out<'_, f64>], _: &mut Cx<'_, f64>) -> Result<(), Fault> {
        y[0].real().iter_mut().zip(x[0].real()).for_each(|(y, x)| *y = x * x * x);
        Ok(())
    }
    fn vjp<'t>(&self, r: &Vjp<'t, f64>) {
        r.give(0, || r.g() * r.x(0).square() * 3.0);
    }
}
