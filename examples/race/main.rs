//! The race against other engines: runs one workload and prints its times as a line of JSON.
//! Each workload is written as a user of this crate would write it; nothing in the library knows of it.

mod args;
mod measure;
mod models;
mod task;
mod workloads;

use std::process::ExitCode;

use args::{Command, HELP, Run};
use measure::{measure, peak_mb};
use task::Form;
use wengert::Error;
use workloads::{lines, workloads};

fn main() -> ExitCode {
    let run = match args::parse(std::env::args().skip(1)) {
        Ok(Command::Run(run)) => run,
        Ok(Command::Help) => return say(HELP.trim_end()),
        Ok(Command::List) => return say(&workloads::<f32>().map(|(name, _)| name).join("\n")),
        Err(message) => return fail(&message),
    };
    let outcome = match run.threads {
        Some(n) => wengert::with_threads(n, || timed(&run)).and_then(|outcome| outcome),
        None => timed(&run),
    };
    match outcome {
        Ok(line) => say(&line),
        Err(e) => fail(&e.to_string()),
    }
}

/// Runs the workload; the line that reports it.
fn timed(run: &Run) -> Result<String, Error> {
    let before = peak_mb();
    let measured = measure((run.task)().in_form(run.form)?, run.seconds)?;
    let peer = match run.form {
        Form::Recorded => "wengert",
        Form::Replayed => "wengert replay",
    };
    let mut fields = vec![
        format!("\"peer\":\"{peer}\""),
        format!("\"workload\":\"{}\"", run.name),
        format!("\"median_ms\":{:.6}", measured.median_ms),
        format!("\"min_ms\":{:.6}", measured.min_ms),
        format!("\"iters\":{}", measured.iters),
        format!("\"check\":{}", measured.check),
    ];
    if let Some(lines) = lines(run.name) {
        fields.push(format!("\"ns_per_node\":{:.2}", measured.median_ms * 1e6 / lines as f64));
    }
    if let (Some(before), Some(after)) = (before, peak_mb()) {
        fields.push(format!("\"peak_mb\":{:.1}", after - before));
    }
    Ok(format!("{{{}}}", fields.join(",")))
}

fn say(text: &str) -> ExitCode {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{text}") {
        // Whoever reads the output may have seen enough (`race list | head -1`).
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => fail(&e.to_string()),
        _ => ExitCode::SUCCESS,
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("race: {message}");
    ExitCode::from(2)
}
