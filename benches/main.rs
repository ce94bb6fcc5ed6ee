//! Times of kernels and of the race's workloads, each as a user gets it: `cargo bench -- --help` says how to ask.
//! `cargo test` runs every body once on small sizes, so that none of them rots.

mod args;
mod case;
mod convolutions;
mod machine;
mod measure;
mod normalisations;
mod pointwise;
mod pools;
mod products;
mod race;
mod reductions;
mod roofline;
mod tapes;

use std::process::ExitCode;

use args::{Command, HELP};
use case::{Case, Scale};

/// The cases that belong together, and their name.
type Family = (&'static str, fn(Scale) -> Vec<Case>);

const FAMILIES: &[Family] = &[
    ("products", products::cases),
    ("convolutions", convolutions::cases),
    ("pools", pools::cases),
    ("pointwise", pointwise::cases),
    ("reductions", reductions::cases),
    ("normalisations", normalisations::cases),
    ("tapes", tapes::cases),
    ("race", race::cases),
];

fn main() -> ExitCode {
    let asked = match args::parse(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(message) => {
            eprintln!("bench: {message}");
            return ExitCode::from(2);
        }
    };
    match asked.command {
        Command::Help => print!("{HELP}"),
        Command::List => each(&asked.filters, Scale::Full, |family, case| println!("{family}: {}", case.name)),
        Command::Once => {
            let mut count = 0;
            each(&asked.filters, Scale::Small, |_, case| {
                (case.make)()();
                count += 1;
            });
            println!("{count} bench bodies have run once");
        }
        Command::Times => each(&asked.filters, Scale::Full, |family, case| {
            let time = measure::measure(&mut (case.make)(), asked.seconds);
            println!("{family:15} {:44} {}", case.name, measure::line(&time, &case.work));
        }),
        Command::Roofline => roofline::print(asked.seconds, asked.rounds, |row| each(&asked.filters, Scale::Full, row)),
    }
    ExitCode::SUCCESS
}

/// Calls `f` for the cases whose family and name contain one of the filters, or for all where there are none.
fn each(filters: &[String], scale: Scale, mut f: impl FnMut(&str, &Case)) {
    for (family, cases) in FAMILIES {
        for case in cases(scale) {
            let name = format!("{family}: {}", case.name);
            if filters.is_empty() || filters.iter().any(|filter| name.contains(filter)) {
                f(family, &case);
            }
        }
    }
}
