//! A row's body with the arguments of a call in place: what options were not given is left out, and of branches the one is
//! kept that the call takes. Everything a branch may depend on is known from how the arguments are written and from ranks.

use super::code::Code;
use super::program::Writer;
use crate::expr::functions::{gap, steps};

/// An argument of a call.
#[derive(Clone, Debug)]
pub(in crate::expr) struct Argument {
    pub name: &'static str,
    pub code: Code,
    /// Of a line.
    pub rank: Option<usize>,
    /// What is a plain number.
    pub number: Option<f64>,
    /// It is not the default.
    pub given: bool,
}

/// The body, a text in braces, with the arguments in place of their names.
pub(in crate::expr) fn expand(body: &str, arguments: &[Argument], writer: &mut Writer) -> Code {
    let mut e = Expander { arguments, bound: Vec::new(), writer };
    e.code(&super::read::body(body))
}

struct Expander<'a> {
    arguments: &'a [Argument],
    /// What closures and patterns name, the innermost last.
    bound: Vec<(String, Code)>,
    writer: &'a mut Writer,
}

impl Expander<'_> {
    fn argument(&self, code: &Code) -> Option<&Argument> {
        let Code::Word(w) = code else { return None };
        let rebound = self.bound.iter().any(|b| b.0 == *w);
        self.arguments.iter().find(|a| a.name == w && !rebound)
    }

    fn lookup(&self, word: &str) -> Option<Code> {
        let bound = self.bound.iter().rev().find(|b| b.0 == word).map(|b| &b.1);
        bound.or_else(|| self.arguments.iter().find(|a| a.name == word).map(|a| &a.code)).cloned()
    }

    /// The body of a closure, or of an arm, with names bound.
    fn with(&mut self, names: Vec<(String, Code)>, body: &Code) -> Code {
        let before = self.bound.len();
        self.bound.extend(names);
        let code = self.code(body);
        self.bound.truncate(before);
        code
    }

    fn apply(&mut self, closure: &Code, values: Vec<Code>) -> Code {
        match closure {
            Code::Closure(names, body) => self.with(names.iter().cloned().zip(values).collect(), body),
            function => Code::Call(self.boxed(function), values),
        }
    }

    fn all(&mut self, list: &[Code]) -> Vec<Code> {
        list.iter().map(|c| self.code(c)).collect()
    }

    fn boxed(&mut self, c: &Code) -> Box<Code> {
        Box::new(self.code(c))
    }

    fn code(&mut self, c: &Code) -> Code {
        match c {
            Code::Word(w) => self.lookup(w).unwrap_or_else(|| self.writer.path(w)),
            Code::Prefix(sign, a) => match self.code(a) {
                // A text is a reference already.
                Code::Word(w) if *sign == "&" && w.starts_with('"') => Code::Word(w),
                a => Code::Prefix(sign, Box::new(a)),
            },
            Code::Infix(a, "as", to) => self.code(a).infix("as", (**to).clone()),
            Code::Infix(a, op, b) => Code::Infix(self.boxed(a), op, self.boxed(b)),
            Code::Field(a, name) => Code::Field(self.boxed(a), name.clone()),
            Code::Index(a, b) => Code::Index(self.boxed(a), self.boxed(b)),
            Code::List(list) => Code::List(self.all(list)),
            Code::Tuple(list) => Code::Tuple(self.all(list)),
            Code::Call(f, list) => self.call(f, list),
            Code::Method(a, name, list) => self.method(a, name, list),
            // A closure that stays one: its names are its own.
            Code::Closure(names, body) => {
                let own = names.iter().map(|n| (n.clone(), Code::word(n.as_str()))).collect();
                Code::Closure(names.clone(), Box::new(self.with(own, body)))
            }
            // `either!(x, |v| ..)` and its like choose between the kinds of a line; the method has one name.
            Code::Macro(_, list) => {
                let x = self.code(&list[0]);
                self.apply(&list[1], vec![x])
            }
            Code::If(condition, yes, no) => match self.holds(condition) {
                true => self.code(yes),
                false => self.code(no),
            },
            Code::Match(scrutinee, arms) => {
                let value = self.code(scrutinee);
                for (pattern, body) in arms {
                    let mut names = Vec::new();
                    if matches(pattern, &value, &mut names) {
                        return self.with(names, body);
                    }
                }
                panic!("no arm for {value:?}")
            }
        }
    }

    fn call(&mut self, f: &Code, list: &[Code]) -> Code {
        let number = |k: usize| self.argument(&list[k]).and_then(|a| a.number).unwrap_or(f64::NAN);
        match f {
            // The export is for f64.
            Code::Word(w) if w == "T::of" => self.code(&list[0]),
            // What is known before a program runs is written as a number.
            Code::Word(w) if w == "steps" => {
                Code::whole(steps(number(0), number(1), number(2)).map_or(0, |n| n as i128))
            }
            Code::Word(w) if w == "gap" => Code::number(gap(number(0), number(1), number(2) as usize)),
            f => Code::Call(self.boxed(f), self.all(list)),
        }
    }

    /// A method, or one of those in `functions::options` that say when an option is set.
    fn method(&mut self, a: &Code, name: &str, list: &[Code]) -> Code {
        match (name, list) {
            ("when", [flag, set]) => {
                let options = self.code(a);
                if self.holds(flag) { self.apply(set, vec![options]) } else { options }
            }
            ("option", [value, set]) => {
                let options = self.code(a);
                match self.code(value) {
                    Code::Call(some, mut inner) if some.is("Some") => self.apply(set, vec![options, inner.remove(0)]),
                    none => {
                        assert!(none.is("None"), "{none:?}");
                        options
                    }
                }
            }
            ("set", [value, set]) => {
                let options = self.code(a);
                let given = self.argument(value).is_none_or(|v| v.given);
                if !given {
                    return options;
                }
                let value = self.code(value);
                self.apply(set, vec![options, value])
            }
            ("of_planes" | "of_planes_with_index", [rank, f]) => {
                let own = self.argument(a).and_then(|x| x.rank);
                let alone = own.is_some_and(|own| rank.is(&own.to_string()));
                let x = self.code(a);
                if !alone {
                    return self.apply(f, vec![x]);
                }
                let zero = || vec![Code::whole(0)];
                let y = self.apply(f, vec![x.method("unsqueeze", zero())]);
                if name == "of_planes" {
                    return y.method("squeeze", zero());
                }
                let both = self.writer.hoist(y, "results");
                let part = |k| both.clone().field(k).method("squeeze", zero());
                Code::Tuple(vec![part("0"), part("1")])
            }
            ("rank", []) if self.argument(a).is_some() => {
                let rank = self.argument(a).and_then(|x| x.rank).expect("a line has a rank");
                Code::whole(rank as i128)
            }
            // One number serves for all axes of images.
            ("for_images", [x]) => {
                let rank = self.argument(x).and_then(|x| x.rank).unwrap_or(2);
                match self.code(a) {
                    Code::List(one) if one.len() == 1 => Code::List(vec![one[0].clone(); rank.saturating_sub(2)]),
                    list => list,
                }
            }
            _ => Code::Method(self.boxed(a), name.into(), self.all(list)),
        }
    }

    /// Whether a condition holds, which is known before the program runs.
    fn holds(&mut self, condition: &Code) -> bool {
        match condition {
            Code::Prefix("!", a) => !self.holds(a),
            Code::Infix(a, "&&", b) => self.holds(a) && self.holds(b),
            Code::Method(a, name, _) if name == "are_all" => self.code(a).is(".."),
            flag => match self.code(flag) {
                Code::Word(w) if w == "true" => true,
                Code::Word(w) if w == "false" => false,
                code => panic!("{code:?} is not known beforehand"),
            },
        }
    }
}

/// Whether a pattern fits, and what it names.
fn matches(pattern: &Code, value: &Code, names: &mut Vec<(String, Code)>) -> bool {
    match (pattern, value) {
        (Code::Word(p), _) if p == "_" => true,
        (Code::Word(p), _) if p.starts_with(char::is_lowercase) && p != "true" && p != "false" => {
            names.push((p.clone(), value.clone()));
            true
        }
        (Code::Word(p), Code::Word(v)) => p == v,
        (Code::Tuple(p), Code::Tuple(v)) => p.iter().zip(v).all(|(p, v)| matches(p, v, names)),
        (Code::Call(p, inner), Code::Call(v, values)) => {
            p == v && inner.iter().zip(values).all(|(p, v)| matches(p, v, names))
        }
        _ => false,
    }
}
