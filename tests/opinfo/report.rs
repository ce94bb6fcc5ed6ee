//! What became of the cases, as a table of those that do not pass and a last line of counts.
//! Cases that fail in the same way stand on one line.

use std::fmt;

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Passed,
    /// Passed, with finite gradients where those of the reference are NaN.
    PassedFinite,
    Failed(String),
    Unsupported(String),
}

/// All operations with the calls and fates of their cases.
#[derive(Debug, Default)]
pub struct Report {
    operations: Vec<(String, Vec<(String, Fate)>)>,
}

impl Report {
    pub fn add(&mut self, operation: String, fates: Vec<(String, Fate)>) {
        self.operations.push((operation, fates));
    }

    fn count(&self, which: impl Fn(&Fate) -> bool) -> usize {
        self.operations.iter().flat_map(|(_, fates)| fates).filter(|(_, fate)| which(fate)).count()
    }

    pub fn cases(&self) -> usize {
        self.count(|_| true)
    }

    pub fn failed(&self) -> usize {
        self.count(|f| matches!(f, Fate::Failed(_)))
    }

    pub fn unsupported(&self) -> usize {
        self.count(|f| matches!(f, Fate::Unsupported(_)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, fates) in &self.operations {
            for (k, (call, fate)) in fates.iter().enumerate() {
                match fate {
                    Fate::Passed | Fate::PassedFinite => {}
                    Fate::Failed(how) => writeln!(f, "FAILED       {name} #{k}({call})\n             {how}")?,
                    Fate::Unsupported(why) => {
                        writeln!(f, "unsupported  {name} #{k}({call})\n             {why}")?;
                    }
                }
            }
        }
        let finite = self.count(|f| *f == Fate::PassedFinite);
        if finite > 0 {
            writeln!(
                f,
                "{finite} of the passed cases have finite gradients where those of the reference are NaN (0·∞)"
            )?;
        }
        let (n, failed, unsupported) = (self.cases(), self.failed(), self.unsupported());
        let (passed, k) = (n - failed - unsupported, self.operations.len());
        write!(
            f,
            "opinfo: {passed} passed, {failed} failed, {unsupported} unsupported of {n} cases over {k} operations"
        )
    }
}
