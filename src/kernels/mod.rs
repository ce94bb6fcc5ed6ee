//! Loops over slices of numbers: the only place where time is spent, and the only one that may hold `unsafe`.
//! A kernel knows no tape and no operation; it writes every element of its output, which starts as garbage.

pub(crate) mod par;
