//! Trains LeNet-5 with max pooling on handwritten digits: drawn ones, or the MNIST files of a directory.
//! Progress goes to stderr, results to stdout; the last line is the test accuracy.

mod args;
mod report;
mod train;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use args::{Args, HELP};
use report::say;
use wengert::Error;
use wengert::data::{Dataset, digits, load_mnist};

/// Runs the job with the words of its command line; `called` is how it is called there: a program, and what selects the job.
pub fn main(called: &str, words: impl Iterator<Item = OsString>) -> ExitCode {
    ended(called, start(called, words))
}

/// What is wrong with the command line is a text, what goes wrong later an error.
enum Failure {
    Words(String),
    Job(Error),
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Failure::Job(e)
    }
}

fn start(called: &str, words: impl Iterator<Item = OsString>) -> Result<(), Failure> {
    let Some(args) = Args::parse(words).map_err(Failure::Words)? else {
        return Ok(say(HELP.replace("{called}", called).trim_end())?);
    };
    Ok(match args.threads {
        Some(n) => wengert::with_threads(n, || run(&args)).and_then(|outcome| outcome),
        None => run(&args),
    }?)
}

fn ended(called: &str, outcome: Result<(), Failure>) -> ExitCode {
    let message = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        // Whoever reads the output has seen enough (`mnist | head`).
        Err(Failure::Job(e)) if is_broken_pipe(&e) => return ExitCode::SUCCESS,
        // The line of the tape that a bad number came from, with its operands, is worth some lines.
        Err(Failure::Job(e)) if e.is_domain() => e.to_string(),
        Err(Failure::Job(e)) => format!("{e:#}"),
        Err(Failure::Words(text)) => text,
    };
    let program = called.split(' ').next().unwrap_or(called);
    // Where nobody can be told, the code still tells.
    let _ = writeln!(io::stderr(), "{program}: {message}");
    ExitCode::from(2)
}

fn is_broken_pipe(e: &Error) -> bool {
    let source = std::error::Error::source(e).and_then(|source| source.downcast_ref::<io::Error>());
    source.is_some_and(|source| source.kind() == io::ErrorKind::BrokenPipe)
}

fn run(args: &Args) -> Result<(), Error> {
    let (train, test) = data(args)?;
    say(format!("{} training and {} test images", train.len(), test.len()))?;
    train::run(args, &train, &test)
}

/// Training and test images, normalised by the training images' mean and deviation.
fn data(args: &Args) -> Result<(Dataset, Dataset), Error> {
    let (train, test) = match &args.data {
        Some(dir) => load_mnist(dir)?,
        // One drawing stream, cut in two: the test digits come from the same hand but are never trained on.
        None => {
            let (train, test) = (args.train.unwrap_or(8000), args.test.unwrap_or(2000));
            digits(train + test, args.seed).split(train)?
        }
    };
    let (train, test) = (first(train, args.train)?, first(test, args.test)?);
    let (mean, std) = train.mean_std();
    Ok((train.normalised(mean, std)?, test.normalised(mean, std)?))
}

fn first(data: Dataset, n: Option<usize>) -> Result<Dataset, Error> {
    match n {
        Some(n) if n < data.len() => Ok(data.split(n)?.0),
        _ => Ok(data),
    }
}
