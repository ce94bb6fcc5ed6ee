//! Softmax, losses, norms and attention, forward alone and with all gradients.

use wengert::prelude::*;
use wengert::{Attention, Operand};

use crate::case::{Case, Function, Scale, Work};

pub fn cases(scale: Scale) -> Vec<Case> {
    let [rows, columns] = scale.pick([8000, 1500], [6, 10]);
    let rows_of = || [[rows, columns].into(), [rows, columns].into()];
    let n = rows * columns;
    let mut all = Vec::new();
    let of_rows: [(&str, Function); 4] = [
        ("softmax", |x| x.softmax(1)),
        ("log-softmax", |x| x.log_softmax(1)),
        ("layer norm", |x| x.layer_norm(1, 1e-5)),
        ("RMS norm", |x| x.rms_norm(1, 1e-5)),
    ];
    for (name, f) in of_rows {
        all.push(Case::replay(name, Work::new(0, n, n), [[rows, columns].into()], move |[x]| vec![f(x).into()]));
        let work = Work::new(0, 2 * n, 2 * n);
        all.push(Case::replay(format!("{name} with gradient"), work, rows_of(), move |[x, g]| {
            with_gradient(f(x), x, g)
        }));
    }
    all.push(Case::replay("cross entropy with gradient", Work::new(0, n, n), [[rows, columns].into()], move |[x]| {
        let labels: Vec<u32> = (0..rows as u32).map(|k| k % columns as u32).collect();
        let loss = x.cross_entropy(x.tape().ints(labels)).mean();
        vec![loss.into(), grad(loss, &[x])[0].into()]
    }));
    let images = scale.pick([16, 64, 112, 112], [2, 3, 5, 5]);
    let n: usize = images.iter().product();
    all.push(Case::replay("batch norm", Work::new(0, n, n), [images.into()], |[x]| vec![x.batch_norm(1e-5).y.into()]));
    let work = Work::new(0, 2 * n, 2 * n);
    all.push(Case::replay("batch norm with gradient", work, [images.into(), images.into()], |[x, g]| {
        with_gradient(x.batch_norm(1e-5).y, x, g)
    }));
    all.extend([true, false].map(|causal| attention(scale, causal)));
    all
}

fn with_gradient<'t>(y: Var<'t>, x: Var<'t>, cotangent: Var<'t>) -> Vec<Operand<'t, f32>> {
    vec![y.into(), grad_with(y, cotangent, &[x])[0].into()]
}

/// Attention with its three gradients; a causal mask spares half of the products.
fn attention(scale: Scale, causal: bool) -> Case {
    let [batch, heads, length, size] = scale.pick([6, 6, 200, 48], [2, 2, 5, 4]);
    let dims = || Dims::from([batch, heads, length, size]);
    // Two products forward, five in reverse: the scores are made again or kept, four gradients.
    let flops = 2 * 6 * batch * heads * length * length * size / if causal { 2 } else { 1 };
    let n = batch * heads * length * size;
    let name = if causal { "causal attention with gradients" } else { "attention with gradients" };
    Case::replay(name, Work::new(flops, 4 * n, 4 * n), [dims(), dims(), dims(), dims()], move |[q, k, v, g]| {
        let options = if causal { Attention::new().causal() } else { Attention::new() };
        let y = q.scaled_dot_product_attention(k, v, options);
        let gradients = grad_with(y, g, &[q, k, v]);
        std::iter::once(y.into()).chain(gradients.into_iter().map(Into::into)).collect()
    })
}
