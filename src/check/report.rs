//! What a check found, property by property: each with its measured error and the bound on it.
//! A report passes where every property holds; its text shows all of them either way.

use std::fmt;

/// One property that was checked.
#[derive(Clone, Debug)]
pub struct Property {
    /// The property in words.
    pub name: &'static str,
    /// The measured relative error.
    pub error: f64,
    /// The bound it must not exceed.
    pub bound: f64,
}

impl Property {
    /// Whether the error is within its bound; NaN is not.
    pub fn holds(&self) -> bool {
        self.error <= self.bound
    }
}

/// What a check of one operation found, property by property.
#[derive(Clone, Debug)]
pub struct OpReport {
    /// The operation and the shapes of its operands.
    pub op: String,
    /// The properties in order.
    pub properties: Vec<Property>,
}

impl OpReport {
    pub(super) fn new(op: String) -> Self {
        OpReport { op, properties: Vec::new() }
    }

    pub(super) fn add(&mut self, name: &'static str, error: f64, bound: f64) {
        self.properties.push(Property { name, error, bound });
    }

    /// Whether every property holds.
    pub fn is_pass(&self) -> bool {
        self.properties.iter().all(Property::holds)
    }

    /// Panics with the whole report unless every property holds.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.is_pass(), "{self}");
    }
}

impl fmt::Display for OpReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.op, if self.is_pass() { "pass" } else { "MISMATCH" })?;
        for p in &self.properties {
            let mark = if p.holds() { "ok  " } else { "FAIL" };
            writeln!(f, "  {mark} {:<46} relative error {:.1e}, bound {:.0e}", p.name, p.error, p.bound)?;
        }
        Ok(())
    }
}
