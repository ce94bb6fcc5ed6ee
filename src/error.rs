//! The crate's one error type: what went wrong, the rule that was broken, the fix, and where in the user's code.
//! Operations fill in the sentence; the tape adds the operands and the source lines.

use std::cell::Cell;
use std::fmt;
use std::panic::{self, Location};

/// What went wrong, told so that it can be mended: the operation, all operands with their shapes and the source
/// lines that made them, the rule that was broken and the fix.
///
/// In expressions (`x.matmul(w)`) it is the text of a panic at the user's line; where input is data
/// ([`Tape::apply`](crate::Tape::apply), files) it comes back in a `Result`. The kind is asked for by predicates.
/// `{}` prints one line for each part, `{:#}` all of them on one line, for logs and command lines.
///
/// ```
/// use wengert::Error;
/// let e = Error::shape("cannot multiply [2] by [3]").rule("sizes are equal").fix("transpose one");
/// assert!(e.is_shape() && !e.is_index());
/// assert_eq!(e.to_string(), "cannot multiply [2] by [3]\n  rule: sizes are equal\n  fix:  transpose one");
/// assert_eq!(format!("{e:#}"), "cannot multiply [2] by [3]; rule: sizes are equal; fix: transpose one");
/// ```
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    subject: String,
    what: String,
    rule: String,
    fix: String,
    operands: Vec<String>,
    site: Option<&'static Location<'static>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    Shape,
    Type,
    Index,
    Domain,
    Argument,
    Tape,
    Io,
    Format,
}

impl Error {
    fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            subject: String::new(),
            what: what.into(),
            rule: String::new(),
            fix: String::new(),
            operands: Vec::new(),
            site: None,
            source: None,
        }))
    }

    /// Shapes or ranks that do not fit an operation.
    pub fn shape(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Shape, what)
    }

    /// A real operand where an integer one belongs, or the reverse; a wrong number of operands.
    pub fn kind(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Type, what)
    }

    /// An index or a label that is out of range.
    pub fn index(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Index, what)
    }

    /// Values outside the set on which an operation is defined (a matrix that is not positive definite, say).
    pub fn domain(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Domain, what)
    }

    /// An option, name or argument that makes no sense.
    pub fn argument(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Argument, what)
    }

    /// A handle used with a tape that is not its own, or a root that cannot be differentiated.
    pub fn tape(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Tape, what)
    }

    /// A file that cannot be read or written.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        let mut e = Error::new(ErrorKind::Io, what);
        e.0.source = Some(Box::new(source));
        e
    }

    /// Bytes that are not what their format says.
    pub fn format(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Format, what)
    }

    /// The rule that was broken, with its numbers.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<String>) -> Self {
        self.0.rule = rule.into();
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.0.fix = fix.into();
        self
    }

    /// The operation or file that the error is about; printed first.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        if self.0.subject.is_empty() {
            self.0.subject = subject.into();
        }
        self
    }

    /// The same error in the name of the composite that the operation is a part of.
    pub(crate) fn told_by(mut self, composite: &'static str) -> Self {
        self.0.subject = composite.into();
        self
    }

    /// One operand, as a line of text of its own.
    #[must_use]
    pub fn operand(mut self, text: impl Into<String>) -> Self {
        self.0.operands.push(text.into());
        self
    }

    /// The user's source line.
    #[must_use]
    pub fn at(mut self, site: &'static Location<'static>) -> Self {
        if !is_of_a_text(site) {
            self.0.site.get_or_insert(site);
        }
        self
    }

    /// The user's source line, where it is known.
    pub fn site(&self) -> Option<&'static Location<'static>> {
        self.0.site
    }

    /// Shapes or ranks do not fit.
    pub fn is_shape(&self) -> bool {
        self.0.kind == ErrorKind::Shape
    }

    /// Real and integer operands confused, or the wrong number of them.
    pub fn is_kind(&self) -> bool {
        self.0.kind == ErrorKind::Type
    }

    /// An index or label is out of range.
    pub fn is_index(&self) -> bool {
        self.0.kind == ErrorKind::Index
    }

    /// Values outside an operation's domain.
    pub fn is_domain(&self) -> bool {
        self.0.kind == ErrorKind::Domain
    }

    /// An option, name or argument makes no sense.
    pub fn is_argument(&self) -> bool {
        self.0.kind == ErrorKind::Argument
    }

    /// Tapes mixed, or a root that cannot be differentiated.
    pub fn is_tape(&self) -> bool {
        self.0.kind == ErrorKind::Tape
    }

    /// A file cannot be read or written.
    pub fn is_io(&self) -> bool {
        self.0.kind == ErrorKind::Io
    }

    /// Bytes are not what their format says.
    pub fn is_format(&self) -> bool {
        self.0.kind == ErrorKind::Format
    }

    /// What went wrong, and with what, without rule, fix and places.
    pub(crate) fn headline(&self) -> String {
        let e = &*self.0;
        let source = e.source.as_ref().map_or_else(String::new, |s| format!(": {s}"));
        match e.subject.is_empty() {
            true => format!("{}{source}", e.what),
            false => format!("{}: {}{source}", e.subject, e.what),
        }
    }

    /// The rule that was broken; empty where none is told.
    pub(crate) fn rule_text(&self) -> &str {
        &self.0.rule
    }

    /// What to do about it; empty where nothing is told.
    pub(crate) fn fix_text(&self) -> &str {
        &self.0.fix
    }

    /// Panics with this error as the message, at the caller's line; in [`catching`] it is what that returns.
    #[track_caller]
    pub(crate) fn raise(self) -> ! {
        if CATCHING.get() {
            #[cfg(all(panic = "abort", feature = "playground"))]
            RAISED.set(Some([self.headline(), self.rule_text().into(), self.fix_text().into()]));
            // Not a panic: no message is printed.
            panic::resume_unwind(Box::new(self))
        }
        panic!("{self}")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        if !e.subject.is_empty() {
            write!(f, "{}: ", e.subject)?;
        }
        write!(f, "{}", e.what)?;
        if let Some(s) = &e.source {
            write!(f, ": {s}")?;
        }
        let (next, pad) = if f.alternate() { ("; ", "") } else { ("\n  ", " ") };
        if !e.rule.is_empty() {
            write!(f, "{next}rule: {}", e.rule)?;
        }
        if !e.fix.is_empty() {
            write!(f, "{next}fix: {pad}{}", e.fix)?;
        }
        for o in &e.operands {
            write!(f, "{next}{o}")?;
        }
        if let Some(s) = e.site {
            write!(f, "{next}at {}:{}:{}", s.file(), s.line(), s.column())?;
        }
        Ok(())
    }
}

/// As `Display`, so that `unwrap` and a `main` that returns the error print the sentence and not a struct.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not passed on with its flags: `{:#?}`, in which `dbg!` prints, is no wish for a single line.
        write!(f, "{self}")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|s| &**s as &(dyn std::error::Error + 'static))
    }
}

/// The path of a source line below this crate's sources, if it is one of them.
pub(crate) fn own_file<'a>(site: &Location<'a>) -> Option<&'a str> {
    site.file().strip_prefix(&file!()[..file!().len() - "error.rs".len()])
}

/// Whether a source line is of the part of this crate that records expressions as text: it tells a user nothing.
pub(crate) fn is_of_a_text(site: &Location<'_>) -> bool {
    own_file(site).is_some_and(|below| below.starts_with("expr/") || below.starts_with("expr\\"))
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

#[cfg(all(panic = "abort", feature = "playground"))]
thread_local! {
    /// The last error that was raised where it should have been caught: headline, rule and fix.
    static RAISED: Cell<Option<[String; 3]>> = const { Cell::new(None) };
}

/// The error that ended the program where panics cannot be caught; whoever ran it asks for it afterwards.
#[cfg(all(panic = "abort", feature = "playground"))]
pub(crate) fn raised() -> Option<[String; 3]> {
    RAISED.take()
}

/// Runs `f`, which records what a text from outside says; an error that an expression raises in it comes back as an `Err`.
///
/// Methods of expressions panic, since in Rust code a wrong shape is the programmer's mistake. In a text it is not. What
/// `f` has recorded until then stays on the tape.
pub(crate) fn catching<V>(f: impl FnOnce() -> V) -> Result<V, Error> {
    struct Leave(bool);
    impl Drop for Leave {
        fn drop(&mut self) {
            CATCHING.set(self.0);
        }
    }
    let caught = {
        let _leave = Leave(CATCHING.replace(true));
        panic::catch_unwind(panic::AssertUnwindSafe(f))
    };
    caught.map_err(|payload| match payload.downcast::<Error>() {
        Ok(e) => *e,
        Err(payload) => panic::resume_unwind(payload),
    })
}

/// `Ok(v)` is `v`; an error is a panic with its text at the caller's line.
pub(crate) trait OrRaise<V> {
    fn or_raise(self) -> V;
}

impl<V> OrRaise<V> for Result<V, Error> {
    #[track_caller]
    fn or_raise(self) -> V {
        match self {
            Ok(v) => v,
            Err(e) => e.raise(),
        }
    }
}
