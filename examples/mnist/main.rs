//! Trains LeNet-5 with max pooling on handwritten digits: drawn ones, or the MNIST files of a directory.
//! The job itself stands in `job`, which the command line `wengert train` runs as well.

mod job;

use std::process::ExitCode;

fn main() -> ExitCode {
    job::main("mnist", std::env::args_os().skip(1))
}
