//! Looking at a tape: the listing.
//! Everything here reads public facts of lines and computes nothing of its own.

mod listing;
