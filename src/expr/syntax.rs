//! What a text says, before anything is recorded: statements, expressions and the places they stand at.
//! Chains of operators and of methods are lists, so that no text makes the tree deeper than its brackets are.

use super::diagnostic::Span;
use crate::error::Error;

/// A name and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub text: String,
    pub span: Span,
}

/// `targets = value`, or a value alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub targets: Vec<Name>,
    pub value: Node,
}

/// An expression and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub span: Span,
    pub kind: NodeKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NodeKind {
    Number(f64),
    Text(String),
    Flag(bool),
    None,
    Name(String),
    /// `[a, b, ..]`.
    List(Vec<Node>),
    Negative(Box<Node>),
    /// `a + b - c`: operators of one precedence, from left to right.
    Chain(Box<Node>, Vec<(Operator, Node)>),
    /// `a ^ b`.
    Power(Box<Node>, Box<Node>),
    Call(Call),
    /// `a.f(..)[..].g(..)`, from left to right.
    Postfix(Box<Node>, Vec<Postfix>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub function: Name,
    pub arguments: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Argument {
    pub name: Option<Name>,
    pub value: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Postfix {
    Method(Call, Span),
    Index(Vec<Subscript>, Span),
}

/// What stands between commas in an index.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subscript {
    At(Node),
    Range(Range),
}

/// `from:to:step`, each optional.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    pub span: Span,
    pub from: Option<Node>,
    pub to: Option<Node>,
    pub step: Option<Node>,
}

impl Subscript {
    pub fn span(&self) -> &Span {
        match self {
            Subscript::At(n) => &n.span,
            Subscript::Range(r) => &r.span,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    MatMul,
    Lt,
    Le,
    Gt,
    Ge,
    Equals,
    Differs,
}

impl Operator {
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::MatMul => "@",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
            Operator::Equals => "==",
            Operator::Differs => "!=",
        }
    }
}

impl Node {
    /// The tensor that a literal of numbers spells, `[[1, -2], [3, 4]]` or a single number; `None` for anything else.
    ///
    /// Rows of different lengths are an error: the place of the odd one, and what it should be.
    pub fn literal(&self) -> Option<Result<Literal, (Span, Error)>> {
        fn walk(n: &Node, depth: usize, l: &mut Literal, bad: &mut Option<(Span, String)>) -> bool {
            match &n.kind {
                NodeKind::Number(v) => leaf(n, *v, depth, l, bad),
                NodeKind::Negative(inner) => match inner.kind {
                    NodeKind::Number(v) => leaf(n, -v, depth, l, bad),
                    _ => false,
                },
                NodeKind::List(items) => {
                    match l.dims.get(depth) {
                        None if l.closed => {
                            bad.get_or_insert((
                                n.span.clone(),
                                "a number is wanted here, as in the rows before".into(),
                            ));
                        }
                        None => l.dims.push(items.len()),
                        Some(&d) if d != items.len() => {
                            let entries = if items.len() == 1 { "entry" } else { "entries" };
                            let text = format!("this row has {} {entries}, the first one has {d}", items.len());
                            bad.get_or_insert((n.span.clone(), text));
                        }
                        Some(_) => {}
                    }
                    if items.is_empty() {
                        l.closed = true;
                    }
                    items.iter().all(|i| walk(i, depth + 1, l, bad))
                }
                _ => false,
            }
        }
        fn leaf(n: &Node, v: f64, depth: usize, l: &mut Literal, bad: &mut Option<(Span, String)>) -> bool {
            if depth != l.dims.len() {
                bad.get_or_insert((n.span.clone(), "a row is wanted here, as in the rows before".into()));
            }
            l.closed = true;
            l.data.push(v);
            true
        }
        let (mut literal, mut bad) = (Literal::default(), None);
        let whole = walk(self, 0, &mut literal, &mut bad);
        let ragged = |(span, what)| {
            let e = Error::shape(what).rule("rows of a tensor are equally long").fix("add or remove numbers");
            Err((span, e))
        };
        whole.then(|| bad.map_or(Ok(literal), ragged))
    }

    /// The places of the numbers of a literal, row by row, signs included; `None` where it is none.
    pub fn numbers(&self) -> Option<Vec<Span>> {
        fn walk(n: &Node, found: &mut Vec<Span>) {
            match &n.kind {
                NodeKind::List(items) => items.iter().for_each(|i| walk(i, found)),
                _ => found.push(n.span.clone()),
            }
        }
        self.literal()?.ok()?;
        let mut found = Vec::new();
        walk(self, &mut found);
        Some(found)
    }

    /// The place of one entry of lists within lists.
    pub fn element(&self, at: &[usize]) -> Option<Span> {
        match (at, &self.kind) {
            ([], _) => Some(self.span.clone()),
            ([k, rest @ ..], NodeKind::List(items)) => items.get(*k)?.element(rest),
            _ => None,
        }
    }
}

/// A tensor of numbers as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Literal {
    pub dims: Vec<usize>,
    pub data: Vec<f64>,
    /// The innermost axis has been seen.
    closed: bool,
}
