//! What a checkpoint says besides its tensors, as lines of text: format, position of the run, roles, optimiser.
//! The text is part of the file's metadata, where people and other programs can read it.

use std::fmt::{self, Display, Write};
use std::str::FromStr;

use indexmap::IndexMap;

use crate::error::Error;

/// The version that is written, and the only one that is read.
const VERSION: &str = "1";

/// Where a training run stands: what it needs to continue besides parameters and the optimiser's state.
///
/// Resume with `tape.set_step(progress.step)` on a tape seeded with `progress.seed`, and with the data's walk of
/// `progress.epoch`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Epochs completed.
    pub epoch: u64,
    /// Steps made: the tape's [`step`](crate::Tape::step).
    pub step: u64,
    /// The run's seed.
    pub seed: u64,
}

/// An optimiser's part of the header.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OptimizerLine {
    pub name: String,
    pub rate: f64,
    pub counts: IndexMap<String, u64>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Header {
    pub progress: Progress,
    pub buffers: Vec<String>,
    pub optimizer: Option<OptimizerLine>,
}

impl Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { epoch, step, seed } = self.progress;
        write!(f, "version={VERSION}\nepoch={epoch}\nstep={step}\nseed={seed}\n")?;
        self.buffers.iter().try_for_each(|name| writeln!(f, "buffer={name}"))?;
        if let Some(o) = &self.optimizer {
            // Debug prints as many digits as it takes to read the same double back.
            write!(f, "optimizer={}\nrate={:?}\n", o.name, o.rate)?;
            o.counts.iter().try_for_each(|(name, count)| writeln!(f, "count={count} {name}"))?;
        }
        Ok(())
    }
}

impl FromStr for Header {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut header = Header::default();
        let mut lines = text.lines();
        match lines.next().and_then(|l| l.strip_prefix("version=")) {
            Some(VERSION) => {}
            found => {
                return Err(Error::format(format!("checkpoint format {}", found.unwrap_or("of no version")))
                    .rule(format!("this program reads version {VERSION}"))
                    .fix("use the release of the program that wrote the file"));
            }
        }
        for line in lines {
            let (key, value) = line.split_once('=').ok_or_else(|| bad(line))?;
            match key {
                "epoch" => header.progress.epoch = number(line, value)?,
                "step" => header.progress.step = number(line, value)?,
                "seed" => header.progress.seed = number(line, value)?,
                "buffer" => header.buffers.push(value.to_owned()),
                "optimizer" => {
                    let (name, counts) = (value.to_owned(), IndexMap::new());
                    header.optimizer = Some(OptimizerLine { name, rate: f64::NAN, counts });
                }
                "rate" => header.optimizer.as_mut().ok_or_else(|| bad(line))?.rate = number(line, value)?,
                "count" => {
                    let (count, name) = value.split_once(' ').ok_or_else(|| bad(line))?;
                    let optimizer = header.optimizer.as_mut().ok_or_else(|| bad(line))?;
                    optimizer.counts.insert(name.to_owned(), number(line, count)?);
                }
                _ => return Err(bad(line)),
            }
        }
        match &header.optimizer {
            Some(o) if !o.rate.is_finite() => Err(Error::format(format!("the learning rate is {}", o.rate))
                .rule("an optimiser's line is followed by its rate, a finite number")
                .fix("use a file that this program wrote, unchanged")),
            _ => Ok(header),
        }
    }
}

fn number<N: FromStr>(line: &str, text: &str) -> Result<N, Error> {
    text.parse().map_err(|_| bad(line))
}

fn bad(line: &str) -> Error {
    const SHOWN: usize = 80;
    let mut shown = String::new();
    line.chars().take(SHOWN).for_each(|c| shown.extend(c.escape_debug()));
    let _ = write!(shown, "{}", if line.chars().count() > SHOWN { "…" } else { "" });
    Error::format(format!("the checkpoint's description has the line \"{shown}\""))
        .rule("lines are `key=value` with the keys and types of format version 1")
        .fix("use a file that this program wrote, unchanged")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let header = Header {
            progress: Progress { epoch: 3, step: u64::MAX, seed: 5 },
            buffers: vec!["a.mean".into(), "odd = name".into()],
            optimizer: Some(OptimizerLine {
                name: "sgd".into(),
                rate: 0.1 + 0.2,
                counts: IndexMap::from([("w".into(), 7), ("with space".into(), 8)]),
            }),
        };
        assert_eq!(header.to_string().parse::<Header>().unwrap(), header);
        assert_eq!(Header::default().to_string().parse::<Header>().unwrap(), Header::default());
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "version=2", "epoch=1", "version=1\nepoch=-1", "version=1\nwhat=1", "version=1\ncount=1 w"] {
            assert!(text.parse::<Header>().unwrap_err().is_format(), "{text}");
        }
        for rate in ["", "rate=NaN\n", "rate=inf\n"] {
            let e = format!("version=1\noptimizer=sgd\n{rate}").parse::<Header>().unwrap_err();
            assert!(e.is_format() && e.to_string().contains("the learning rate is"), "{e}");
        }
        let e = format!("version=1\n{}", "x".repeat(1000)).parse::<Header>().unwrap_err();
        assert!(e.to_string().len() < 400, "{e}");
    }
}
