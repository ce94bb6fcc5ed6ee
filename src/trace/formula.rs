//! What a rule writes, as a formula: the lines between a cotangent and what is given for it, read back as mathematics.
//! It is made from the lines themselves, so it says what the rule does and nothing else.

use std::fmt::Write;

use crate::real::Real;
use crate::tape::{AttrValue, Line, Tape};

/// Formulas with more lines than this are cut short by `…`.
const LINES: usize = 48;

/// The names that a formula uses for what stands around a rule.
pub(super) struct Names<'a> {
    /// The primal line.
    pub primal: &'a Line,
    /// The cotangents of its results.
    pub cotangents: &'a [Option<u32>],
    /// The lines that the rule wrote; others that it reads are told by name or number.
    pub wrote: std::ops::Range<u32>,
}

impl Names<'_> {
    fn of(&self, id: u32) -> Option<String> {
        let numbered = |base: &str, k: usize, one: bool| if one { base.to_string() } else { format!("{base}{k}") };
        if let Some(k) = self.cotangents.iter().position(|c| *c == Some(id)) {
            return Some(numbered("g", k, self.cotangents.len() == 1 || k == 0));
        }
        let results = self.primal.results.len();
        if let Some(k) = id.checked_sub(self.primal.id).filter(|k| (*k as usize) < results) {
            return Some(numbered("y", k as usize, k == 0));
        }
        let operands = &self.primal.operands;
        let k = operands.iter().position(|o| *o == id)?;
        Some(operand_name(k, operands.len()))
    }
}

/// How formulas name operand `k` of an operation with `count` of them.
pub(super) fn operand_name(k: usize, count: usize) -> String {
    match count {
        1 => "x".into(),
        2 | 3 => ["a", "b", "c"][k].into(),
        _ => format!("x{k}"),
    }
}

/// How strongly a term binds: sums, products, signs and powers, atoms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Power,
    Atom,
}

/// The formula of line `id` in terms of `names`; other lines are written out, leaves by name or number.
pub(super) fn formula<T: Real>(tape: &Tape<T>, id: u32, names: &Names<'_>) -> String {
    let mut left = LINES;
    term(tape, id, names, &mut left, true).0
}

fn term<T: Real>(tape: &Tape<T>, id: u32, names: &Names<'_>, left: &mut usize, root: bool) -> (String, Level) {
    if let Some(name) = names.of(id).filter(|_| !root || id < names.primal.id + names.primal.results.len() as u32) {
        return (name, Level::Atom);
    }
    if let Some(k) = names.cotangents.iter().position(|c| *c == Some(id)) {
        return (names.of(id).unwrap_or_else(|| format!("g{k}")), Level::Atom);
    }
    let line = tape.line(id);
    if *left == 0 {
        return ("…".into(), Level::Atom);
    }
    *left -= 1;
    if !names.wrote.contains(&id) {
        return (line.name.as_deref().map_or_else(|| format!("%{id}"), str::to_string), Level::Atom);
    }
    let mut at = |k: usize, level: Level| {
        let (text, own) = term(tape, line.operands[k], names, left, false);
        if own < level { format!("({text})") } else { text }
    };
    let number = |name: &str| match line.attributes.iter().find(|a| a.0 == name) {
        Some((_, AttrValue::Real(v))) => number(*v),
        Some((_, v)) => v.to_string(),
        None => "?".into(),
    };
    let first = |line: &Line| line.attributes.first().map_or("?", |a| a.0).to_string();
    use Level::{Atom, Power, Product, Sum};
    match (line.op, line.operands.len()) {
        ("add", 2) => (format!("{} + {}", at(0, Sum), at(1, Sum)), Sum),
        ("sub", 2) => (format!("{} − {}", at(0, Sum), at(1, Product)), Sum),
        ("mul" | "azmul", 2) => (format!("{} · {}", at(0, Product), at(1, Product)), Product),
        ("div", 2) => (format!("{} / {}", at(0, Product), at(1, Power)), Product),
        ("neg", 1) => (format!("−{}", at(0, Product)), Product),
        ("scale", 1) => {
            let factor = number(&first(&line));
            (format!("{factor} · {}", at(0, Product)), Product)
        }
        ("shift", 1) => {
            let x = at(0, Sum);
            match number(&first(&line)) {
                n if n.starts_with('−') => (format!("{x} − {}", &n['−'.len_utf8()..]), Sum),
                n => (format!("{x} + {n}"), Sum),
            }
        }
        ("subtract_from", 1) => (format!("{} − {}", number(&first(&line)), at(0, Product)), Sum),
        ("square", 1) => (format!("{}²", at(0, Atom)), Power),
        ("divide", 1) => {
            let by = number(&first(&line));
            (format!("{} / {by}", at(0, Product)), Product)
        }
        ("divide_number", 1) => (format!("{} / {}", number(&first(&line)), at(0, Power)), Product),
        ("recip", 1) => (format!("1 / {}", at(0, Power)), Product),
        ("matmul", 2) => {
            let flag = |name: &str| line.attributes.iter().any(|a| a.0 == name);
            let t = |is: bool| if is { "ᵀ" } else { "" };
            let (a, b) = (at(0, Power), at(1, Power));
            (format!("{a}{} @ {b}{}", t(flag("transpose_left")), t(flag("transpose_right"))), Product)
        }
        ("gate", 2) => (format!("({} where {} > 0, else 0)", at(0, Sum), at(1, Product)), Atom),
        ("fill", 0) => (number("value"), Atom),
        // The same numbers in another shape: nothing to tell.
        ("reshape" | "broadcast_to", 1) => {
            let (text, level) = term(tape, line.operands[0], names, left, false);
            (text, level)
        }
        _ => {
            let mut text = format!("{}(", line.op);
            for k in 0..line.operands.len() {
                let _ = write!(text, "{}{}", if k > 0 { ", " } else { "" }, at(k, Sum));
            }
            (text + ")", Atom)
        }
    }
}

/// A number as formulas write it: four significant digits, a true minus sign.
pub(super) fn number(v: f64) -> String {
    if v.is_nan() {
        return "NaN".into();
    }
    let size = v.abs();
    let text = if size == 0.0 || (1e-3..1e5).contains(&size) {
        let digits = if size == 0.0 { 0 } else { (3 - size.log10().floor() as i32).clamp(0, 6) as usize };
        let t = format!("{size:.digits$}");
        if t.contains('.') { t.trim_end_matches('0').trim_end_matches('.').to_string() } else { t }
    } else if size.is_infinite() {
        "∞".into()
    } else {
        format!("{size:.3e}")
    };
    if v < 0.0 { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adjoint::reverse_sweep;
    use crate::tape::Var;

    /// The formulas of all that the rule of the last line gives.
    fn formulas(f: impl for<'t> Fn(&'t Tape<f64>) -> (Var<'t, f64>, Vec<Var<'t, f64>>)) -> Vec<String> {
        let tape = Tape::<f64>::default();
        let (y, wrt) = f(&tape);
        // Its own cotangent is no plain 1, which rules would fold away.
        let weights = tape.constant(crate::tape::Tensor::new(y.dims(), vec![0.5; y.count()]).unwrap());
        let loss = (y * weights).sum();
        let sweep = reverse_sweep(loss, &wrt);
        let visit = sweep.visits.iter().find(|v| v.line == y.id()).unwrap();
        let primal = tape.line(y.id());
        let names = Names { primal: &primal, cotangents: &visit.cotangents, wrote: visit.wrote.clone() };
        visit.gives.iter().filter_map(|g| g.line).map(|id| formula(&tape, id, &names)).collect()
    }

    #[test]
    fn rules_read_as_mathematics() {
        let unary = |f: for<'t> fn(Var<'t, f64>) -> Var<'t, f64>| {
            formulas(move |t| {
                let x = t.var([0.3, 0.6]);
                (f(x), vec![x])
            })
            .remove(0)
        };
        assert_eq!(unary(|x| x.tanh()), "g · (1 − y²)");
        assert_eq!(unary(|x| x.square()), "g · 2 · x");
        assert_eq!(unary(|x| x.relu()), "(g where y > 0, else 0)");
        assert_eq!(unary(|x| x.sigmoid()), "g · y · (1 − y)");
        assert_eq!(unary(|x| x.exp()), "g · y");
        assert_eq!(unary(|x| -x), "−g");
        let product = formulas(|t| {
            let (a, b) = (t.var([[1., 2.]]), t.var([[3.], [4.]]));
            (a.matmul(b), vec![a, b])
        });
        assert_eq!(product, ["g @ bᵀ", "aᵀ @ g"]);
    }

    /// A gate before a pool reads the pool's cotangent and maxima, which other rules wrote.
    #[test]
    fn lines_of_other_rules_are_told_by_number() {
        let tape = Tape::<f64>::default();
        let x = tape.var([[[1.0, -2.0], [3.0, 0.5]]]);
        let y = x.relu();
        let pool = y.max_pool2d(2);
        let loss = (pool * tape.constant([[[0.5]]])).sum();
        let sweep = reverse_sweep(loss, &[x]);
        let visit = sweep.visits.iter().find(|v| v.line == y.id()).unwrap();
        let primal = tape.line(y.id());
        let names = Names { primal: &primal, cotangents: &visit.cotangents, wrote: visit.wrote.clone() };
        let text = formula(&tape, visit.gives[0].line.unwrap(), &names);
        assert_eq!(text, format!("plane_scatter((%4 where %{} > 0, else 0), %{})", pool.id(), pool.id() + 1));
    }

    #[test]
    fn numbers_are_short() {
        let texts: Vec<String> = [0.0, 1.0, -2.5, 1.0 / 3.0, 1e-9, 123456.0, f64::NEG_INFINITY].map(number).into();
        assert_eq!(texts, ["0", "1", "−2.5", "0.3333", "1.000e-9", "1.235e5", "−∞"]);
    }
}
