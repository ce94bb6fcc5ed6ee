//! Which numbers ⟨u, y⟩ are checked: each output element by itself, or random signed sums of all.
//! Signed sums see every element at once, and no error in one element can hide in them.

use super::probe::Probe;
use super::subject::{Recording, Subject};
use super::survey::signs;
use crate::error::Error;
use crate::real::Real;

/// One probe for each output element.
pub(super) fn each<T: Real>(subject: &Subject<'_, T>, r: &Recording<T>) -> Result<Vec<Probe>, Error> {
    let m = r.output().count();
    (0..m).map(|k| Probe::at(r, &subject.layout, (0..m).map(|i| f64::from(u8::from(i == k))).collect())).collect()
}

/// `count` probes that weigh every output element by 1 or −1.
pub(super) fn random<T: Real>(
    subject: &Subject<'_, T>,
    r: &Recording<T>,
    count: usize,
    seed: u64,
) -> Result<Vec<Probe>, Error> {
    let m = r.output().count();
    if m == 1 {
        return each(subject, r);
    }
    (0..count).map(|k| Probe::at(r, &subject.layout, signs(m, seed.wrapping_add(k as u64)))).collect()
}
