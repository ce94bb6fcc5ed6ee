//! The command line of the race: a form, a workload, seconds, threads.
//! Whatever is wrong comes back as one line.

use super::task::{Form, Task};
use super::workloads::workloads;

pub const HELP: &str = "\
Times one workload of the race and prints a line of JSON.

usage: race [replay] WORKLOAD [SECONDS] [--threads N]
       race list

  replay        run a compiled program; without it the tape is recorded anew in every iteration
  SECONDS       how long to iterate after the warm-up  [3]
  --threads N   threads                                [WENGERT_NUM_THREADS, or one per core]
  list          print the names of the workloads
";

pub enum Command {
    Help,
    List,
    Run(Run),
}

pub struct Run {
    pub form: Form,
    pub name: &'static str,
    pub task: fn() -> Task,
    pub seconds: f64,
    pub threads: Option<usize>,
}

/// The arguments behind the program's name.
pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let (mut plain, mut threads) = (Vec::new(), None);
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--threads" => {
                let text = words.next().ok_or("--threads needs a value")?;
                threads = Some(number(&text, "--threads", 1..=1024)?);
            }
            flag if flag.starts_with("--") => return Err(format!("unknown argument `{flag}`; --help lists them all")),
            _ => plain.push(word),
        }
    }
    let form = if plain.first().is_some_and(|w| w == "replay") { Form::Replayed } else { Form::Recorded };
    let rest: Vec<&str> = plain.iter().skip(usize::from(form == Form::Replayed)).map(String::as_str).collect();
    let (name, seconds) = match rest[..] {
        ["list"] if form == Form::Recorded => return Ok(Command::List),
        [name] => (name, 3.0),
        [name, seconds] => (name, duration(seconds)?),
        [] => return Err("which workload? `race list` names them".into()),
        [_, _, extra, ..] => return Err(format!("`{extra}` is one argument too many; --help shows the form")),
    };
    let found = workloads().into_iter().find(|(known, _)| *known == name);
    let (name, task) = found.ok_or(format!("there is no workload `{name}`; `race list` names them"))?;
    Ok(Command::Run(Run { form, name, task, seconds, threads }))
}

fn number(text: &str, what: &str, range: std::ops::RangeInclusive<usize>) -> Result<usize, String> {
    let (low, high) = (range.start(), range.end());
    let wrong = format!("{what} takes a whole number from {low} to {high}, not `{text}`");
    text.parse().ok().filter(|n| range.contains(n)).ok_or(wrong)
}

fn duration(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|s: &f64| (0.0..=86_400.0).contains(s));
    seconds.ok_or(format!("SECONDS is a number from 0 to 86400, not `{text}`"))
}
