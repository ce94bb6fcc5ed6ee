//! The command line of the benches. `cargo bench` adds `--bench`; without it, as under `cargo test`, nothing is timed.

pub const HELP: &str = "\
Times of kernels and workloads.

usage: cargo bench -- [FILTER]... [--seconds S] [--roofline [--rounds N] | --list]

  FILTER        only what has this in `family: name`; several filters add up
  --seconds S   how long to repeat each body  [0.5]
  --roofline    a table for 1 thread and for all, beside the peaks of this machine
  --rounds N    how often to go through all of it; the best counts  [2]
  --list        print the names

Threads are as many as WENGERT_NUM_THREADS says, or one per core; WENGERT_SIMD lowers the level of vector instructions.
";

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    List,
    /// Every body once, in small.
    Once,
    Times,
    Roofline,
}

pub struct Asked {
    pub command: Command,
    pub filters: Vec<String>,
    pub seconds: f64,
    pub rounds: usize,
}

/// The arguments behind the program's name.
pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { command: Command::Once, filters: Vec::new(), seconds: 0.5, rounds: 2 };
    let (mut timed, mut wanted) = (false, Command::Times);
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--bench" => timed = true,
            "--help" | "-h" => wanted = Command::Help,
            "--list" => wanted = Command::List,
            "--roofline" => wanted = Command::Roofline,
            "--seconds" => {
                let seconds = words.next().and_then(|text| text.parse().ok());
                let sane = seconds.filter(|s: &f64| (0.0..=3600.0).contains(s));
                asked.seconds = sane.ok_or("--seconds takes a number from 0 to 3600")?;
            }
            "--rounds" => {
                let rounds = words.next().and_then(|text| text.parse().ok());
                asked.rounds =
                    rounds.filter(|n| (1..=1000).contains(n)).ok_or("--rounds takes a number from 1 to 1000")?;
            }
            // What is meant for the test harness, such as `--nocapture`.
            flag if flag.starts_with('-') && !timed => {}
            flag if flag.starts_with('-') => return Err(format!("unknown argument `{flag}`; --help lists them all")),
            filter => asked.filters.push(filter.to_owned()),
        }
    }
    if timed || wanted != Command::Times {
        asked.command = wanted;
    }
    Ok(asked)
}
