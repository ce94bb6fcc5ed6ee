//! Looking at a tape: everything here reads public facts of lines and computes nothing of its own.

mod listing;
