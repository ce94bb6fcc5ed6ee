//! One window of four cells in every form of max pooling: one, two and three axes, sliding and adaptive.
//! What a window decides must not depend on the form.

use wengert::prelude::*;

/// Maxima, indices, and the gradient of the summed maxima.
#[derive(Clone, Debug)]
pub struct Pooled {
    pub values: Vec<f32>,
    pub index: Vec<u32>,
    pub gradient: Vec<f32>,
}

/// Records a pool of one tensor.
pub type Form = for<'t> fn(Var<'t>) -> (Var<'t>, IntVar<'t>);

/// What a pool makes of these cells.
pub fn pooled(cells: &[f32], dims: &[usize], pool: impl for<'t> Fn(Var<'t>) -> (Var<'t>, IntVar<'t>)) -> Pooled {
    let tape = Tape::new();
    let x = tape.var(Tensor::new(dims, cells.to_vec()).unwrap());
    let (y, index) = pool(x);
    let gradient = y.sum().backward()[x].iter().copied().collect();
    Pooled { values: y.value().into_iter().collect(), index: index.value().into_iter().collect(), gradient }
}

/// Max pooling of one plane.
pub fn plane(cells: &[f32], size: [usize; 2], options: &MaxPool2d) -> Pooled {
    pooled(cells, &[1, size[0], size[1]], |x| x.max_pool2d_with_indices(options.clone()))
}

/// Every form, with the shape in which four cells are one window of it.
pub const FORMS: [(&str, &[usize], Form); 8] = [
    ("max_pool2d", &[1, 2, 2], |x| x.max_pool2d_with_indices(2)),
    ("max_pool2d over channels", &[4, 1, 1], |x| x.permute([1, 2, 0]).max_pool2d_with_indices([1, 4])),
    ("max_pool1d", &[1, 4], |x| x.max_pool1d_with_indices(4)),
    ("max_pool3d", &[1, 1, 2, 2], |x| x.max_pool3d_with_indices([1, 2, 2])),
    ("max_pool3d, deep", &[1, 2, 2, 1], |x| x.max_pool3d_with_indices([2, 2, 1])),
    ("adaptive_max_pool1d", &[1, 4], |x| x.adaptive_max_pool1d_with_indices(1)),
    ("adaptive_max_pool2d", &[1, 2, 2], |x| x.adaptive_max_pool2d_with_indices(1)),
    ("adaptive_max_pool3d", &[1, 2, 1, 2], |x| x.adaptive_max_pool3d_with_indices(1)),
];

pub fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|v| v.to_bits()).collect()
}

/// Whether every form picks this cell of the window: its very bits, its index, and a gradient of exactly 1 there and 0
/// elsewhere.
pub fn assert_winner(window: [f32; 4], winner: usize) {
    for (name, dims, form) in FORMS {
        let p = pooled(&window, dims, form);
        assert_eq!(p.index, [winner as u32], "{name} of {window:?}");
        assert_eq!(bits(&p.values), bits(&[window[winner]]), "{name} of {window:?}");
        let one_hot: Vec<f32> = (0..4).map(|k| f32::from(u8::from(k == winner))).collect();
        assert_eq!(p.gradient, one_hot, "every other cell gets exactly 0: {name} of {window:?}");
    }
}
