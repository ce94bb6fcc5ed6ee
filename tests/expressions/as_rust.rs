//! Programs of the language as Rust, as `Bound::to_rust` writes them; `WENGERT_UPDATE=1` makes this file again.
//! Only the head of each is another, and what it prints is kept in `seen`.

use std::f64::consts::{E, PI};

use wengert::{
    Attention, AvgPool1d, AvgPool2d, AvgPool3d, ConvOptions, ConvTransposeOptions, Covariance,
    CrossEntropy, GridSample, Interpolate, MatrixNorm, MaxPool1d, MaxPool2d, MaxPool3d, PadMode,
    Tape, Tensor, Triangular, TripletMargin, Unfold, concat, einsum, keep, multi_dot, stack,
};

use super::rust::Bits;

type Seen = Vec<Vec<u64>>;

/// In the order of the texts.
pub(super) const ALL: &[fn(&mut Seen)] = &[
    max_pool,
    conv_relu_pool,
    mlp_with_cross_entropy,
    indexing,
    slices_backwards,
    picked_rows,
    squared_error,
    several_results,
    a_name_twice,
    twice_at_the_end,
    pieces,
    named_results,
    names_of_rust,
    names_given_anew,
    odd_names,
    numbers,
    numbers_on_both_sides,
    comparisons,
    a_vector_times_matrices,
    labels_and_values,
    labels_by_two_names,
    options,
    reductions,
    a_plane_alone,
    convolutions,
    images,
    losses,
    attention,
    matrices,
    sums_of_products,
    numbers_in_lists,
    lists_of_results,
    random,
    deep,
    long,
    empty,
    five_axes,
    a_number,
    integers,
    a_literal,
    not_numbers,
    nothing,
    of_exp,
    of_exp2,
    of_expm1,
    of_ln,
    of_log1p,
    of_log2,
    of_log10,
    of_sqrt,
    of_rsqrt,
    of_recip,
    of_square,
    of_abs,
    of_sign,
    of_sin,
    of_cos,
    of_tan,
    of_asin,
    of_acos,
    of_atan,
    of_sinh,
    of_cosh,
    of_tanh,
    of_asinh,
    of_acosh,
    of_atanh,
    of_floor,
    of_ceil,
    of_round,
    of_trunc,
    of_frac,
    of_erf,
    of_erfc,
    of_erfinv,
    of_lgamma,
    of_digamma,
    of_sinc,
    of_neg,
    of_pow,
    of_powf,
    of_powi,
    of_polygamma,
    of_round_to,
    of_fmod,
    of_remainder,
    of_floor_divide,
    of_hypot,
    of_atan2,
    of_logaddexp,
    of_xlogy,
    of_lerp,
    of_nan_to_num,
    of_azmul,
    of_maximum,
    of_minimum,
    of_clamp,
    of_clamp_min,
    of_clamp_max,
    of_stop_gradient,
    of_relu,
    of_relu6,
    of_selu,
    of_gelu,
    of_gelu_tanh,
    of_silu,
    of_mish,
    of_softplus,
    of_sigmoid,
    of_log_sigmoid,
    of_softsign,
    of_tanhshrink,
    of_hardsigmoid,
    of_hardswish,
    of_leaky_relu,
    of_elu,
    of_celu,
    of_softplus_with,
    of_softshrink,
    of_hardshrink,
    of_threshold,
    of_prelu,
    of_glu,
    of_gate,
    of_softmax,
    of_softmax_or_zero,
    of_softmin,
    of_log_softmax,
    of_lt,
    of_le,
    of_gt,
    of_ge,
    of_differs,
    of_equals,
    of_is_nan,
    of_is_finite,
    of_and,
    of_or,
    of_not,
    of_replace,
    of_to_real,
    of_select,
    of_masked_fill,
    of_sum,
    of_mean,
    of_prod,
    of_amax,
    of_amin,
    of_logsumexp,
    of_nansum,
    of_nanmean,
    of_var,
    of_std,
    of_norm,
    of_vector_norm,
    of_aminmax,
    of_max,
    of_min,
    of_max_along,
    of_min_along,
    of_max_with_index,
    of_min_with_index,
    of_argmax,
    of_argmin,
    of_any,
    of_all,
    of_pairwise_distance,
    of_cumsum,
    of_cumprod,
    of_cummax,
    of_cummin,
    of_logcumsumexp,
    of_diff,
    of_trapezoid,
    of_recurrence,
    of_reshape,
    of_flatten,
    of_flatten_from,
    of_flatten_axes,
    of_unflatten,
    of_squeeze,
    of_unsqueeze,
    of_permute,
    of_transpose,
    of_t,
    of_movedim,
    of_flip,
    of_roll,
    of_rot90,
    of_broadcast_to,
    of_expand,
    of_tile,
    of_repeat_interleave,
    of_slice,
    of_slice_step,
    of_index_axis,
    of_put_slice,
    of_put_index,
    of_split,
    of_split_every,
    of_split_evenly,
    of_chunk,
    of_windows,
    of_unstack,
    of_concat,
    of_stack,
    of_pad,
    of_zeros,
    of_ones,
    of_full,
    of_arange,
    of_linspace,
    of_eye,
    of_constant,
    of_ints,
    of_gather,
    of_scatter_add,
    of_scatter_into,
    of_scatter,
    of_index_select,
    of_index_add,
    of_index_copy,
    of_index_fill,
    of_take,
    of_take_along,
    of_embedding,
    of_embedding_padded,
    of_one_hot,
    of_sort,
    of_sort_falling,
    of_argsort,
    of_topk,
    of_bottomk,
    of_kthvalue,
    of_plane_gather,
    of_plane_scatter,
    of_matmul,
    of_matmul_transposed,
    of_dot,
    of_outer,
    of_matvec,
    of_einsum,
    of_multi_dot,
    of_tensordot,
    of_inner,
    of_kron,
    of_vecdot,
    of_cross,
    of_linear,
    of_bilinear,
    of_addmm,
    of_addmv,
    of_addr,
    of_baddbmm,
    of_addbmm,
    of_inv,
    of_matrix_power,
    of_matrix_exp,
    of_det,
    of_slogdet,
    of_solve,
    of_solve_transposed,
    of_solve_triangular,
    of_cholesky,
    of_cholesky_solve,
    of_qr,
    of_eigh,
    of_svd,
    of_pinv,
    of_matrix_norm,
    of_diagonal,
    of_diag_embed,
    of_diag,
    of_trace,
    of_tril,
    of_triu,
    of_vander,
    of_cov,
    of_corrcoef,
    of_dist,
    of_cdist,
    of_pdist,
    of_conv2d,
    of_conv_transpose2d,
    of_conv1d,
    of_conv_transpose1d,
    of_conv3d,
    of_conv_transpose3d,
    of_conv2d_input,
    of_conv2d_weights,
    of_unfold,
    of_fold,
    of_im2col,
    of_col2im,
    of_interpolate,
    of_upsample_nearest,
    of_upsample_bilinear,
    of_grid_sample,
    of_affine_grid,
    of_pixel_shuffle,
    of_pixel_unshuffle,
    of_channel_shuffle,
    of_max_pool2d,
    of_max_pool2d_with_indices,
    of_avg_pool2d,
    of_adaptive_max_pool2d,
    of_adaptive_max_pool2d_with_indices,
    of_adaptive_avg_pool2d,
    of_max_unpool2d,
    of_max_pool1d,
    of_max_pool1d_with_indices,
    of_avg_pool1d,
    of_adaptive_max_pool1d,
    of_adaptive_max_pool1d_with_indices,
    of_adaptive_avg_pool1d,
    of_max_unpool1d,
    of_max_pool3d,
    of_max_pool3d_with_indices,
    of_avg_pool3d,
    of_adaptive_max_pool3d,
    of_adaptive_max_pool3d_with_indices,
    of_adaptive_avg_pool3d,
    of_max_unpool3d,
    of_layer_norm,
    of_layer_norm_affine,
    of_rms_norm,
    of_batch_norm,
    of_batch_norm_affine,
    of_batch_norm_inference,
    of_group_norm,
    of_instance_norm,
    of_local_response_norm,
    of_normalize,
    of_cosine_similarity,
    of_cross_entropy,
    of_nll,
    of_mse,
    of_l1,
    of_huber,
    of_smooth_l1,
    of_binary_cross_entropy,
    of_binary_cross_entropy_with_logits,
    of_binary_cross_entropy_with_logits_weighted,
    of_kl_div,
    of_kl_div_log,
    of_poisson_nll,
    of_poisson_nll_of_rate,
    of_stirling,
    of_gaussian_nll,
    of_hinge_embedding,
    of_margin_ranking,
    of_soft_margin,
    of_cosine_embedding,
    of_triplet_margin,
    of_attention,
    of_dropout,
    of_uniform,
    of_normal,
    of_keep_mask,
];

fn max_pool(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape
        .var([[1.0, 2.0, 0.0], [3.0, 9.0, 4.0], [5.0, 6.0, 7.0]])
        .named("x");
    let p = x
        .unsqueeze(0)
        .max_pool2d(MaxPool2d::new(2).stride(1))
        .squeeze(0);
    let loss = p.sum();
    seen.push(loss.item().bits());
    let grads = loss.backward();
    seen.push(grads[x].bits());
}

fn conv_relu_pool(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let image = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("image");
    let kernel = tape.var([[1.0, 0.0], [-1.0, 0.5]]).named("kernel");
    let bias = tape.var([0.25]).named("bias");
    let x = image.reshape([1, 1, 4, 4]);
    let w = kernel.reshape([1, 1, 2, 2]);
    let part = x.conv2d(w, ConvOptions::new().padding(1)) + bias.reshape([-1, 1, 1]);
    let h = part
        .relu()
        .max_pool2d(MaxPool2d::new(2).stride([1, 2]).floor());
    let loss = h.square().mean();
    seen.push(loss.item().bits());
    let grads = loss.backward();
    seen.push(grads[image].bits());
    seen.push(grads[kernel].bits());
    seen.push(grads[bias].bits());
}

fn mlp_with_cross_entropy(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.constant([[0.5, -1.0], [1.5, 2.0], [-0.3, 0.8]]);
    let w1 = tape
        .var([[0.1, 0.2, -0.3, 0.4], [0.5, -0.6, 0.7, 0.8]])
        .named("w1");
    let b1 = tape.var([0.0, 0.1, 0.0, -0.1]).named("b1");
    let w2 = tape
        .var([[0.3, -0.2], [0.1, 0.4], [-0.5, 0.6], [0.7, -0.8]])
        .named("w2");
    let labels = tape.ints([0, 1, 1]);
    let h = (x.matmul(w1) + b1).tanh();
    let logits = h.matmul(w2);
    let loss = CrossEntropy::new().each(logits, labels).mean();
    seen.push(loss.item().bits());
    let grads = loss.backward();
    seen.push(grads[w1].bits());
    seen.push(grads[b1].bits());
    seen.push(grads[w2].bits());
}

fn indexing(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).named("x");
    let part = x.index_axis(0, -1);
    let y = x.index_axis(0, 0).slice(0, 1..3) * part.slice_step(0, 0..3, 2);
    let part2 = x.slice(0, 0..2);
    let z = part2.index_select(
        1,
        tape.constant([1.0, 0.0]).equals(tape.constant([1.0, 1.0])),
    );
    let result = y.sum() + z.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn slices_backwards(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape
        .var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
        .named("x");
    let part =
        x.slice_step(0, 1..3, -1).index_axis(1, 1) * x.slice_step(0, 0..3, -2).index_axis(1, 2);
    let part2 = x.slice_step(0, 0..2, -1);
    let part3 = x.slice_step(0, 0..2, -1);
    let part4 = part2.slice_step(1, 1..3, -2) * part3.slice_step(1, 1..3, -1);
    let result = part.sum() + part4.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn picked_rows(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).named("x");
    let k = tape.ints([1, 0, 1]);
    let part = x.index_select(0, k);
    let result = part.slice_step(1, 0..3, -1) * tape.constant([[1.0], [2.0], [3.0]]);
    seen.push(result.value().bits());
}

fn squared_error(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0], [3.0, 4.0]]).named("x");
    let w = tape.var([[0.5], [-1.0]]).named("w");
    let b = tape.var(0.1).named("b");
    let y = tape.var([[1.0], [0.0]]).named("y");
    let loss = ((x.matmul(w) + b).relu() - y).square().mean();
    seen.push(loss.item().bits());
    let grads = loss.backward();
    seen.push(grads[x].bits());
    seen.push(grads[w].bits());
    seen.push(grads[b].bits());
    seen.push(grads[y].bits());
}

fn several_results(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([3.0, 1.0, 2.0]).named("x");
    let (v, i) = x.sort(-1);
    let (w, _j) = x.topk(-1, 2);
    let (y, _) = x.sort_falling(-1);
    let result = (v * y).sum() + w.sum() + i.to_real().sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn a_name_twice(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([3.0, 1.0, 2.0]).named("x");
    let results = x.sort(-1);
    let results2 = x.split(0, &[1, 2]);
    let result = results.1.to_real().sum() * x.index_axis(0, 0) + results2[1].sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn twice_at_the_end(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([3.0, 1.0, 2.0]).named("x");
    let results = x.sort(-1);
    let result = results.0;
    seen.push(result.value().bits());
}

fn pieces(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0, 3.0, 4.0]).named("x");
    let parts = x.split(0, &[1, 3]);
    let a = parts[0];
    let b = parts[1];
    let c = x.chunk(0, 2)[0];
    let result = a.sum() * b.sum() + c.sum() + x.split_every(0, 2)[0].sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn named_results(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0], [3.0, 5.0]]).named("x");
    let results = x.batch_norm(1e-5);
    let y = results.y;
    let m = results.mean;
    let z = x.batch_norm(1e-5).y;
    let result = (y * z).sum() + m.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

#[allow(non_snake_case)]
fn names_of_rust(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let type_ = tape.var([1.0, 2.0]).named("type");
    let loop_ = 2.0 * type_;
    let tape_ = loop_ + type_;
    let W = tape_.sum();
    let self_ = W;
    let E_ = stack(&[type_, loop_], 0).sum() * self_;
    seen.push(E_.item().bits());
    let grads = E_.backward();
    seen.push(grads[type_].bits());
}

fn names_given_anew(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0]).named("x");
    let h = x * 2.0;
    let h = h.relu();
    let x2 = h + x;
    let x3 = 3.0 * x2;
    let result = x3.sum() + stack(&[x2, h], 0).sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn odd_names(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x_ = tape.var([1.0, 2.0]).named("x²");
    let x_2 = tape.var([3.0]).named("x_");
    let unnamed = x_ * x_2;
    let result = unnamed.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x_].bits());
    seen.push(grads[x_2].bits());
}

fn numbers(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0]).named("x");
    let third = 1.0 / 3.0;
    let k = 8.0 - 1.0;
    let part =
        (third * x + k - PI / x + E * x / 4.0).sum() * (-x).leaky_relu(third).index_axis(0, 0);
    let result = part + tape.ones([6]).index_axis(0, 0);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn numbers_on_both_sides(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0]).named("x");
    let part = 2.0 - x + (3.0 / x - 1.0) * -(x - 2.0) / (x + 1.0).pow(1.5) + x.pow(x) + x.powi(-1);
    let result = part - -x - (x - (1.0 - x)) / (x * (2.0 / x));
    seen.push(result.value().bits());
}

fn comparisons(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0, 3.0]).named("x");
    let y = tape.var([3.0, 2.0, 1.0]).named("y");
    let m = x.lt(y).equals(x.ge(2.0));
    let n = x.differs(y);
    let result = m.select(x, 0.0) + n.to_real() * tape.constant(1.0).lt(x).select(y, -1.0);
    seen.push(result.value().bits());
}

fn a_vector_times_matrices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([1.0, 2.0]).named("v");
    let m = tape.var([[1.0, 2.0], [3.0, 4.0]]).named("m");
    let u = v.unsqueeze(0).matmul(m).squeeze(-2).dot(v) + v.dot(v);
    let w = m.matmul(v.unsqueeze(1)).squeeze(-1) + v.unsqueeze(0).matmul(m).squeeze(-2);
    let result = w.sum() * u;
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[v].bits());
    seen.push(grads[m].bits());
}

fn labels_and_values(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let k = tape.var([2.0, 0.0]).named("k");
    let x = tape.var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).named("x");
    let part = x * tape.constant([[1.0], [2.0]]) + k.reshape([2, 1]);
    let result = CrossEntropy::new().each(x, tape.ints([2, 0])).mean() + part.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[k].bits());
    seen.push(grads[x].bits());
}

fn labels_by_two_names(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let k = tape.ints([1, 0]);
    let x = tape.var([[1.0, 2.0], [3.0, 4.0]]).named("x");
    let result = x.nll(k).sum() + x.index_select(0, k).sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn options(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).named("x");
    let p = x.pad(&[(1, 1), (0, 2)], PadMode::Reflect);
    let q = x.pad(&[(1, 1)], PadMode::Constant(7.0));
    let result = p.leaky_relu(0.2).sum() - q.sum() + x.vector_norm(1.0, ..);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn reductions(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).named("x");
    let a = x.sum_over(1);
    let b = x.mean_over(keep(0));
    let c = x.var_over(keep([0, 1]), 1.0);
    let d = x.max_along(1);
    let e = x.prod_over(keep(..));
    let result = a.sum() + (b * c).sum() + d.sum() + x.max() + e.sum() + x.std_over(0, 0.0).sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn a_plane_alone(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape
        .var([[1.0, 2.0, 0.0], [3.0, 9.0, 4.0], [5.0, 6.0, 7.0]])
        .named("x");
    let results = x
        .unsqueeze(0)
        .max_pool2d_with_indices(MaxPool2d::new(2).stride(1));
    let (y, i) = (results.0.squeeze(0), results.1.squeeze(0));
    let z = x
        .index_axis(0, 0)
        .unsqueeze(0)
        .max_pool1d(MaxPool1d::new(3))
        .squeeze(0);
    let result = y.sum() + i.to_real().sum() + z.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn convolutions(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape
        .constant((0..32).map(|k| 0.0 + 1.0 * k as f64).collect::<Vec<_>>())
        .reshape([1, 2, 4, 4]);
    let w = tape
        .constant(
            (0..16)
                .map(|k| 0.0 + 0.06666666666666667 * k as f64)
                .collect::<Vec<_>>(),
        )
        .reshape([2, 2, 2, 2]);
    let y = x.conv2d(w, ConvOptions::new().stride([1, 2]).padding(1).dilation(1));
    let z = x.conv2d(w, ConvOptions::new().same()) + tape.constant([1.0, 2.0]).reshape([-1, 1, 1]);
    let t = x.conv_transpose2d(w, ConvTransposeOptions::new().stride(2).output_padding(1));
    let result = y.sum() + z.sum() + t.sum();
    seen.push(result.item().bits());
}

fn images(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape
        .constant([[1.0, 2.0], [3.0, 4.0]])
        .reshape([1, 1, 2, 2]);
    let a = x.interpolate(Interpolate::linear().scale([2.0, 2.0]).align_corners());
    let b = x.interpolate(Interpolate::nearest().size([3, 5]));
    let g = tape.zeros([1, 3, 3, 2]) + 0.3;
    let c = x.grid_sample(g, GridSample::nearest().border());
    let result = a.sum() + b.sum() + c.sum();
    seen.push(result.item().bits());
}

fn losses(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0], [3.0, 4.0]]).named("x");
    let y = tape.var([[0.5, 0.5], [0.0, 1.0]]).named("y");
    let a = CrossEntropy::new().smoothing(0.1).each(x, y);
    let b = CrossEntropy::new()
        .weights(tape.constant([1.0, 2.0]))
        .ignore(7)
        .each(x, tape.ints([0, 1]));
    let c = TripletMargin::new().margin(2.0).swap().each(x, y, x + 1.0);
    let d = x.binary_cross_entropy_with_logits_weighted(y, tape.constant([1.0, 2.0]));
    let result = (a + b + c).sum() + d.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
    seen.push(grads[y].bits());
}

fn attention(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let q = tape.var([[[1.0, 0.0], [0.0, 1.0]]]).named("q");
    let k = tape.var([[[1.0, 2.0], [3.0, 4.0]]]).named("k");
    let part = q.scaled_dot_product_attention(
        k,
        k,
        Attention::new()
            .mask(tape.constant([[0.0, -1.0], [0.0, 0.0]]))
            .scale(0.5),
    );
    let part2 = part
        + q.scaled_dot_product_attention(k, k, Attention::new().mask(tape.ints([1, 1])).causal());
    let result = part2.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[q].bits());
    seen.push(grads[k].bits());
}

fn matrices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let a = tape.var([[2.0, 1.0], [1.0, 3.0]]).named("a");
    let b = tape.var([1.0, 2.0]).named("b");
    let x = a.solve_triangular(
        tape.constant([[1.0], [2.0]]),
        Triangular::upper().unit_diagonal(),
    );
    let (sign, logarithm) = a.slogdet();
    let (_u, s, _v) = a.svd();
    let result = x.sum()
        + logarithm * sign
        + s.sum()
        + a.linear(a, Some(b)).sum()
        + a.matrix_norm(MatrixNorm::Nuclear)
        + a.cov(Covariance::new().correction(0.0)).sum()
        + a.bilinear(a, stack(&[a, a], 0), Some(b)).sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[a].bits());
    seen.push(grads[b].bits());
}

fn sums_of_products(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let a = tape.var([[1.0, 2.0], [3.0, 4.0]]).named("a");
    let b = einsum("ij,jk->ik", &[a, a.matmul(a)]);
    let result = concat(&[a, b, tape.constant([[1.0, 2.0]])], 0).sum()
        + stack(&[a, b, 2.0 * a], 1).sum()
        + stack(&[a, b], 0).sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[a].bits());
}

fn numbers_in_lists(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0]).named("x");
    let n = 1.0 / 4.0;
    let item = 2.0 * n;
    let item2 = x.index_axis(0, 0);
    let n = 3.0 * 1.0;
    let result = stack(&[tape.constant(item), item2, tape.constant(-2.0)], 0).sum() * n;
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn lists_of_results(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([3.0, 1.0, 2.0]).named("x");
    let results = x.unstack(0);
    let s = stack(&[results[0], results[1], results[2]], 0);
    let results2 = x.split(0, &[1, 2]);
    let c = concat(&[results2[0], results2[1]], 0);
    let results3 = x.sort(-1);
    let result = (s * c).sum() + stack(&[results3.0, results3.1.to_real()], 0).sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn random(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0, 3.0]).named("x");
    let a = x.dropout(0.25);
    let _unused = tape.uniform([2]);
    let b = tape.normal([3]) * a;
    let result = b.sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn deep(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0]).named("x");
    let part = x
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin()
        .sin();
    let result = part.sin().sin().sin().sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn long(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let weights_of_the_first_layer = tape
        .var([[0.123456, -0.25], [1.5, 2.25]])
        .named("weights_of_the_first_layer");
    let activations = tape
        .var([
            [
                1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0,
                16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0,
            ],
            [
                1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0,
                16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.5,
            ],
        ])
        .named("activations");
    let part = weights_of_the_first_layer.matmul(activations)
        + weights_of_the_first_layer.index_axis(0, 0).index_axis(0, 0);
    let result_of_the_layer = part.tanh() * activations;
    let part2 = activations
        .lerp(
            result_of_the_layer,
            weights_of_the_first_layer.index_axis(0, 1).index_axis(0, 1),
        )
        .mean();
    let loss = result_of_the_layer.sum() + weights_of_the_first_layer.square().sum() - part2;
    seen.push(loss.item().bits());
    let grads = loss.backward();
    seen.push(grads[weights_of_the_first_layer].bits());
    seen.push(grads[activations].bits());
}

fn empty(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var(Tensor::new([0], vec![]).unwrap()).named("x");
    let y = tape.var(2.0).named("y");
    let result = x.sum() + y;
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
    seen.push(grads[y].bits());
}

fn five_axes(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape
        .var(Tensor::new([1, 1, 1, 1, 2], vec![1.0, 2.0]).unwrap())
        .named("x");
    let result = (x * x).sum();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn a_number(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.constant(1.0 + 2.0);
    seen.push(result.item().bits());
}

fn integers(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 5.0, 3.0]).named("x");
    let result = x.argmax(0);
    seen.push(result.value().bits());
}

fn a_literal(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[1.0, 2.0], [3.0, 4.0]]).named("x");
    seen.push(x.value().bits());
}

fn not_numbers(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([1.0, 2.0]).named("x");
    let result = x.gt(1.0).select(x / 0.0, f64::NAN) + f64::INFINITY;
    seen.push(result.value().bits());
}

fn nothing(_: &mut Seen) {}

fn of_exp(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.exp();
    seen.push(result.value().bits());
}

fn of_exp2(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.exp2();
    seen.push(result.value().bits());
}

fn of_expm1(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.expm1();
    seen.push(result.value().bits());
}

fn of_ln(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.ln();
    seen.push(result.value().bits());
}

fn of_log1p(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.log1p();
    seen.push(result.value().bits());
}

fn of_log2(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.log2();
    seen.push(result.value().bits());
}

fn of_log10(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.log10();
    seen.push(result.value().bits());
}

fn of_sqrt(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sqrt();
    seen.push(result.value().bits());
}

fn of_rsqrt(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.rsqrt();
    seen.push(result.value().bits());
}

fn of_recip(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.recip();
    seen.push(result.value().bits());
}

fn of_square(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.square();
    seen.push(result.value().bits());
}

fn of_abs(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.abs();
    seen.push(result.value().bits());
}

fn of_sign(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sign();
    seen.push(result.value().bits());
}

fn of_sin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sin();
    seen.push(result.value().bits());
}

fn of_cos(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.cos();
    seen.push(result.value().bits());
}

fn of_tan(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.tan();
    seen.push(result.value().bits());
}

fn of_asin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.asin();
    seen.push(result.value().bits());
}

fn of_acos(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.acos();
    seen.push(result.value().bits());
}

fn of_atan(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.atan();
    seen.push(result.value().bits());
}

fn of_sinh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sinh();
    seen.push(result.value().bits());
}

fn of_cosh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.cosh();
    seen.push(result.value().bits());
}

fn of_tanh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.tanh();
    seen.push(result.value().bits());
}

fn of_asinh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.asinh();
    seen.push(result.value().bits());
}

fn of_acosh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.acosh();
    seen.push(result.value().bits());
}

fn of_atanh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.atanh();
    seen.push(result.value().bits());
}

fn of_floor(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.floor();
    seen.push(result.value().bits());
}

fn of_ceil(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.ceil();
    seen.push(result.value().bits());
}

fn of_round(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.round();
    seen.push(result.value().bits());
}

fn of_trunc(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.trunc();
    seen.push(result.value().bits());
}

fn of_frac(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.frac();
    seen.push(result.value().bits());
}

fn of_erf(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.erf();
    seen.push(result.value().bits());
}

fn of_erfc(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.erfc();
    seen.push(result.value().bits());
}

fn of_erfinv(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.erfinv();
    seen.push(result.value().bits());
}

fn of_lgamma(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.lgamma();
    seen.push(result.value().bits());
}

fn of_digamma(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.digamma();
    seen.push(result.value().bits());
}

fn of_sinc(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sinc();
    seen.push(result.value().bits());
}

fn of_neg(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = -x;
    seen.push(result.value().bits());
}

fn of_pow(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.pow(2.0);
    seen.push(result.value().bits());
}

fn of_powf(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.powf(1.5);
    seen.push(result.value().bits());
}

fn of_powi(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.powi(3);
    seen.push(result.value().bits());
}

fn of_polygamma(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.polygamma(1);
    seen.push(result.value().bits());
}

fn of_round_to(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.round_to(1);
    seen.push(result.value().bits());
}

fn of_fmod(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.fmod(0.3);
    seen.push(result.value().bits());
}

fn of_remainder(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.remainder(y);
    seen.push(result.value().bits());
}

fn of_floor_divide(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.floor_divide(0.3);
    seen.push(result.value().bits());
}

fn of_hypot(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.hypot(y);
    seen.push(result.value().bits());
}

fn of_atan2(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.atan2(y);
    seen.push(result.value().bits());
}

fn of_logaddexp(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.logaddexp(y);
    seen.push(result.value().bits());
}

fn of_xlogy(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.xlogy(y);
    seen.push(result.value().bits());
}

fn of_lerp(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.lerp(y, 0.3);
    seen.push(result.value().bits());
}

fn of_nan_to_num(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.nan_to_num(0.0, f64::MAX, f64::MIN);
    seen.push(result.value().bits());
}

fn of_azmul(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.azmul(y);
    seen.push(result.value().bits());
}

fn of_maximum(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.maximum(y);
    seen.push(result.value().bits());
}

fn of_minimum(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.minimum(y);
    seen.push(result.value().bits());
}

fn of_clamp(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.clamp(0.3, 0.6);
    seen.push(result.value().bits());
}

fn of_clamp_min(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.clamp_min(0.3);
    seen.push(result.value().bits());
}

fn of_clamp_max(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.clamp_max(y);
    seen.push(result.value().bits());
}

fn of_stop_gradient(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.stop_gradient();
    seen.push(result.value().bits());
}

fn of_relu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.relu();
    seen.push(result.value().bits());
}

fn of_relu6(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.relu6();
    seen.push(result.value().bits());
}

fn of_selu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.selu();
    seen.push(result.value().bits());
}

fn of_gelu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.gelu();
    seen.push(result.value().bits());
}

fn of_gelu_tanh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.gelu_tanh();
    seen.push(result.value().bits());
}

fn of_silu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.silu();
    seen.push(result.value().bits());
}

fn of_mish(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.mish();
    seen.push(result.value().bits());
}

fn of_softplus(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.softplus();
    seen.push(result.value().bits());
}

fn of_sigmoid(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sigmoid();
    seen.push(result.value().bits());
}

fn of_log_sigmoid(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.log_sigmoid();
    seen.push(result.value().bits());
}

fn of_softsign(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.softsign();
    seen.push(result.value().bits());
}

fn of_tanhshrink(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.tanhshrink();
    seen.push(result.value().bits());
}

fn of_hardsigmoid(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.hardsigmoid();
    seen.push(result.value().bits());
}

fn of_hardswish(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.hardswish();
    seen.push(result.value().bits());
}

fn of_leaky_relu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.leaky_relu(0.01);
    seen.push(result.value().bits());
}

fn of_elu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.elu(1.0);
    seen.push(result.value().bits());
}

fn of_celu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.celu(1.0);
    seen.push(result.value().bits());
}

fn of_softplus_with(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.softplus_with(2.0, 20.0);
    seen.push(result.value().bits());
}

fn of_softshrink(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.softshrink(0.5);
    seen.push(result.value().bits());
}

fn of_hardshrink(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.hardshrink(0.5);
    seen.push(result.value().bits());
}

fn of_threshold(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.threshold(0.4, 0.0);
    seen.push(result.value().bits());
}

fn of_prelu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.prelu(tape.constant([0.1]));
    seen.push(result.value().bits());
}

fn of_glu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let result = p.glu(-1);
    seen.push(result.value().bits());
}

fn of_gate(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.gate(y);
    seen.push(result.value().bits());
}

fn of_softmax(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.softmax(-1);
    seen.push(result.value().bits());
}

fn of_softmax_or_zero(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.softmax_or_zero(-1);
    seen.push(result.value().bits());
}

fn of_softmin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.softmin(-1);
    seen.push(result.value().bits());
}

fn of_log_softmax(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.log_softmax(-1);
    seen.push(result.value().bits());
}

fn of_lt(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.lt(y);
    seen.push(result.value().bits());
}

fn of_le(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.le(0.3);
    seen.push(result.value().bits());
}

fn of_gt(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.gt(y);
    seen.push(result.value().bits());
}

fn of_ge(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.ge(y);
    seen.push(result.value().bits());
}

fn of_differs(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.differs(y);
    seen.push(result.value().bits());
}

fn of_equals(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.equals(y);
    seen.push(result.value().bits());
}

fn of_is_nan(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.is_nan();
    seen.push(result.value().bits());
}

fn of_is_finite(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.is_finite();
    seen.push(result.value().bits());
}

fn of_and(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let mask = x.gt(0.4);
    let result = mask.and(mask);
    seen.push(result.value().bits());
}

fn of_or(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let mask = x.gt(0.4);
    let result = mask.or(mask);
    seen.push(result.value().bits());
}

fn of_not(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let mask = x.gt(0.4);
    let result = mask.not();
    seen.push(result.value().bits());
}

fn of_replace(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let k = tape.ints([1, 0]);
    let result = k.replace(1, 5);
    seen.push(result.value().bits());
}

fn of_to_real(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let k = tape.ints([1, 0]);
    let result = k.to_real();
    seen.push(result.value().bits());
}

fn of_select(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let mask = x.gt(0.4);
    let result = mask.select(x, y);
    seen.push(result.value().bits());
}

fn of_masked_fill(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let mask = x.gt(0.4);
    let result = x.masked_fill(mask, 7.0);
    seen.push(result.value().bits());
}

fn of_sum(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sum_over(keep([0, 1]));
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_mean(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.mean();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_prod(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.prod();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_amax(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.amax(..);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_amin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.amin(..);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_logsumexp(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.logsumexp(..);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_nansum(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.nansum(..);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_nanmean(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.nanmean(..);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_var(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.var_over(1, 1.0);
    seen.push(result.value().bits());
}

fn of_std(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.std_over(.., 1.0);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.vector_norm(1.0, 1);
    seen.push(result.value().bits());
}

fn of_vector_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.vector_norm(2.0, ..);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_aminmax(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.aminmax(..).0;
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_max(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.max();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_min(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.min();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_max_along(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.max_along(1);
    seen.push(result.value().bits());
}

fn of_min_along(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.min_along(1);
    seen.push(result.value().bits());
}

fn of_max_with_index(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.max_with_index(1).0;
    seen.push(result.value().bits());
}

fn of_min_with_index(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.min_with_index(0).0;
    seen.push(result.value().bits());
}

fn of_argmax(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.argmax(1);
    seen.push(result.value().bits());
}

fn of_argmin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.argmin(1);
    seen.push(result.value().bits());
}

fn of_any(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let mask = x.gt(0.4);
    let result = mask.any(..);
    seen.push(result.value().bits());
}

fn of_all(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let mask = x.gt(0.4);
    let result = mask.all(..);
    seen.push(result.value().bits());
}

fn of_pairwise_distance(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.pairwise_distance(y, 2.0, 1e-6);
    seen.push(result.value().bits());
}

fn of_cumsum(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.cumsum(0);
    seen.push(result.value().bits());
}

fn of_cumprod(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.cumprod(0);
    seen.push(result.value().bits());
}

fn of_cummax(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.cummax(0).0;
    seen.push(result.value().bits());
}

fn of_cummin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.cummin(0).0;
    seen.push(result.value().bits());
}

fn of_logcumsumexp(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.logcumsumexp(0);
    seen.push(result.value().bits());
}

fn of_diff(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.diff(-1, 1);
    seen.push(result.value().bits());
}

fn of_trapezoid(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.trapezoid(-1, 1.0);
    seen.push(result.value().bits());
}

fn of_recurrence(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.recurrence(1, y);
    seen.push(result.value().bits());
}

fn of_reshape(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.reshape([3, -1]);
    seen.push(result.value().bits());
}

fn of_flatten(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.flatten();
    seen.push(result.value().bits());
}

fn of_flatten_from(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.flatten_from(2);
    seen.push(result.value().bits());
}

fn of_flatten_axes(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.flatten_axes(1, 2);
    seen.push(result.value().bits());
}

fn of_unflatten(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.unflatten(0, [3, 1]);
    seen.push(result.value().bits());
}

fn of_squeeze(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.squeeze(0);
    seen.push(result.value().bits());
}

fn of_unsqueeze(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.unsqueeze(0);
    seen.push(result.value().bits());
}

fn of_permute(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.permute([1, 0]);
    seen.push(result.value().bits());
}

fn of_transpose(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.transpose(-2, -1);
    seen.push(result.value().bits());
}

fn of_t(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.t();
    seen.push(result.value().bits());
}

fn of_movedim(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.movedim(0, 2);
    seen.push(result.value().bits());
}

fn of_flip(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.flip(1);
    seen.push(result.value().bits());
}

fn of_roll(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.roll(1, 1);
    seen.push(result.value().bits());
}

fn of_rot90(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.rot90(0, 1, 1);
    seen.push(result.value().bits());
}

fn of_broadcast_to(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.broadcast_to([2, 3]);
    seen.push(result.value().bits());
}

fn of_expand(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.expand([2, -1]);
    seen.push(result.value().bits());
}

fn of_tile(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.tile([2]);
    seen.push(result.value().bits());
}

fn of_repeat_interleave(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.repeat_interleave(0, [1, 2, 1]);
    seen.push(result.value().bits());
}

fn of_slice(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.slice(1, 0..2);
    seen.push(result.value().bits());
}

fn of_slice_step(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.slice_step(0, 0..3, -1);
    seen.push(result.value().bits());
}

fn of_index_axis(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.index_axis(0, 1);
    seen.push(result.value().bits());
}

fn of_put_slice(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.put_slice(1, 0..1, tape.constant([[1.0], [2.0]]));
    seen.push(result.value().bits());
}

fn of_put_index(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = x.put_index(0, 1, v);
    seen.push(result.value().bits());
}

fn of_split(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.split(0, &[1, 2])[0];
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[v].bits());
}

fn of_split_every(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.split_every(0, 2)[0];
    seen.push(result.value().bits());
}

fn of_split_evenly(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.split_evenly(0, 2)[0];
    seen.push(result.value().bits());
}

fn of_chunk(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.chunk(0, 2)[0];
    seen.push(result.value().bits());
}

fn of_windows(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.windows(0, 2, 1);
    seen.push(result.value().bits());
}

fn of_unstack(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.unstack(0)[0];
    seen.push(result.value().bits());
}

fn of_concat(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = concat(&[x, y], 1);
    seen.push(result.value().bits());
}

fn of_stack(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = stack(&[x, y], 0);
    seen.push(result.value().bits());
}

fn of_pad(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.pad(&[(1, 0), (0, 1)], PadMode::Constant(0.0));
    seen.push(result.value().bits());
}

fn of_zeros(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.zeros([2, 3]);
    seen.push(result.value().bits());
}

fn of_ones(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.ones([4]);
    seen.push(result.value().bits());
}

fn of_full(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.fill([2], 0.5);
    seen.push(result.value().bits());
}

fn of_arange(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.constant((0..4).map(|k| 0.0 + 0.25 * k as f64).collect::<Vec<_>>());
    seen.push(result.value().bits());
}

fn of_linspace(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.constant((0..5).map(|k| 0.0 + 0.25 * k as f64).collect::<Vec<_>>());
    seen.push(result.value().bits());
}

fn of_eye(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.eye(3);
    seen.push(result.value().bits());
}

fn of_constant(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.constant([1.0, 2.0]);
    seen.push(result.value().bits());
}

fn of_ints(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.ints([1, 2]);
    seen.push(result.value().bits());
}

fn of_gather(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.gather(1, tape.ints([0, 2, 1, 1]).reshape([2, 2]));
    seen.push(result.value().bits());
}

fn of_scatter_add(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.scatter_add(
        1,
        tape.ints([0, 1]).reshape([2, 1]),
        tape.constant([[5.0], [6.0]]),
    );
    seen.push(result.value().bits());
}

fn of_scatter_into(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.scatter_into([5], 0, tape.ints([0, 4, 4]));
    seen.push(result.value().bits());
}

fn of_scatter(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.scatter(1, tape.ints([0, 1]).reshape([2, 1]), 9.0);
    seen.push(result.value().bits());
}

fn of_index_select(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let k = tape.ints([1, 0]);
    let result = x.index_select(0, k);
    seen.push(result.value().bits());
}

fn of_index_add(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let k = tape.ints([1, 0]);
    let result = x.index_add(0, k, y);
    seen.push(result.value().bits());
}

fn of_index_copy(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let k = tape.ints([1, 0]);
    let result = x.index_copy(0, k, y);
    seen.push(result.value().bits());
}

fn of_index_fill(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.index_fill(0, tape.ints([1]), 3.0);
    seen.push(result.value().bits());
}

fn of_take(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.take(tape.ints([0, 5]));
    seen.push(result.value().bits());
}

fn of_take_along(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.take_along(1, tape.ints([0, 2]).reshape([2, 1]));
    seen.push(result.value().bits());
}

fn of_embedding(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let k = tape.ints([1, 0]);
    let result = x.embedding(k);
    seen.push(result.value().bits());
}

fn of_embedding_padded(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let k = tape.ints([1, 0]);
    let result = x.embedding_padded(k, 0);
    seen.push(result.value().bits());
}

fn of_one_hot(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let k = tape.ints([1, 0]);
    let result = k.one_hot(3);
    seen.push(result.value().bits());
}

fn of_sort(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sort(-1).0;
    seen.push(result.value().bits());
}

fn of_sort_falling(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.sort_falling(-1).0;
    seen.push(result.value().bits());
}

fn of_argsort(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.argsort(-1);
    seen.push(result.value().bits());
}

fn of_topk(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.topk(-1, 2).0;
    seen.push(result.value().bits());
}

fn of_bottomk(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.bottomk(-1, 2).0;
    seen.push(result.value().bits());
}

fn of_kthvalue(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.kthvalue(-1, 1).0;
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[v].bits());
}

fn of_plane_gather(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.plane_gather(tape.ints([5, 0]).reshape([1, 1, 1, 2]));
    seen.push(result.value().bits());
}

fn of_plane_scatter(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v
        .reshape([1, 1, 1, 3])
        .plane_scatter(tape.ints([5, 0, 1]).reshape([1, 1, 1, 3]), [4, 4]);
    seen.push(result.value().bits());
}

fn of_matmul(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.matmul(m);
    seen.push(result.value().bits());
}

fn of_matmul_transposed(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.matmul_transposed(y);
    seen.push(result.value().bits());
}

fn of_dot(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.dot(v);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[v].bits());
}

fn of_outer(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.outer(v);
    seen.push(result.value().bits());
}

fn of_matvec(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = x.matvec(v);
    seen.push(result.value().bits());
}

fn of_einsum(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = einsum("ij,kj->ik", &[x, y]);
    seen.push(result.value().bits());
}

fn of_multi_dot(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = multi_dot(&[m, m, m]);
    seen.push(result.value().bits());
}

fn of_tensordot(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.tensordot(y, 2);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
    seen.push(grads[y].bits());
}

fn of_inner(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.inner(v);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[v].bits());
}

fn of_kron(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.kron(m);
    seen.push(result.value().bits());
}

fn of_vecdot(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.vecdot(y, -1);
    seen.push(result.value().bits());
}

fn of_cross(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.cross(y, -1);
    seen.push(result.value().bits());
}

fn of_linear(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.linear(y, None);
    seen.push(result.value().bits());
}

fn of_bilinear(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.bilinear(m, m.reshape([1, 2, 2]), None);
    seen.push(result.value().bits());
}

fn of_addmm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.addmm(m, m, 1.0, 1.0);
    seen.push(result.value().bits());
}

fn of_addmv(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let part = tape.constant([1.0, 2.0]);
    let result = part.addmv(m, tape.constant([3.0, 4.0]), 1.0, 1.0);
    seen.push(result.value().bits());
}

fn of_addr(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.addr(
        tape.constant([1.0, 2.0]),
        tape.constant([3.0, 4.0]),
        1.0,
        1.0,
    );
    seen.push(result.value().bits());
}

fn of_baddbmm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let part = vol.index_axis(0, 0);
    let result = part.baddbmm(vol.index_axis(0, 0), vol.index_axis(0, 0), 1.0, 1.0);
    seen.push(result.value().bits());
}

fn of_addbmm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = m.addbmm(vol.index_axis(0, 0), vol.index_axis(0, 0), 1.0, 1.0);
    seen.push(result.value().bits());
}

fn of_inv(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.inv();
    seen.push(result.value().bits());
}

fn of_matrix_power(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.matrix_power(2);
    seen.push(result.value().bits());
}

fn of_matrix_exp(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.matrix_exp();
    seen.push(result.value().bits());
}

fn of_det(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.det();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[m].bits());
}

fn of_slogdet(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.slogdet().0;
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[m].bits());
}

fn of_solve(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.solve(m);
    seen.push(result.value().bits());
}

fn of_solve_transposed(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.solve_transposed(m);
    seen.push(result.value().bits());
}

fn of_solve_triangular(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.solve_triangular(m, Triangular::upper());
    seen.push(result.value().bits());
}

fn of_cholesky(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.cholesky();
    seen.push(result.value().bits());
}

fn of_cholesky_solve(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.cholesky().cholesky_solve(m);
    seen.push(result.value().bits());
}

fn of_qr(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.qr().0;
    seen.push(result.value().bits());
}

fn of_eigh(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.eigh().0;
    seen.push(result.value().bits());
}

fn of_svd(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.svd().0;
    seen.push(result.value().bits());
}

fn of_pinv(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.pinv(None);
    seen.push(result.value().bits());
}

fn of_matrix_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.matrix_norm(MatrixNorm::Frobenius);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[m].bits());
}

fn of_diagonal(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.diagonal(0, [-2, -1]);
    seen.push(result.value().bits());
}

fn of_diag_embed(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.diag_embed(0, [-2, -1]);
    seen.push(result.value().bits());
}

fn of_diag(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.diag(0);
    seen.push(result.value().bits());
}

fn of_trace(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let result = m.trace();
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[m].bits());
}

fn of_tril(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.tril(0);
    seen.push(result.value().bits());
}

fn of_triu(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.triu(0);
    seen.push(result.value().bits());
}

fn of_vander(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.vander(3);
    seen.push(result.value().bits());
}

fn of_cov(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.cov(Covariance::new());
    seen.push(result.value().bits());
}

fn of_corrcoef(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.corrcoef();
    seen.push(result.value().bits());
}

fn of_dist(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.dist(y, 2.0);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
    seen.push(grads[y].bits());
}

fn of_cdist(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.cdist(y, 2.0);
    seen.push(result.value().bits());
}

fn of_pdist(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.pdist(2.0);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
}

fn of_conv2d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.conv2d(m.reshape([1, 1, 2, 2]), ConvOptions::new().padding(1))
        + tape.constant([0.5]).reshape([-1, 1, 1]);
    seen.push(result.value().bits());
}

fn of_conv_transpose2d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.conv_transpose2d(
        m.reshape([1, 1, 2, 2]),
        ConvTransposeOptions::new().stride(2),
    );
    seen.push(result.value().bits());
}

fn of_conv1d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.conv1d(v.reshape([1, 1, 3]), ConvOptions::new().same());
    seen.push(result.value().bits());
}

fn of_conv_transpose1d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.conv_transpose1d(v.reshape([1, 1, 3]), ConvTransposeOptions::new());
    seen.push(result.value().bits());
}

fn of_conv3d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol
        .reshape([1, 1, 4, 2, 2])
        .conv3d(m.reshape([1, 1, 1, 2, 2]), ConvOptions::new());
    seen.push(result.value().bits());
}

fn of_conv_transpose3d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol
        .reshape([1, 1, 4, 2, 2])
        .conv_transpose3d(m.reshape([1, 1, 1, 2, 2]), ConvTransposeOptions::new());
    seen.push(result.value().bits());
}

fn of_conv2d_input(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let m = tape.var([[2.0, 0.5], [0.5, 3.0]]).named("m");
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.conv2d_input(m.reshape([1, 1, 2, 2]), ConvOptions::new(), [5, 5]);
    seen.push(result.value().bits());
}

fn of_conv2d_weights(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.conv2d_weights(im, ConvOptions::new(), [1, 1]);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[p].bits());
}

fn of_unfold(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.unfold(Unfold::new(2));
    seen.push(result.value().bits());
}

fn of_fold(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.unfold(Unfold::new(2)).fold(Unfold::new(2), [4, 4]);
    seen.push(result.value().bits());
}

fn of_im2col(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.im2col(Unfold::new(2));
    seen.push(result.value().bits());
}

fn of_col2im(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.im2col(Unfold::new(2)).col2im(Unfold::new(2), [4, 4]);
    seen.push(result.value().bits());
}

fn of_interpolate(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.interpolate(Interpolate::nearest().size([8, 8]));
    seen.push(result.value().bits());
}

fn of_upsample_nearest(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.upsample_nearest(2);
    seen.push(result.value().bits());
}

fn of_upsample_bilinear(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.upsample_bilinear(2);
    seen.push(result.value().bits());
}

fn of_grid_sample(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.grid_sample(tape.zeros([1, 2, 2, 2]), GridSample::linear());
    seen.push(result.value().bits());
}

fn of_affine_grid(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = (v * tape.constant([[1.0], [2.0]]))
        .reshape([1, 2, 3])
        .affine_grid([4, 4], GridSample::linear());
    seen.push(result.value().bits());
}

fn of_pixel_shuffle(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.pixel_shuffle(2);
    seen.push(result.value().bits());
}

fn of_pixel_unshuffle(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.pixel_unshuffle(2);
    seen.push(result.value().bits());
}

fn of_channel_shuffle(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.channel_shuffle(2);
    seen.push(result.value().bits());
}

fn of_max_pool2d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let result = p
        .unsqueeze(0)
        .max_pool2d(MaxPool2d::new(2).stride(1))
        .squeeze(0);
    seen.push(result.value().bits());
}

fn of_max_pool2d_with_indices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.max_pool2d_with_indices(MaxPool2d::new(2)).0;
    seen.push(result.value().bits());
}

fn of_avg_pool2d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let result = p
        .unsqueeze(0)
        .avg_pool2d(AvgPool2d::new(2).padding(1).exclude_padding())
        .squeeze(0);
    seen.push(result.value().bits());
}

fn of_adaptive_max_pool2d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.adaptive_max_pool2d(3);
    seen.push(result.value().bits());
}

fn of_adaptive_max_pool2d_with_indices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.adaptive_max_pool2d_with_indices(3).0;
    seen.push(result.value().bits());
}

fn of_adaptive_avg_pool2d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.adaptive_avg_pool2d([1, 2]);
    seen.push(result.value().bits());
}

fn of_max_unpool2d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let part = im.max_pool2d(MaxPool2d::new(2));
    let result = part.max_unpool2d(
        tape.ints([5, 3, 9, 11]).reshape([1, 1, 2, 2]),
        MaxPool2d::new(2),
        None,
    );
    seen.push(result.value().bits());
}

fn of_max_pool1d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.max_pool1d(MaxPool1d::new(2));
    seen.push(result.value().bits());
}

fn of_max_pool1d_with_indices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.max_pool1d_with_indices(MaxPool1d::new(2)).0;
    seen.push(result.value().bits());
}

fn of_avg_pool1d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.avg_pool1d(AvgPool1d::new(2));
    seen.push(result.value().bits());
}

fn of_adaptive_max_pool1d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.adaptive_max_pool1d(2);
    seen.push(result.value().bits());
}

fn of_adaptive_max_pool1d_with_indices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.adaptive_max_pool1d_with_indices(2).0;
    seen.push(result.value().bits());
}

fn of_adaptive_avg_pool1d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let result = sig.adaptive_avg_pool1d(2);
    seen.push(result.value().bits());
}

fn of_max_unpool1d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let sig = tape.var([[1.0, 5.0, 3.0, 2.0]]).named("sig");
    let part = sig.max_pool1d(MaxPool1d::new(2));
    let result = part.max_unpool1d(tape.ints([1, 2]).reshape([1, 2]), MaxPool1d::new(2), None);
    seen.push(result.value().bits());
}

fn of_max_pool3d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.max_pool3d(MaxPool3d::new([2, 1, 1]));
    seen.push(result.value().bits());
}

fn of_max_pool3d_with_indices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.max_pool3d_with_indices(MaxPool3d::new(2)).0;
    seen.push(result.value().bits());
}

fn of_avg_pool3d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.avg_pool3d(AvgPool3d::new(2));
    seen.push(result.value().bits());
}

fn of_adaptive_max_pool3d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.adaptive_max_pool3d(1);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[p].bits());
}

fn of_adaptive_max_pool3d_with_indices(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.adaptive_max_pool3d_with_indices(1).0;
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[p].bits());
}

fn of_adaptive_avg_pool3d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.adaptive_avg_pool3d(1);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[p].bits());
}

fn of_max_unpool3d(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let part = vol.max_pool3d(MaxPool3d::new(2));
    let result = part.max_unpool3d(
        tape.ints([1, 9]).reshape([1, 2, 1, 1]),
        MaxPool3d::new(2),
        None,
    );
    seen.push(result.value().bits());
}

fn of_layer_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.layer_norm(-1, 1e-5);
    seen.push(result.value().bits());
}

fn of_layer_norm_affine(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = x.layer_norm_affine(v, v, 1e-5);
    seen.push(result.value().bits());
}

fn of_rms_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.rms_norm(-1, 1e-5);
    seen.push(result.value().bits());
}

fn of_batch_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.batch_norm(1e-5).y;
    seen.push(result.value().bits());
}

fn of_batch_norm_affine(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im
        .batch_norm_affine(tape.constant([1.0]), tape.constant([0.0]), 1e-5)
        .y;
    seen.push(result.value().bits());
}

fn of_batch_norm_inference(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.batch_norm_inference(tape.constant([1.0]), tape.constant([2.0]), 1e-5);
    seen.push(result.value().bits());
}

fn of_group_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.group_norm(2, 1e-5);
    seen.push(result.value().bits());
}

fn of_instance_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let im = p.reshape([1, 1, 4, 4]);
    let result = im.instance_norm(1e-5);
    seen.push(result.value().bits());
}

fn of_local_response_norm(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let p = tape
        .var([
            [1.0, 2.0, 0.0, 1.0],
            [3.0, 9.0, 4.0, 2.0],
            [5.0, 6.0, 7.0, 8.0],
            [2.0, 1.0, 0.0, 3.0],
        ])
        .named("p");
    let vol = p.reshape([1, 4, 2, 2]);
    let result = vol.local_response_norm(3, 0.0001, 0.75, 1.0);
    seen.push(result.value().bits());
}

fn of_normalize(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.normalize(2.0, 1, 1e-12);
    seen.push(result.value().bits());
}

fn of_cosine_similarity(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.cosine_similarity(y, 1, 1e-8);
    seen.push(result.value().bits());
}

fn of_cross_entropy(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = CrossEntropy::new().each(x, tape.ints([2, 0]));
    seen.push(result.value().bits());
}

fn of_nll(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.log_softmax(-1).nll(tape.ints([2, 0]));
    seen.push(result.value().bits());
}

fn of_mse(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.mse(y);
    seen.push(result.item().bits());
    let grads = result.backward();
    seen.push(grads[x].bits());
    seen.push(grads[y].bits());
}

fn of_l1(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.l1(y);
    seen.push(result.value().bits());
}

fn of_huber(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.huber(y, 1.0);
    seen.push(result.value().bits());
}

fn of_smooth_l1(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.smooth_l1(y, 1.0);
    seen.push(result.value().bits());
}

fn of_binary_cross_entropy(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.binary_cross_entropy(y);
    seen.push(result.value().bits());
}

fn of_binary_cross_entropy_with_logits(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.binary_cross_entropy_with_logits(y);
    seen.push(result.value().bits());
}

fn of_binary_cross_entropy_with_logits_weighted(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = x.binary_cross_entropy_with_logits_weighted(y, v);
    seen.push(result.value().bits());
}

fn of_kl_div(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.kl_div(y);
    seen.push(result.value().bits());
}

fn of_kl_div_log(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.kl_div_log(y);
    seen.push(result.value().bits());
}

fn of_poisson_nll(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.poisson_nll(y);
    seen.push(result.value().bits());
}

fn of_poisson_nll_of_rate(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.poisson_nll_of_rate(y, 1e-8);
    seen.push(result.value().bits());
}

fn of_stirling(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let v = tape.var([0.5, 1.5, 2.5]).named("v");
    let result = v.stirling();
    seen.push(result.value().bits());
}

fn of_gaussian_nll(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.gaussian_nll(y, y, 1e-6);
    seen.push(result.value().bits());
}

fn of_hinge_embedding(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let s = tape.var([1.0, -1.0]).named("s");
    let result = tape.constant([0.5, 2.0]).hinge_embedding(s, 1.0);
    seen.push(result.value().bits());
}

fn of_margin_ranking(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let s = tape.var([1.0, -1.0]).named("s");
    let part = tape.constant([0.5, 2.0]);
    let result = part.margin_ranking(tape.constant([1.0, 1.0]), s, 0.0);
    seen.push(result.value().bits());
}

fn of_soft_margin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let s = tape.var([1.0, -1.0]).named("s");
    let result = tape.constant([0.5, 2.0]).soft_margin(s);
    seen.push(result.value().bits());
}

fn of_cosine_embedding(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let s = tape.var([1.0, -1.0]).named("s");
    let result = x.cosine_embedding(y, s, 0.0);
    seen.push(result.value().bits());
}

fn of_triplet_margin(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = TripletMargin::new().each(x, y, x);
    seen.push(result.value().bits());
}

fn of_attention(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let y = tape.var([[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]).named("y");
    let result = x.scaled_dot_product_attention(y, y, Attention::new());
    seen.push(result.value().bits());
}

fn of_dropout(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let x = tape.var([[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]).named("x");
    let result = x.dropout(0.25);
    seen.push(result.value().bits());
}

fn of_uniform(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.uniform([2, 2]);
    seen.push(result.value().bits());
}

fn of_normal(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.normal([3]);
    seen.push(result.value().bits());
}

fn of_keep_mask(seen: &mut Seen) {
    let tape = Tape::<f64>::default();
    let result = tape.keep_mask([4], 0.5);
    seen.push(result.value().bits());
}
