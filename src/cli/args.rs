//! The words of the command line.
//! Every command that takes an expression takes it, its values and its limits in the same way.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Automatic differentiation on a visible tape.
///
/// Exit codes: 0 all is well; 1 what was asked about does not hold (a failed check, a difference); 2 bad input.
#[derive(Debug, Parser)]
#[command(name = "wengert", version, max_term_width = 100)]
pub struct Cli {
    /// Threads that kernels use [default: one per core, or WENGERT_NUM_THREADS].
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Evaluate an expression and print its value.
    Run(RunArgs),
    /// Print the gradient of an expression with respect to its leaves.
    Grad(GradArgs),
    /// Check the gradient by finite differences: kinks, domains and all.
    Check(CheckArgs),
    /// Print the tape and every step of the backward pass, with a sentence for each.
    Trace(TraceArgs),
    /// Draw the tape: text, svg, dot, html, json, or a NumPy script.
    Draw(DrawArgs),
    /// Statistics of every line's values and cotangents: extrema, mean, rms, zeros, NaN.
    Stats(TraceArgs),
    /// Time every line, forward and backward.
    Profile(ProfileArgs),
    /// Look for what is suspicious: dead relus, vanishing cotangents, unused leaves, ...
    Lint(TraceArgs),
    /// Step through the backward pass in the terminal.
    Step(StepArgs),
    /// List every operation, or tell all about one.
    Ops {
        /// The operation.
        name: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The first line at which two traces (made by `draw --format json`) differ.
    Diff(DiffArgs),
    /// Train LeNet-5 on digits; `wengert train --help` tells the options.
    #[command(disable_help_flag = true)]
    Train {
        /// Options of the job.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// An expression with its values.
#[derive(Args, Clone, Debug)]
pub struct Source {
    /// The expression, or a whole program: statements are separated by line breaks or `;`.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub expression: Option<String>,
    /// Read the program from a file; `-` is stdin.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// A value: `x=[[1,2],[3,4]]`, `x=@file.npy` or `x=@file.csv`.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<String>,
    /// Compute in f32 instead of f64.
    #[arg(long = "f32")]
    pub single: bool,
    /// Seed of random operations.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// The most numbers on all lines together, at most 2^30.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    pub limit: Option<u32>,
}

/// Where the output goes.
#[derive(Args, Debug)]
pub struct Destination {
    /// Write to a file: .npy or .csv (`run`, `grad`), a drawing (`draw`) [default: stdout].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace a file that exists.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// Numbers that are printed or written.
#[derive(Args, Debug)]
pub struct Answer {
    #[command(flatten)]
    pub to: Destination,
    /// As JSON.
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Debug)]
pub struct GradArgs {
    #[command(flatten)]
    pub source: Source,
    /// The leaves [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub wrt: Vec<String>,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    pub source: Source,
    /// Every coordinate against every output, however long it takes.
    #[arg(long)]
    pub full: bool,
    /// Check the second derivative as well.
    #[arg(long)]
    pub second_order: bool,
    /// The relative disagreement that passes.
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub tolerance: Option<f64>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct TraceArgs {
    #[command(flatten)]
    pub source: Source,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct StepArgs {
    #[command(flatten)]
    pub source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Svg,
    Dot,
    Html,
    Json,
    /// A script that computes it again in NumPy.
    Python,
    /// A Rust program that records it on this crate's tape.
    Rust,
}

#[derive(Args, Debug)]
pub struct DrawArgs {
    #[command(flatten)]
    pub source: Source,
    /// What to draw [default: by the ending of the output file, or text].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub to: Destination,
    /// Show the backward pass up to this step (svg).
    #[arg(long, value_name = "K")]
    pub step: Option<usize>,
}

#[derive(Args, Debug)]
pub struct ProfileArgs {
    #[command(flatten)]
    pub source: Source,
    /// How often each line is run.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rounds: u32,
    /// In the format that chrome://tracing and Perfetto open.
    #[arg(long, conflicts_with = "json")]
    pub chrome: bool,
    /// As JSON: seconds, bytes and operations of each line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The first trace.
    pub first: PathBuf,
    /// The second trace.
    pub second: PathBuf,
    /// How much numbers may differ beside their size.
    #[arg(long, default_value_t = 0.0, value_name = "T", allow_negative_numbers = true)]
    pub tolerance: f64,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}
