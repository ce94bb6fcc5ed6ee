//! The program that is being written: what it imports, its statements, and the names that it has given.
//! Literals that stand for labels or for numbers are written only where something reads them by name.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;

use super::code::Code;
use super::layout::{flat, short, statement, whole};
use super::names::{CONSTANTS, FUNCTIONS, is_snake_case, spelled};

/// Beyond so many operations within each other, a value gets a name of its own.
const DEEP: usize = 12;

/// A statement is looked at for what makes it long beyond so many characters, and what is in brackets beyond so many.
const WIDE: usize = 60;
const LONG: usize = 40;
const LINE: usize = 80;

/// A program in Rust that grows by statements.
#[derive(Debug, Default)]
pub(in crate::expr) struct Writer {
    statements: Vec<Statement>,
    /// The name in Rust of each name of the text.
    names: HashMap<String, String>,
    /// How often each name of Rust has been wanted anew.
    taken: HashMap<String, usize>,
    /// Names that a list has been made of: they keep their meaning when the text gives them another.
    held: HashSet<String>,
}

#[derive(Debug)]
struct Statement {
    names: Vec<String>,
    /// `(a, b)` and not `a`.
    pattern: bool,
    code: Code,
    /// It is left out unless something reads it.
    optional: bool,
}

impl Writer {
    /// A path of this crate as a program writes it: without modules.
    pub fn path(&mut self, path: &str) -> Code {
        let parts: Vec<&str> = path.split("::").collect();
        let is_module = |p: &&&str| p.starts_with(char::is_lowercase) && **p != "f64";
        let modules = parts[..parts.len() - 1].iter().take_while(is_module).count();
        Code::word(parts[modules..].join("::"))
    }

    /// An expression of this crate, which reads no names.
    pub fn read(&mut self, text: &str) -> Code {
        super::expand(text, &[], self)
    }

    /// A name that nothing else has.
    fn fresh(&mut self, wanted: &str) -> String {
        let base = spelled(wanted);
        let mut name = base.clone();
        while self.taken.contains_key(&name) {
            let count = self.taken.entry(base.clone()).or_insert(1);
            *count += 1;
            name = format!("{base}{count}");
        }
        self.taken.insert(name.clone(), 1);
        name
    }

    /// The name in Rust of a name of the text that is about to get a value.
    fn target(&mut self, name: &str) -> String {
        if let Some(known) = self.names.get(name).filter(|n| !self.held.contains(*n)) {
            return known.clone();
        }
        let fresh = self.fresh(name);
        self.names.insert(name.into(), fresh.clone());
        fresh
    }

    /// `let name = code;`, and what reads it.
    pub fn assign(&mut self, name: &str, code: Code) -> Code {
        let name = self.target(name);
        self.push(vec![name.clone()], false, code, false);
        Code::Word(name)
    }

    /// `let (a, b) = code;`: what reads each, `_` for those without a name.
    pub fn take_apart(&mut self, names: &[Option<&str>], code: Code) -> Vec<Code> {
        let names: Vec<String> = names.iter().map(|n| n.map_or("_".into(), |n| self.target(n))).collect();
        self.push(names.clone(), true, code, false);
        names.into_iter().map(Code::Word).collect()
    }

    /// As [`assign`](Writer::assign), written only if it is read.
    pub fn assign_if_read(&mut self, name: &str, code: Code) -> Code {
        let name = self.target(name);
        self.push(vec![name.clone()], false, code, true);
        Code::Word(name)
    }

    /// A value of its own before the statement, under a name near to the wanted one.
    pub fn hoist(&mut self, code: Code, wanted: &str) -> Code {
        let name = self.fresh(wanted);
        self.push(vec![name.clone()], false, code, false);
        Code::Word(name)
    }

    /// The code, or a name for it where it has grown deep. Each row comes here, so that a part of a tree is looked at no more
    /// often than trees are deep.
    pub fn shallow(&mut self, code: Code) -> Code {
        if code.depth() > DEEP { self.hoist(code, "part") } else { code }
    }

    /// Names in it must not get another meaning from now on.
    pub fn hold(&mut self, code: &Code) {
        if let Code::Word(w) = code {
            self.held.insert(w.clone());
        }
    }

    /// Parts of a long expression that would not read well on several lines get names.
    fn relieved(&mut self, code: Code) -> Code {
        let mut all = |list: Vec<Code>| list.into_iter().map(|c| self.relieved(c)).collect();
        match code {
            Code::Method(a, name, list) => {
                let list: Vec<Code> = all(list);
                let a = self.relieved(*a);
                let bracketed = matches!(a, Code::Infix(..) | Code::Prefix(..)) && flat(&a).len() > LONG;
                // Many arguments behind a chain.
                let chained = matches!(a, Code::Method(..)) && (list.len() > 2 || !short(&list, 0));
                Code::Method(Box::new(if bracketed || chained { self.hoist(a, "part") } else { a }), name, list)
            }
            Code::Call(f, list) => Code::Call(f, all(list)),
            Code::Infix(a, op, b) => {
                let [a, b] = [*a, *b].map(|side| {
                    let side = self.relieved(side);
                    if whole(&side) { side } else { self.hoist(side, "part") }
                });
                // `a + b - c` of a line and more.
                let mixed = matches!(&a, Code::Infix(_, other, _) if *other != op);
                let long = mixed && flat(&a).len() + flat(&b).len() > LINE;
                Code::Infix(Box::new(if long { self.hoist(a, "part") } else { a }), op, Box::new(b))
            }
            code => code,
        }
    }

    fn push(&mut self, names: Vec<String>, pattern: bool, code: Code, optional: bool) {
        let code = if flat(&code).len() > WIDE { self.relieved(code) } else { code };
        self.statements.push(Statement { names, pattern, code, optional });
    }

    /// A program with a `main` that prints `root` and, where it is one real number, the gradients of `leaves`.
    pub fn main(mut self, root: Option<Code>, leaves: &IndexMap<String, Code>, is_scalar: bool) -> String {
        let mut end = Vec::new();
        let mut lines = String::new();
        if let Some(root) = root {
            let root = if let Code::Word(_) = root { root } else { self.hoist(root, "result") };
            let name = flat(&root);
            let (form, value) = if is_scalar { ("", "item") } else { ("\\n", "value") };
            lines +=
                &format!("    println!(\"{name} ={}{{}}\", {name}.{value}());\n", if is_scalar { " " } else { form });
            if is_scalar && !leaves.is_empty() {
                lines += &format!("    let grads = {name}.backward();\n");
            }
            for (name, leaf) in leaves.iter().filter(|_| is_scalar) {
                lines += &format!("    println!(\"d/d{name} =\\n{{}}\", grads[{}]);\n", flat(leaf));
                end.push(leaf.clone());
            }
            end.push(root);
        }
        let mut words = BTreeSet::new();
        let body = self.body(&end, &mut words);
        if body.is_empty() && lines.is_empty() {
            return "fn main() {}\n".into();
        }
        let odd = self.statements.iter().flat_map(|s| &s.names).any(|n| !is_snake_case(n));
        let allow = if odd { "#[allow(non_snake_case)]\n" } else { "" };
        let imports = imports(&words);
        format!("{imports}\n{allow}fn main() {{\n    let tape = Tape::<f64>::default();\n{body}{lines}}}\n")
    }

    /// The statements, where `end` is read after them; `words` collects what they are made of.
    fn body<'s>(&'s self, end: &'s [Code], words: &mut BTreeSet<&'s str>) -> String {
        let mut wanted: HashSet<&str> = HashSet::new();
        let mut read_by = |code: &'s Code, wanted: &mut HashSet<&'s str>| {
            let mut found = Vec::new();
            words_in(code, &mut found);
            wanted.extend(&found);
            words.extend(found);
        };
        end.iter().for_each(|c| read_by(c, &mut wanted));
        let mut lines = Vec::new();
        // From the last on: a statement reads what stands before it.
        for s in self.statements.iter().rev() {
            let read: Vec<bool> = s.names.iter().map(|n| wanted.remove(n.as_str())).collect();
            if s.optional && !read[0] {
                continue;
            }
            let shown = |(name, read): (&String, &bool)| {
                let unread = format!("_{name}");
                match *read || name == "_" {
                    true => name.clone(),
                    // The name with an underscore might be another's.
                    false if self.taken.contains_key(&unread) => "_".into(),
                    false => unread,
                }
            };
            let names: Vec<String> = s.names.iter().zip(&read).map(shown).collect();
            let target = if s.pattern { format!("({})", names.join(", ")) } else { names[0].clone() };
            lines.push(statement(&format!("let {target} = "), &s.code, 4));
            read_by(&s.code, &mut wanted);
        }
        lines.reverse();
        lines.concat()
    }
}

/// What the words of a program come from.
fn imports(words: &BTreeSet<&str>) -> String {
    let types = words.iter().filter_map(|w| w.split_once("::")).map(|(of, _)| of);
    let mut types: BTreeSet<&str> = types.filter(|t| t.starts_with(char::is_uppercase)).collect();
    types.insert("Tape");
    let functions = words.iter().copied().filter(|w| FUNCTIONS.contains(w));
    let names: Vec<&str> = types.into_iter().chain(functions).collect();
    let constants: Vec<&str> = words.iter().copied().filter(|w| CONSTANTS.contains(w)).collect();
    let mut text = String::new();
    if !constants.is_empty() {
        text += &format!("{}\n", import("std::f64::consts", &constants));
    }
    text + &import("wengert", &names)
}

/// `use of::{a, b};`, filled line by line.
fn import(of: &str, names: &[&str]) -> String {
    let line = match names {
        [one] => format!("use {of}::{one};\n"),
        _ => format!("use {of}::{{{}}};\n", names.join(", ")),
    };
    if line.len() <= 101 {
        return line;
    }
    let (mut text, mut column) = (format!("use {of}::{{\n   "), 3);
    for name in names {
        if column + name.len() + 2 > 100 {
            text += "\n   ";
            column = 3;
        }
        text += &format!(" {name},");
        column += name.len() + 2;
    }
    text + "\n};\n"
}

/// The words that a tree is made of.
fn words_in<'a>(code: &'a Code, found: &mut Vec<&'a str>) {
    match code {
        Code::Word(w) => found.push(w),
        Code::Prefix(_, a) | Code::Field(a, _) | Code::Closure(_, a) => words_in(a, found),
        Code::Infix(a, _, b) | Code::Index(a, b) => {
            words_in(a, found);
            words_in(b, found);
        }
        Code::Call(a, list) | Code::Method(a, _, list) => {
            words_in(a, found);
            list.iter().for_each(|c| words_in(c, found));
        }
        Code::List(list) | Code::Tuple(list) | Code::Macro(_, list) => list.iter().for_each(|c| words_in(c, found)),
        Code::If(..) | Code::Match(..) => {}
    }
}
