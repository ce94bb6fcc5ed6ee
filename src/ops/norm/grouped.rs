//! Normalisations that are another one under a shape of their own: of groups of channels, of each channel, of neighbours.
//! Scales and shifts are lines of their own, over parameters of shape `[C]`.

use crate::ops::prelude::*;
use crate::ops::spatial::avg_pool::AvgPool2d;

/// Refuses what has no channels.
fn with_channels(d: &Dims) -> Result<(), Error> {
    if d.rank() >= 2 {
        return Ok(());
    }
    Err(Error::shape(format!("shape {d} has no channels"))
        .rule("the second axis is the channels: [N, C], [N, C, L], [N, C, H, W]")
        .fix("reshape, or unsqueeze the missing axis"))
}

impl<'t, T: Real> Var<'t, T> {
    /// Standardises groups of channels of each example (Wu and He, 2018): mean and biased variance over the channels of a
    /// group and all axes behind them. The shape is [N, C], [N, C, L], [N, C, H, W] or longer.
    ///
    /// One group is layer normalisation, a group for each channel is [`instance_norm`](Var::instance_norm).
    ///
    /// # Panics
    /// The tensor has fewer than two axes, the channels do not fall into so many groups, or eps is not finite.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[1., 3., 10., 30.]]);
    /// assert_eq!(x.group_norm(2, 0.0).value().as_slice().unwrap(), [-1., 1., -1., 1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn group_norm(self, groups: usize, eps: f64) -> Self {
        let d = self.dims();
        let checked = with_channels(&d).and_then(|()| {
            if groups > 0 && d[1].is_multiple_of(groups) {
                return Ok(());
            }
            Err(Error::argument(format!("{} channels in {groups} groups", d[1]))
                .rule("all groups have the same number of channels")
                .fix("use a number of groups that divides that of the channels"))
        });
        self.tape.checked(checked, "group_norm", &[self.id]);
        let size = d[1] / groups * d[2..].iter().product::<usize>();
        self.reshape([d[0], groups, size]).layer_norm(2, eps).reshape(&d)
    }

    /// Standardises each channel of each example over all axes behind the channels (Ulyanov, Vedaldi and Lempitsky, 2016).
    /// The shape is [N, C, L], [N, C, H, W] or longer.
    ///
    /// With statistics that are given, as after training with running ones, it is
    /// [`batch_norm_inference`](Var::batch_norm_inference).
    ///
    /// # Panics
    /// A channel has fewer than two values, or eps is not finite.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[1., 3.], [7., 5.]]]);
    /// assert_eq!(x.instance_norm(0.0).value().as_slice().unwrap(), [-1., 1., 1., -1.]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn instance_norm(self, eps: f64) -> Self {
        let d = self.dims();
        let checked = with_channels(&d).and_then(|()| match d[2..].iter().product::<usize>() {
            n @ (0 | 1) => Err(Error::shape(format!("each channel of shape {d} has {n} values"))
                .rule("a variance takes two values or more")
                .fix("give it longer channels, or use `group_norm`")),
            _ => Ok(()),
        });
        self.tape.checked(checked, "instance_norm", &[self.id]);
        let axes: Vec<isize> = (2..d.rank() as isize).collect();
        self.layer_norm(&axes[..], eps)
    }

    /// Divides by a power of the mean square of neighbouring channels (Krizhevsky, Sutskever and Hinton, 2012):
    /// x/(k + alpha·m)^beta, where m is the mean of x² over the `size` channels around each; channels beyond the ends count
    /// as 0. An even size takes one channel more from those before.
    ///
    /// # Panics
    /// The tensor has fewer than two axes, or the size is 0.
    ///
    /// ```
    /// use wengert::prelude::*;
    /// let tape = Tape::new();
    /// let x = tape.var([[[3.], [3.], [0.], [3.]]]);
    /// let y = x.local_response_norm(3, 1.0, 1.0, 1.0);
    /// assert_eq!(y.value().as_slice().unwrap(), [3. / 7., 3. / 7., 0., 0.75]);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn local_response_norm(self, size: usize, alpha: f64, beta: f64, k: f64) -> Self {
        let d = self.dims();
        let whole = isize::try_from(size).ok().filter(|&n| n > 0);
        let checked = with_channels(&d).and_then(|()| {
            whole.ok_or_else(|| {
                Error::argument(format!("the size is {size}"))
                    .rule("a channel is among its own neighbours, and there are not more than memory holds")
                    .fix("use a size of 1 or more; 5 is common")
            })
        });
        let asked = self.tape.checked(checked, "local_response_norm", &[self.id]);
        if d.count() == 0 {
            return self;
        }
        // Twice the channels reach every neighbour; what a larger window has beyond them are zeros.
        let n = asked.min(2 * d[1] as isize);
        let rows = [d[0], 1, d[1], d[2..].iter().product()];
        let padded = self.square().reshape(rows).pad(&[(0, 0), (0, 0), (n / 2, (n - 1) / 2), (0, 0)], 0.0);
        let mean = padded.avg_pool2d(AvgPool2d::new([n as usize, 1]).stride(1)).reshape(&d);
        self / (mean * (alpha * (n as f64 / asked as f64)) + k).powf(beta)
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn numbers(tape: &Tape<f64>, dims: [usize; 4]) -> Var<'_, f64> {
        let n = dims.iter().product::<usize>();
        tape.var((0..n).map(|k| ((k * k) as f64 * 0.37).sin() * 2.0 + 0.3).collect::<Vec<f64>>()).reshape(dims)
    }

    fn near(a: Var<'_, f64>, b: Var<'_, f64>) -> bool {
        (a - b).abs().value().iter().all(|v| *v < 1e-12)
    }

    #[test]
    fn groups_are_parts_normalised_by_themselves() {
        let tape = Tape::default();
        let x = numbers(&tape, [2, 6, 3, 2]);
        let parts: Vec<_> = x.split(1, &[2, 2, 2]).into_iter().map(|p| p.layer_norm([1, 2, 3], 1e-3)).collect();
        assert!(near(x.group_norm(3, 1e-3), concat(&parts, 1)));
        assert!(near(x.group_norm(6, 1e-3), x.instance_norm(1e-3)));
        assert!(near(x.group_norm(1, 1e-3), x.layer_norm([1, 2, 3], 1e-3)));
        assert_eq!(tape.zeros([0, 4]).group_norm(2, 1e-3).dims(), [0, 4]);
    }

    #[test]
    fn neighbours_are_those_around_each_channel() {
        let tape = Tape::default();
        let x = numbers(&tape, [2, 5, 2, 1]);
        for size in [1, 2, 3, 4, 9] {
            let channel = |c: usize| {
                let (first, last) = (c.saturating_sub(size / 2), (c + (size - 1) / 2).min(4));
                let sum = (first..=last).map(|c| x.index_axis(1, c as isize).square()).reduce(|a, b| a + b).unwrap();
                x.index_axis(1, c as isize) / (sum * (0.5 / size as f64) + 2.0).powf(0.75)
            };
            let expected = stack(&(0..5).map(channel).collect::<Vec<_>>(), 1);
            assert!(near(x.local_response_norm(size, 0.5, 0.75, 2.0), expected), "size {size}");
        }
        assert_eq!(tape.zeros([0, 4]).local_response_norm(3, 1.0, 1.0, 1.0).dims(), [0, 4]);
    }

    #[test]
    fn refusals_carry_their_numbers() {
        let tape = Tape::<f64>::default();
        let text = |f: &dyn Fn()| {
            *std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_err().downcast::<String>().unwrap()
        };
        let x = tape.zeros([2, 6, 1]);
        for (text, part) in [
            (text(&|| _ = x.group_norm(4, 0.1)), "group_norm: 6 channels in 4 groups"),
            (text(&|| _ = x.group_norm(0, 0.1)), "6 channels in 0 groups"),
            (text(&|| _ = x.instance_norm(0.1)), "each channel of shape [2, 6, 1] has 1 values"),
            (text(&|| _ = tape.zeros([3]).group_norm(1, 0.1)), "shape [3] has no channels"),
            (text(&|| _ = x.local_response_norm(0, 1.0, 1.0, 1.0)), "the size is 0"),
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }
}
