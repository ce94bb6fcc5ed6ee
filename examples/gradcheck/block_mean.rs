//! The mean of blocks of 2×2 cells, as an operation of one's own: once with the right rule, once with a wrong one.
//! The forward pass is the same in both, so only a gradient check can tell them apart.

use wengert::prelude::*;
use wengert::{Arg, Attributes, Cx, Error, Fault, Kind, Op, Out, Reads, Real, ResultSigs, Sig, Vjp};

/// Which reverse rule the operation has.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Every cell of a block gets a quarter of the cotangent.
    Right,
    /// Every cell gets a sixteenth.
    DividesTwice,
}

/// Means of 2×2 blocks: `[2h, 2w]` to `[h, w]`.
#[derive(Clone, Debug)]
pub struct BlockMean {
    pub rule: Rule,
}

impl<T: Real> Op<T> for BlockMean {
    fn name(&self) -> &'static str {
        "block_mean"
    }

    fn infer(&self, x: &[Sig<'_>]) -> Result<ResultSigs, Error> {
        Sig::expect(x, &[Kind::Real])?;
        match *x[0].dims {
            [h, w] if h % 2 == 0 && w % 2 == 0 => Ok(ResultSigs::real([h / 2, w / 2])),
            _ => Err(Error::shape(format!("{} does not split into blocks of 2×2", x[0]))
                .rule("there are two axes, both of even size")
                .fix("pad or slice first")),
        }
    }

    fn eval(&self, x: &[Arg<'_, T>], y: &mut [Out<'_, T>], _: &mut Cx<'_, T>) -> Result<(), Fault> {
        let (width, x) = (x[0].dims()[1], x[0].real());
        for (k, y) in y[0].real().iter_mut().enumerate() {
            let corner = k / (width / 2) * 2 * width + k % (width / 2) * 2;
            *y = T::of(0.25) * (x[corner] + x[corner + 1] + x[corner + width] + x[corner + width + 1]);
        }
        Ok(())
    }

    fn vjp<'t>(&self, r: &Vjp<'t, T>) {
        r.give(0, || {
            let (dims, blocks) = (r.dims(0), r.result_dims(0));
            let (h, w) = (blocks[0], blocks[1]);
            let spread = r.g().reshape([h, 1, w, 1]).broadcast_to([h, 2, w, 2]).reshape(dims);
            match self.rule {
                Rule::Right => spread * 0.25,
                Rule::DividesTwice => spread * 0.25 * 0.25,
            }
        });
    }

    fn attributes(&self) -> Attributes {
        let rule = match self.rule {
            Rule::Right => "right",
            Rule::DividesTwice => "divides twice",
        };
        [("rule", rule.into())].into_iter().collect()
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }
}

/// The operation as a method, as the crate's own are.
pub trait Blocks {
    /// Means of 2×2 blocks.
    #[track_caller]
    fn block_mean(self, rule: Rule) -> Self;
}

impl<T: Real> Blocks for Var<'_, T> {
    #[track_caller]
    fn block_mean(self, rule: Rule) -> Self {
        match self.tape().apply(BlockMean { rule }, &[self.into()]) {
            Ok(results) => results.real(0),
            Err(e) => panic!("{e}"),
        }
    }
}
