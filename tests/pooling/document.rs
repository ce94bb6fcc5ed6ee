//! docs/max_pool2d.md says what the tests hold: its promises are those of the points, and its table of windows is run.
//! The errors it shows are those that are raised here.

use std::panic::catch_unwind;

use wengert::prelude::*;

use crate::forms::assert_winner;
use crate::points::POINTS;
use crate::support::{Produced, body_of, check, relocated};

const DOCUMENT: &str = include_str!("../../docs/max_pool2d.md");

/// The rows of the table below a heading, without its head, as trimmed cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let below = DOCUMENT.lines().skip_while(|l| *l != heading).skip(1);
    let table = below.skip_while(|l| !l.starts_with('|')).take_while(|l| l.starts_with('|')).skip(2);
    table.map(|l| l.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_promises_are_those_that_are_tested() {
    let written: Vec<_> = rows("## The thirteen points").iter().map(|r| (r[0], r[1], r[2])).collect();
    let numbers: Vec<String> = (1..=POINTS.len()).map(|k| k.to_string()).collect();
    let tested: Vec<_> = POINTS.iter().zip(&numbers).map(|(p, n)| (&n[..], p.name, p.promise)).collect();
    assert_eq!(written, tested);
    let engines = ["PyTorch 2.15", "JAX 0.10.2", "onnxruntime 1.32", "candle 0.11.1", "burn 0.22.1"];
    let others = rows("## What other engines do");
    for (row, point) in others.iter().zip(&tested) {
        assert_eq!((row[0], row.len()), (point.0, 2 + engines.len() - 1), "{row:?}");
        assert!(row[1..].iter().all(|cell| !cell.is_empty()), "write `not known` in {row:?}");
    }
    assert_eq!(others.len(), POINTS.len());
    assert!(engines.iter().all(|engine| DOCUMENT.contains(engine)));
}

#[test]
fn the_windows_of_the_document_have_these_winners() {
    let rows = rows("## One window");
    assert!(rows.len() >= 7);
    for row in rows {
        let number = |word: &str| match word {
            "NaN" => f32::NAN,
            "−∞" => f32::NEG_INFINITY,
            "−0" => -0.0,
            word => word.parse().unwrap_or_else(|_| panic!("{word} is no number")),
        };
        let window: Vec<f32> = row[0].split(' ').map(number).collect();
        let (value, winner) = row[1].split_once(", cell ").unwrap_or_else(|| panic!("{row:?}"));
        let (value, winner) = (number(value), winner.parse::<usize>().unwrap());
        assert_winner(window[..].try_into().unwrap(), winner);
        assert_eq!(window[winner].to_bits(), value.to_bits(), "{row:?}");
    }
}

/// A line that is refused.
type Mistake = fn(&Tape);

fn remainder(tape: &Tape) {
    let image = tape.zeros([1, 3, 5, 4]);
    let _ = image.max_pool2d(2);
}

fn padding(tape: &Tape) {
    let image = tape.zeros([1, 3, 5, 5]);
    let _ = image.max_pool2d(MaxPool2d::new(3).stride(1).padding(2));
}

fn kernel(tape: &Tape) {
    let image = tape.zeros([1, 3, 4, 4]);
    let _ = image.max_pool2d([2, 5]);
}

#[test]
fn the_errors_of_the_document_are_raised() {
    let mistakes: [(&str, Mistake); 3] = [("remainder", remainder), ("padding", padding), ("kernel", kernel)];
    let produced = mistakes.map(|(name, mistake)| {
        let panic = catch_unwind(|| mistake(&Tape::new())).expect_err("it is refused");
        let text = panic.downcast_ref::<String>().expect("an error is told in words");
        let (head, body) = body_of(include_str!("document.rs"), name);
        let text = relocated(text, file!(), head, 0);
        Produced { name: name.into(), blocks: vec![("rust,ignore", body.join("\n")), ("text", text)] }
    });
    check("docs/max_pool2d.md", &produced);
}
