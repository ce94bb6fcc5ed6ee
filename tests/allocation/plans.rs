//! Plans and sweeps that a tape keeps for steps to come are bounded, however many different programs are recorded on it.
//! Nothing else of a program outlives `clear`.

use wengert::prelude::*;

use crate::counting::{alone, live};

/// Records and differentiates a program of fourteen lines, one for each bit of its number.
fn step(tape: &mut Tape, number: usize) {
    tape.clear();
    let x = tape.var([0.1, 0.2, 0.3]);
    let y = (0..14).fold(x, |y, bit| if number >> bit & 1 == 0 { y.sin() } else { y.cos() });
    let loss = y.sum();
    assert!(loss.backward()[x].iter().all(|g| g.is_finite()) && loss.item().is_finite());
}

#[test]
fn plans_are_kept_in_bounded_number() {
    let _alone = alone();
    let mut tape = Tape::new();
    let mut after = |programs: std::ops::Range<usize>| {
        for number in programs {
            // What is asked for more than once is kept.
            (0..3).for_each(|_| step(&mut tape, number));
        }
        live()
    };
    let (one, hundred, more, most) = (after(0..1), after(1..100), after(100..200), after(200..2000));
    // The caches hold 32 plans and 64 sweeps; a tenth is room for lists that grow by doubling.
    let bound = hundred + (hundred - one) / 10;
    assert!(
        more <= bound && most <= bound,
        "bytes live after 1, 100, 200 and 2000 programs: {:?}",
        [one, hundred, more, most]
    );
}
