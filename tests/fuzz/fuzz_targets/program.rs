//! Program texts: parsed, bound, recorded, and computed where they are small.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|text: &str| bodies::program(text));
