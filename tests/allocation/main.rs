//! Memory, by an allocator that counts for the whole process: what steps leave behind, and what replays ask for.
//! It is a test binary of its own, so that no other test allocates meanwhile.

mod counting;
mod plans;
mod replays;
mod steps;
