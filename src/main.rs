//! The command line: expressions evaluated, differentiated, checked, drawn and stepped through.
//! What each command does stands in `cli`; the job of `train` is that of the example `mnist`.

mod cli;

#[path = "../examples/mnist/job/mod.rs"]
mod mnist;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(std::env::args_os(), |words| mnist::main("wengert train", words))
}
