//! Channels turned into pixels and back (Shi et al., 2016), and channels of groups put in turns (Zhang et al., 2018).
//! They are reshapes and permutations, whatever axes stand before.

use crate::ops::prelude::*;

/// Refuses an axis whose size is not a multiple of `by`, which is at least 1.
fn check_divides(what: &str, size: usize, by: usize, of: &str) -> Result<(), Error> {
    if by > 0 && size.is_multiple_of(by) {
        return Ok(());
    }
    Err(Error::shape(format!("{what} {size} is not a multiple of {of} = {by}"))
        .rule(format!("{of} is at least 1 and divides {what}"))
        .fix("choose another factor, or another number of channels"))
}

/// Channels, height and width, the last three axes.
fn image(dims: &Dims) -> Result<[usize; 3], Error> {
    match **dims {
        [.., c, h, w] => Ok([c, h, w]),
        _ => Err(Error::shape(format!("shape {dims} is not that of images"))
            .rule("images are [.., C, H, W]")
            .fix("reshape, or unsqueeze the missing axes")),
    }
}

/// The shapes between and after, the axes before the image being one: `(split, order, result)`.
type Plan = (Dims, [isize; 6], Dims);

fn beside(dims: &Dims, image: [usize; 3]) -> Dims {
    dims[..dims.rank() - 3].iter().copied().chain(image).collect()
}

fn shuffle(dims: &Dims, r: usize) -> Result<Plan, Error> {
    let [c, h, w] = image(dims)?;
    check_divides("the number of channels", c, r.saturating_mul(r), "factor²")?;
    let n = dims[..dims.rank() - 3].iter().product();
    let c = c / r.saturating_mul(r);
    let too_large = || {
        Error::shape(format!("a factor of {r} for images of {h}×{w}"))
            .rule("the number of elements fits in memory")
            .fix("check the factor")
    };
    let (Some(high), Some(wide)) = (h.checked_mul(r), w.checked_mul(r)) else { return Err(too_large()) };
    Ok(([n, c, r, r, h, w].into(), [0, 1, 4, 2, 5, 3], beside(dims, [c, high, wide])))
}

fn unshuffle(dims: &Dims, r: usize) -> Result<Plan, Error> {
    let [c, h, w] = image(dims)?;
    check_divides("the height", h, r, "the factor")?;
    check_divides("the width", w, r, "the factor")?;
    let n = dims[..dims.rank() - 3].iter().product();
    let Some(channels) = r.checked_mul(r).and_then(|rr| c.checked_mul(rr)) else {
        return Err(Error::shape(format!("a factor of {r} for {c} channels"))
            .rule("the number of elements fits in memory")
            .fix("check the factor"));
    };
    let split = [n, c, h / r, r, w / r, r];
    Ok((split.into(), [0, 1, 3, 5, 2, 4], beside(dims, [channels, h / r, w / r])))
}

impl<'t, T: Real> Var<'t, T> {
    /// Images \[.., C·r², H, W\] as \[.., C, H·r, W·r\]: every r² channels become the r×r pixels in place of one.
    ///
    /// # Panics
    /// The rank is below 3, or r² does not divide the number of channels.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 5.]], [[2., 6.]], [[3., 7.]], [[4., 8.]]]);
    /// let y = x.pixel_shuffle(2);
    /// assert_eq!(y.dims(), [1, 2, 4]);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 5., 6., 3., 4., 7., 8.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn pixel_shuffle(self, factor: usize) -> Self {
        self.rearranged("pixel_shuffle", shuffle(&self.dims(), factor))
    }

    /// The inverse of [`pixel_shuffle`](Var::pixel_shuffle): \[.., C, H·r, W·r\] as \[.., C·r², H, W\].
    ///
    /// # Panics
    /// The rank is below 3, or r does not divide height and width.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let y = tape.var([[[1., 2.], [3., 4.]]]).pixel_unshuffle(2);
    /// assert_eq!(y.dims(), [4, 1, 1]);
    /// assert_eq!(y.value().as_slice().unwrap(), [1., 2., 3., 4.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn pixel_unshuffle(self, factor: usize) -> Self {
        self.rearranged("pixel_unshuffle", unshuffle(&self.dims(), factor))
    }

    #[track_caller]
    fn rearranged(self, name: &'static str, plan: Result<Plan, Error>) -> Self {
        match plan {
            Ok((split, order, result)) => self.reshape(split).permute(order).reshape(result),
            Err(e) => self.tape.blame(e, name, &[self.id]).raise(),
        }
    }

    /// The channels of \[N, C, ..\], which stand in groups one after the other, put in turns: the first of every group,
    /// then the second of every group, ..
    ///
    /// # Panics
    /// The rank is below 2, or the groups do not divide the channels.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 2., 3., 4., 5., 6.]]);
    /// assert_eq!(x.channel_shuffle(2).value().as_slice().unwrap(), [1., 4., 2., 5., 3., 6.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn channel_shuffle(self, groups: usize) -> Self {
        let dims = self.dims();
        let checked = match *dims {
            [n, c, ..] => check_divides("the number of channels", c, groups, "the number of groups").map(|()| (n, c)),
            _ => Err(Error::shape(format!("shape {dims} has no axis of channels"))
                .rule("channels are axis 1 of [N, C, ..]")
                .fix("unsqueeze the missing axis")),
        };
        let (n, c) = match checked {
            Ok(sizes) => sizes,
            Err(e) => self.tape.blame(e, "channel_shuffle", &[self.id]).raise(),
        };
        let rest: usize = dims[2..].iter().product();
        self.reshape([n, groups, c / groups, rest]).permute([0, 2, 1, 3]).reshape(dims)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::check::check;
    use crate::tape::Tensor;

    #[test]
    fn pixels_go_where_the_definition_says_and_come_back() {
        let tape = Tape::<f64>::default();
        let (n, c, h, w, r) = (2, 2, 2, 3, 3);
        let data: Vec<f64> = (0..n * c * r * r * h * w).map(|k| k as f64).collect();
        let x = tape.var(Tensor::new([n, c * r * r, h, w], data).unwrap());
        let y = x.pixel_shuffle(r);
        assert_eq!(y.dims(), [n, c, h * r, w * r]);
        let (from, to) = (x.value(), y.value());
        for (at, v) in to.indexed_iter() {
            let (i, j) = (at[2], at[3]);
            assert_eq!(*v, from[[at[0], at[1] * r * r + i % r * r + j % r, i / r, j / r]]);
        }
        assert_eq!(y.pixel_unshuffle(r).value(), from);
        assert_eq!(tape.zeros([0, 4, 2, 2]).pixel_shuffle(2).value().shape(), [0, 1, 4, 4]);
    }

    #[test]
    fn derivatives_hold() {
        let x = Tensor::new([2, 4, 2, 2], (0..32).map(|k| f64::from(k).sin()).collect()).unwrap();
        check(|_, x| x[0].pixel_shuffle(2).square(), (x.clone(),)).assert();
        check(|_, x| x[0].pixel_unshuffle(2).square(), (x.clone(),)).assert();
        check(|_, x| x[0].channel_shuffle(2).square(), (x,)).assert();
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let x = tape.zeros([1, 6, 4, 5]);
        let refusal = |f: &dyn Fn() -> Dims| {
            let text = catch_unwind(AssertUnwindSafe(f)).map(|_| ()).unwrap_err();
            text.downcast_ref::<String>().expect("panics carry text").clone()
        };
        for (text, part) in [
            (refusal(&|| x.pixel_shuffle(2).dims()), "channels 6 is not a multiple of factor² = 4"),
            (refusal(&|| x.pixel_shuffle(usize::MAX).dims()), "factor²"),
            (refusal(&|| x.pixel_unshuffle(2).dims()), "the width 5 is not a multiple of the factor = 2"),
            (refusal(&|| x.pixel_unshuffle(0).dims()), "at least 1"),
            (refusal(&|| x.channel_shuffle(4).dims()), "channels 6 is not a multiple of the number of groups = 4"),
            (refusal(&|| tape.zeros([3, 3]).pixel_shuffle(1).dims()), "[.., C, H, W]"),
            (refusal(&|| tape.zeros([3]).channel_shuffle(1).dims()), "[N, C, ..]"),
        ] {
            assert!(text.contains(part) && text.contains("shuffle.rs"), "{part} is missing in: {text}");
        }
    }
}
