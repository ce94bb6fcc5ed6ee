//! Expressions of Rust as trees, as far as rows of functions use them.
//! Brackets are no part of a tree: printing puts them where precedence asks for them.

/// An expression of Rust.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::expr) enum Code {
    /// A name, a path, a number, a text, or `..`.
    Word(String),
    /// `-a`, `&a`, `!a`.
    Prefix(&'static str, Box<Code>),
    /// `a + b`, `a..b`, `a as b`.
    Infix(Box<Code>, &'static str, Box<Code>),
    /// `f(a, b)`.
    Call(Box<Code>, Vec<Code>),
    /// `a.f(b)`.
    Method(Box<Code>, String, Vec<Code>),
    /// `a.0`.
    Field(Box<Code>, String),
    /// `a[0]`.
    Index(Box<Code>, Box<Code>),
    List(Vec<Code>),
    Tuple(Vec<Code>),
    /// `|a, b| c`.
    Closure(Vec<String>, Box<Code>),
    /// `name!(a, b)`.
    Macro(String, Vec<Code>),
    If(Box<Code>, Box<Code>, Box<Code>),
    /// The scrutinee; patterns, which look like expressions, and what they lead to.
    Match(Box<Code>, Vec<(Code, Code)>),
}

/// Operators between two operands, by how tightly they bind.
pub(super) const INFIX: &[(&str, u8)] =
    &[("..", 1), ("||", 2), ("&&", 3), ("==", 4), ("+", 5), ("-", 5), ("*", 6), ("/", 6), ("as", 7)];
/// How tightly signs bind, and what is no operator at all.
pub(super) const PREFIX: u8 = 8;
pub(super) const WHOLE: u8 = 9;

impl Code {
    pub fn word(text: impl Into<String>) -> Self {
        Code::Word(text.into())
    }

    /// A number as a literal of type f64, to the bit.
    pub fn number(v: f64) -> Self {
        match v {
            v if v.is_nan() => Code::word("f64::NAN"),
            f64::INFINITY => Code::word("f64::INFINITY"),
            f64::NEG_INFINITY => Code::word("f64::NEG_INFINITY"),
            f64::MAX => Code::word("f64::MAX"),
            f64::MIN => Code::word("f64::MIN"),
            v if v.is_sign_negative() => Code::Prefix("-", Box::new(Code::number(-v))),
            v => Code::word(format!("{v:?}")),
        }
    }

    /// A whole number as a literal.
    pub fn whole(v: i128) -> Self {
        match v {
            v if v < 0 => Code::Prefix("-", Box::new(Code::whole(-v))),
            v => Code::word(v.to_string()),
        }
    }

    /// A text as a literal.
    pub fn text(t: &str) -> Self {
        Code::word(format!("{t:?}"))
    }

    pub fn call(function: &str, arguments: Vec<Code>) -> Self {
        Code::Call(Box::new(Code::word(function)), arguments)
    }

    pub fn method(self, name: &str, arguments: Vec<Code>) -> Self {
        Code::Method(Box::new(self), name.into(), arguments)
    }

    pub fn field(self, name: &str) -> Self {
        Code::Field(Box::new(self), name.into())
    }

    pub fn reference(self) -> Self {
        Code::Prefix("&", Box::new(self))
    }

    pub fn infix(self, operator: &'static str, other: Code) -> Self {
        Code::Infix(Box::new(self), operator, Box::new(other))
    }

    /// Whether it is the word.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Code::Word(w) if w == word)
    }

    /// How tightly its outermost operator binds.
    pub(super) fn binding(&self) -> u8 {
        match self {
            Code::Infix(_, op, _) => INFIX.iter().find(|o| o.0 == *op).map_or(WHOLE, |o| o.1),
            Code::Prefix(..) => PREFIX,
            Code::Closure(..) => 0,
            _ => WHOLE,
        }
    }

    /// The number of operations that lie within each other.
    pub fn depth(&self) -> usize {
        match self {
            Code::Word(_) => 0,
            Code::Prefix(_, a) | Code::Field(a, _) | Code::Closure(_, a) => a.depth() + 1,
            Code::Infix(a, _, b) | Code::Index(a, b) => a.depth().max(b.depth()) + 1,
            Code::Call(a, list) | Code::Method(a, _, list) => a.depth().max(deepest(list)) + 1,
            Code::List(list) | Code::Tuple(list) | Code::Macro(_, list) => deepest(list) + 1,
            Code::If(a, b, c) => a.depth().max(b.depth()).max(c.depth()) + 1,
            Code::Match(a, arms) => arms.iter().map(|arm| arm.1.depth()).fold(a.depth(), usize::max) + 1,
        }
    }
}

fn deepest(list: &[Code]) -> usize {
    list.iter().map(Code::depth).max().unwrap_or(0)
}
