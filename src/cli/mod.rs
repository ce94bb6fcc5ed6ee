//! The commands of `wengert`: a file for each, but those that look at a trace, which share one; docs/cli.md shows them all.
//! A command gives its output as text; this is the one place that writes it and turns outcomes into exit codes.

mod args;
mod check;
mod diff;
mod draw;
mod grad;
mod input;
mod ops;
#[path = "../trace/plain.rs"]
mod plain;
mod program;
mod run;
mod show;
mod step;
mod values;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use wengert::Error;
use wengert::expr::Diagnostic;

use args::{Cli, Command};

/// What a command ends with.
pub(super) struct Outcome {
    /// Written to stdout.
    text: String,
    /// Whether what was asked about holds: a check that failed, or two traces that differ, do not.
    holds: bool,
}

impl Outcome {
    fn fine(text: impl Into<String>) -> Self {
        Outcome { text: text.into(), holds: true }
    }
}

/// Why a command could not do what it was asked to; bad input all of it.
pub(super) enum Failure {
    Text(Diagnostic),
    Engine(Error),
    Other(String),
}

impl From<Diagnostic> for Failure {
    fn from(d: Diagnostic) -> Self {
        Failure::Text(d)
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Failure::Engine(e)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure::Other(text)
    }
}

pub(super) type Done = Result<Outcome, Failure>;

/// Exit codes: 0 all is well, 1 what was asked about does not hold, 2 the input is bad.
///
/// `train` runs the job of that name, whose command line is its own.
pub fn main(words: impl Iterator<Item = OsString>, train: fn(std::vec::IntoIter<OsString>) -> ExitCode) -> ExitCode {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        // Help and version are no errors; clap knows where they go.
        Err(e) if !e.use_stderr() => {
            let _ = e.print();
            return ExitCode::SUCCESS;
        }
        Err(e) if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = e.print();
            return ExitCode::from(2);
        }
        Err(e) => return fail(&wrong_words(&e.render().to_string())),
    };
    if let Command::Train { options } = cli.command {
        // The job has a command line of its own, in which what stands last counts.
        let threads = cli.threads.map(|n| [OsString::from("--threads"), n.to_string().into()]);
        return train(threads.into_iter().flatten().chain(options).collect::<Vec<_>>().into_iter());
    }
    let done = match cli.threads {
        Some(n) => wengert::with_threads(n, || run(cli.command)).map_err(Failure::from).and_then(|done| done),
        None => run(cli.command),
    };
    match done {
        Ok(outcome) => match write_out(&outcome.text) {
            Ok(()) => ExitCode::from(if outcome.holds { 0 } else { 1 }),
            Err(e) => fail(&format!("cannot write the output: {e}")),
        },
        Err(Failure::Text(d)) => {
            let code = fail(&d.one_line());
            if io::stderr().is_terminal() {
                // Its parts may quote the text.
                let _ = d.to_string().lines().try_for_each(|l| writeln!(io::stderr(), "{}", plain::plain(l)));
            }
            code
        }
        Err(Failure::Engine(e)) => fail(&one_line(&e)),
        Err(Failure::Other(text)) => fail(&text),
    }
}

fn run(command: Command) -> Done {
    match command {
        Command::Run(a) => run::run(&a),
        Command::Grad(a) => grad::grad(&a),
        Command::Check(a) => check::check(&a),
        Command::Trace(a) => draw::trace(&a),
        Command::Draw(a) => draw::draw(&a),
        Command::Stats(a) => draw::stats(&a),
        Command::Profile(a) => draw::profile(&a),
        Command::Lint(a) => draw::lint(&a),
        Command::Step(a) => step::step(&a),
        Command::Ops { name, json } => ops::ops(name.as_deref(), json),
        Command::Diff(a) => diff::diff(&a),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "wengert", &mut text);
            Ok(Outcome::fine(String::from_utf8_lossy(&text)))
        }
        Command::Train { .. } => unreachable!("it has a command line of its own"),
    }
}

fn one_line(e: &Error) -> String {
    format!("{e:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fail(message: &str) -> ExitCode {
    // Messages may quote anything. Where nobody can be told, the code still tells.
    const MOST: usize = 1000;
    let _ = writeln!(io::stderr(), "wengert: {}", plain::cut(message, MOST));
    ExitCode::from(2)
}

/// A complaint about the words of the command line, of several paragraphs, as one line; its usage is left to `--help`.
fn wrong_words(complaint: &str) -> String {
    let lines = complaint.lines().map(str::trim).take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more"));
    let told = lines.filter(|l| !l.is_empty()).fold(String::new(), |told, line| match told.chars().last() {
        None => line.strip_prefix("error: ").unwrap_or(line).to_string(),
        Some(':') => format!("{told} {line}"),
        Some(_) => format!("{told}; {}", line.strip_prefix("tip: ").unwrap_or(line)),
    });
    format!("{told}; --help tells more")
}

/// Writes to stdout; a reader who has seen enough (`| head`) is no error.
fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| match text.is_empty() || text.ends_with('\n') {
        true => Ok(()),
        false => out.write_all(b"\n"),
    });
    match written.and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Writes a file that is not there yet, or any with `force`; what was there before is whole until the new one is.
pub(super) fn write_file(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    if path.exists() && !force {
        return Err(Failure::Other(format!("{} exists; say --force to replace it", path.display())));
    }
    wengert::io::write_atomically(path, bytes)?;
    Ok(())
}
