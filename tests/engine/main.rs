//! The engine from outside: what is computed and how often, derivatives of every order, failures, memory, programs.
//! Operations have tests of their own; here they only serve to show what tape, sweeps and executor do with them.

mod checkpoint;
mod deep;
mod derivatives;
mod explain;
mod fusion;
mod kept;
mod memory;
mod misuse;
mod program;
mod reuse;
mod sizes;
mod support;
mod transforms;
mod user_op;
mod zeros;
