//! From the text of a row's body to its tree.
//! Bodies are the crate's own, so what is not understood is a mistake in a row: a panic, which the tests provoke for each.

use super::code::{Code, INFIX, PREFIX};

/// The value of a body in braces; statements before it are checks, which a program that was recorded has passed.
pub(super) fn body(text: &str) -> Code {
    let mut r = Reader { text, rest: text.trim_start() };
    let value = r.expression(0);
    assert!(r.rest.is_empty(), "`{}` is left over in `{text}`", r.rest);
    value
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, bytes: usize) -> &str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest.trim_start();
        taken.trim_end()
    }

    fn take(&mut self, sign: &str) -> bool {
        let is = self.rest.starts_with(sign);
        if is {
            self.skip(sign.len());
        }
        is
    }

    fn need(&mut self, sign: &str) {
        assert!(self.take(sign), "`{sign}` is missing before `{}` in `{}`", self.rest, self.text);
    }

    /// A keyword, which no letter follows.
    fn keyword(&mut self, word: &str) -> bool {
        let is =
            self.rest.strip_prefix(word).is_some_and(|r| !r.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        if is {
            self.skip(word.len());
        }
        is
    }

    fn name(&mut self) -> String {
        let len = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        assert!(len > 0, "a name is missing before `{}` in `{}`", self.rest, self.text);
        self.skip(len).to_string()
    }

    /// `a::b::<c>`.
    fn path(&mut self) -> String {
        let mut path = self.name();
        while self.take("::") {
            path += "::";
            if self.rest.starts_with('<') {
                let mut open = 0;
                let end = self.rest.find(|c| {
                    open += i32::from(c == '<') - i32::from(c == '>');
                    open == 0
                });
                path += self.skip(end.expect("brackets close") + 1);
            } else {
                path += &self.name();
            }
        }
        path
    }

    fn list(&mut self, close: &str) -> Vec<Code> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.expression(0));
            if !self.take(",") {
                self.need(close);
                break;
            }
        }
        items
    }

    fn expression(&mut self, least: u8) -> Code {
        let mut left = self.signed();
        loop {
            // `&&` before a body's `&`, and no operator where an arm's `=>` follows.
            let found = INFIX.iter().find(|(op, binds)| *binds > least && self.rest.starts_with(op));
            match found {
                Some(&("as", binds)) if self.keyword("as") => {
                    let right = Code::Word(self.path());
                    left = left.infix("as", right);
                    debug_assert!(binds > least);
                }
                Some(&(op, binds)) if op != "as" => {
                    self.skip(op.len());
                    let right = self.expression(binds);
                    left = left.infix(op, right);
                }
                _ => return left,
            }
        }
    }

    fn signed(&mut self) -> Code {
        for sign in ["-", "&", "!"] {
            if self.take(sign) {
                return Code::Prefix(sign, Box::new(self.expression(PREFIX - 1)));
            }
        }
        let mut value = self.atom();
        loop {
            if self.rest.starts_with("..") {
                return value;
            } else if self.take(".") {
                let name = self.path();
                let called = self.take("(");
                value = if called { value.method(&name, self.list(")")) } else { value.field(&name) };
            } else if self.take("(") {
                value = Code::Call(Box::new(value), self.list(")"));
            } else if self.take("[") {
                let at = self.list("]").remove(0);
                value = Code::Index(Box::new(value), Box::new(at));
            } else if !self.take("?") {
                return value;
            }
        }
    }

    fn atom(&mut self) -> Code {
        if self.keyword("if") {
            let condition = self.expression(0);
            let yes = self.braces();
            assert!(self.keyword("else"), "an `if` without `else` in `{}`", self.text);
            return Code::If(Box::new(condition), Box::new(yes), Box::new(self.atom()));
        }
        if self.keyword("match") {
            let scrutinee = self.expression(0);
            self.need("{");
            let mut arms = Vec::new();
            while !self.take("}") {
                let pattern = self.expression(0);
                self.need("=>");
                arms.push((pattern, self.expression(0)));
                self.take(",");
            }
            return Code::Match(Box::new(scrutinee), arms);
        }
        match self.rest.chars().next() {
            Some('{') => self.braces(),
            Some('(') => {
                self.need("(");
                let mut items = self.list(")");
                if items.len() == 1 { items.remove(0) } else { Code::Tuple(items) }
            }
            Some('[') => {
                self.need("[");
                Code::List(self.list("]"))
            }
            Some('|') => {
                self.need("|");
                let mut names = Vec::new();
                while !self.take("|") {
                    names.push(self.name());
                    self.take(",");
                }
                Code::Closure(names, Box::new(self.expression(0)))
            }
            Some('"') => {
                let end = self.rest[1..].find('"').expect("a text closes") + 2;
                Code::word(self.skip(end))
            }
            Some('.') => {
                self.need("..");
                Code::word("..")
            }
            Some(c) if c.is_ascii_digit() => {
                let bytes = self.rest.as_bytes();
                let fraction = |k: usize| bytes[k] == b'.' && bytes.get(k + 1).is_some_and(u8::is_ascii_digit);
                let exponent = |k: usize| bytes[k] == b'-' && bytes[k - 1] == b'e';
                let in_number = |k: &usize| bytes[*k].is_ascii_alphanumeric() || fraction(*k) || exponent(*k);
                let len = (0..bytes.len()).take_while(in_number).count();
                Code::word(self.skip(len))
            }
            _ => {
                let path = self.path();
                match self.rest.starts_with("!(") && self.take("!") {
                    true => {
                        self.need("(");
                        Code::Macro(path, self.list(")"))
                    }
                    false => Code::Word(path),
                }
            }
        }
    }

    fn braces(&mut self) -> Code {
        self.need("{");
        loop {
            let value = self.expression(0);
            if self.take("}") {
                return value;
            }
            self.need(";");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_understood() {
        let word = Code::word;
        assert_eq!(body("{ x.relu() }"), word("x").method("relu", vec![]));
        assert_eq!(body("{ few(n)?; -x }"), Code::Prefix("-", Box::new(word("x"))));
        let product = word("b").infix("*", word("k").infix("as", word("f64")));
        assert_eq!(body("{ a + b * k as f64 }"), word("a").infix("+", product));
        assert_eq!(body("{ a - b - c }"), word("a").infix("-", word("b")).infix("-", word("c")));
        assert_eq!(body("{ v.slice(axis, start..stop) }"), {
            word("v").method("slice", vec![word("axis"), word("start").infix("..", word("stop"))])
        });
        let Code::Match(_, arms) = body("{ match (a, b) { (None, false) => x.sum(), (a, _) => x, } }") else {
            panic!()
        };
        assert_eq!(arms[1], (Code::Tuple(vec![word("a"), word("_")]), word("x")));
        assert_eq!(body("{ x.collect::<Vec<_>>() }"), word("x").method("collect::<Vec<_>>", vec![]));
        assert_eq!(body("{ f(1e-3, [-1, 1.5]).0 }"), {
            let list = Code::List(vec![Code::Prefix("-", Box::new(word("1"))), word("1.5")]);
            Code::call("f", vec![word("1e-3"), list]).field("0")
        });
    }
}
