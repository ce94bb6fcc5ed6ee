//! Expressions as text by their public interface: what a reader of a mistaken program sees, places of numbers, slices, and programs
//! as Rust. `WENGERT_UPDATE=1 cargo test --test expressions` writes the programs in Rust again.

#[rustfmt::skip]
mod as_rust;
mod mistakes;
mod places;
mod rust;
mod slices;
