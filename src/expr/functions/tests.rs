//! Every operation of the crate can be reached from a text, and every function of the language runs.
//! The operations are read off the sources, so a new one that the tables lack fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{ALIASES, Functions, functions};
use crate::expr::parse;
use crate::tape::{Operand, Tape};

/// Public methods of operations that are no functions of the language, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("sum_over", "sum"),
    ("mean_over", "mean"),
    ("prod_over", "prod"),
    ("var_over", "var"),
    ("std_over", "std"),
    ("fill", "full"),
    ("scaled_dot_product_attention", "attention"),
    ("try_einsum", "einsum"),
];

/// Methods of option builders, which are keyword arguments.
const BUILDERS: &[&str] = &[
    "affine",
    "align_corners",
    "area",
    "border",
    "causal",
    "ceil",
    "correction",
    "cubic",
    "dilation",
    "divisor",
    "each",
    "eps",
    "exact",
    "exclude_padding",
    "floor",
    "frequencies",
    "groups",
    "grouped",
    "ignore",
    "linear",
    "lower",
    "margin",
    "mask",
    "mean",
    "nearest",
    "nearest_exact",
    "new",
    "of_logarithms",
    "output_padding",
    "p",
    "padding",
    "recompute_scale",
    "reflect",
    "same",
    "scale",
    "size",
    "smoothing",
    "stride",
    "swap",
    "transposed",
    "unit_diagonal",
    "upper",
    "weights",
    "window",
];

fn sources() -> String {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops")];
    let mut all = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(path).unwrap();
                all.extend(text.lines().take_while(|l| *l != "#[cfg(test)]").flat_map(|l| [l, "\n"]));
            }
        }
    }
    all
}

/// Names of public methods that take a line, of free functions, and of rows that are methods.
fn operations(text: &str) -> BTreeSet<String> {
    let word = |t: &str| t.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once("pub fn ") {
            found.insert(word(rest));
        }
        // `    TANH tanh() |x| ..` in a table of rows; comparisons have two constants.
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        let constant =
            |w: &str| w.len() > 1 && w.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        match words[..] {
            [a, b, ..] if line.starts_with("    ") && constant(a) && b.contains('(') && !b.starts_with('(') => {
                found.insert(word(b));
            }
            [a, b, c, _]
                if line.starts_with("    ") && constant(a) && constant(b) && c.starts_with(char::is_lowercase) =>
            {
                found.insert(word(c));
            }
            _ => {}
        }
    }
    found.remove("");
    found
}

#[test]
fn every_operation_is_a_function_of_the_language() {
    let all = operations(&sources());
    assert!(all.len() > 280 && all.contains("tanh") && all.contains("gt") && all.contains("max_unpool2d"), "{all:?}");
    let known: BTreeSet<&str> = functions().iter().map(|f| f.name).collect();
    let missing: Vec<&String> = all
        .iter()
        .filter(|n| !known.contains(n.as_str()) && !BUILDERS.contains(&n.as_str()))
        .filter(|n| !ELSEWHERE.iter().any(|e| e.0 == n.as_str()))
        .filter(|n| !INSIDE.contains(&n.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Public within the crate's private modules only: parts of operations, and what options are asked.
const INSIDE: &[&str] = &[
    "all",
    "all_checks",
    "amid",
    "attributes",
    "check_groups",
    "check_within",
    "checks",
    "count",
    "dilations",
    "double",
    "get",
    "group_count",
    "is_all_of",
    "is_same",
    "layout",
    "of_index",
    "of_range",
    "output",
    "output_paddings",
    "paddings",
    "real",
    "resolve",
    "sizes",
    "strides",
    "to_options",
    "window",
];

/// What samples may use.
const PRELUDE: &str = "x = [[0.2, 0.5, 0.9], [0.3, 0.6, 0.7]]
y = [[0.4, 0.1, 0.8], [0.25, 0.35, 0.15]]
v = [0.5, 1.5, 2.5]
m = [[2, 0.5], [0.5, 3]]
p = [[1, 2, 0, 1], [3, 9, 4, 2], [5, 6, 7, 8], [2, 1, 0, 3]]
im = reshape(p, [1, 1, 4, 4])
sig = [[1, 5, 3, 2]]
vol = reshape(p, [1, 4, 2, 2])
k = ints([1, 0])
mask = x > 0.4
s = [1, -1]
";

/// Calls of functions that take more than one tensor without defaults.
const SAMPLES: &[&str] = &[
    "pow(x, 2)",
    "pow(x, y)",
    "powf(x, 1.5)",
    "powi(x, 3)",
    "polygamma(x, 1)",
    "round_to(x, 1)",
    "fmod(x, 0.3)",
    "remainder(x, y)",
    "floor_divide(x, 0.3)",
    "hypot(x, y)",
    "atan2(x, y)",
    "logaddexp(x, y)",
    "xlogy(x, y)",
    "lerp(x, y, 0.3)",
    "azmul(x, y)",
    "maximum(x, y)",
    "minimum(x, y)",
    "clamp(x, 0.3, 0.6)",
    "clamp_min(x, 0.3)",
    "clamp_max(x, y)",
    "softplus_with(x, 2)",
    "threshold(x, 0.4)",
    "prelu(x, [0.1])",
    "glu(p)",
    "gate(x, y)",
    "lt(x, y)",
    "le(x, 0.3)",
    "gt(x, y)",
    "ge(x, y)",
    "differs(x, y)",
    "equals(x, y)",
    "equals(k, 1)",
    "and(mask, mask)",
    "or(mask, mask)",
    "not(mask)",
    "replace(k, 1, 5)",
    "to_real(k)",
    "where(mask, x, 0)",
    "select(mask, x, y)",
    "masked_fill(x, mask, 7)",
    "max_along(x, 1)",
    "min_along(x, 1)",
    "max_with_index(x, 1)",
    "min_with_index(x, 0)",
    "argmax(x, 1)",
    "argmin(x, 1)",
    "any(mask)",
    "all(mask)",
    "pairwise_distance(x, y)",
    "recurrence(x, 1, y)",
    "reshape(x, [3, -1])",
    "flatten_from(im, 2)",
    "flatten_axes(im, 1, 2)",
    "unflatten(v, 0, [3, 1])",
    "squeeze(im, 0)",
    "unsqueeze(x, 0)",
    "permute(x, [1, 0])",
    "movedim(im, 0, 2)",
    "flip(x, 1)",
    "roll(x, 1, 1)",
    "broadcast_to(v, [2, 3])",
    "expand(v, [2, -1])",
    "tile(v, [2])",
    "repeat_interleave(v, 0, [1, 2, 1])",
    "slice(x, 1, 0, 2)",
    "slice_step(v, 0, 0, 3, -1)",
    "index_axis(x, 0, 1)",
    "put_slice(x, 1, 0, 1, [[1], [2]])",
    "put_index(x, 0, 1, v)",
    "split(v, 0, [1, 2])",
    "split_every(v, 0, 2)",
    "split_evenly(v, 0, 2)",
    "chunk(v, 0, 2)",
    "windows(v, 0, 2)",
    "concat([x, y], axis=1)",
    "stack([x, y])",
    "pad(x, [1, 0, 0, 1])",
    "pad(x, [0, 0, 1, 1], mode=\"reflect\")",
    "zeros([2, 3])",
    "ones(4)",
    "full([2], 0.5)",
    "arange(0, 1, 0.25)",
    "linspace(0, 1, 5)",
    "eye(3)",
    "constant([1, 2])",
    "ints([1, 2])",
    "gather(x, 1, [[0, 2], [1, 1]])",
    "scatter_add(x, 1, [[0], [1]], [[5], [6]])",
    "scatter_into(v, [5], 0, [0, 4, 4])",
    "scatter(x, 1, [[0], [1]], 9)",
    "index_select(x, 0, k)",
    "index_add(x, 0, k, y)",
    "index_copy(x, 0, k, y)",
    "index_fill(x, 0, [1], 3)",
    "take(x, [0, 5])",
    "take_along(x, 1, [[0], [2]])",
    "embedding(x, k)",
    "embedding_padded(x, k, 0)",
    "one_hot(k, 3)",
    "topk(v, 2)",
    "bottomk(v, 2)",
    "kthvalue(v, 1)",
    "plane_gather(im, reshape(ints([5, 0]), [1, 1, 1, 2]))",
    "plane_scatter(reshape(v, [1, 1, 1, 3]), reshape(ints([5, 0, 1]), [1, 1, 1, 3]), 4)",
    "matmul(m, m)",
    "matmul_transposed(x, y)",
    "dot(v, v)",
    "outer(v, v)",
    "matvec(x, v)",
    "einsum(\"ij,kj->ik\", [x, y])",
    "multi_dot([m, m, m])",
    "tensordot(x, y)",
    "inner(v, v)",
    "kron(m, m)",
    "vecdot(x, y)",
    "cross(x, y)",
    "linear(x, y)",
    "linear(x, y, [1, 2])",
    "bilinear(m, m, reshape(m, [1, 2, 2]))",
    "addmm(m, m, m)",
    "addmv([1, 2], m, [3, 4])",
    "addr(m, [1, 2], [3, 4])",
    "baddbmm(vol[0], vol[0], vol[0])",
    "addbmm(m, vol[0], vol[0])",
    "inv(m)",
    "matrix_power(m, 2)",
    "matrix_exp(m)",
    "det(m)",
    "slogdet(m)",
    "solve(m, m)",
    "solve_transposed(m, m)",
    "solve_triangular(m, m, upper=true)",
    "cholesky(m)",
    "cholesky_solve(cholesky(m), m)",
    "qr(m)",
    "eigh(m)",
    "svd(m)",
    "pinv(x)",
    "matrix_norm(m)",
    "diagonal(m)",
    "diag_embed(v)",
    "trace(m)",
    "vander(v, 3)",
    "cov(x)",
    "corrcoef(x)",
    "dist(x, y)",
    "cdist(x, y)",
    "pdist(x)",
    "conv2d(im, reshape(m, [1, 1, 2, 2]), [0.5], padding=1)",
    "conv1d(sig, reshape(v, [1, 1, 3]), same=true)",
    "conv3d(reshape(vol, [1, 1, 4, 2, 2]), reshape(m, [1, 1, 1, 2, 2]))",
    "conv_transpose2d(im, reshape(m, [1, 1, 2, 2]), stride=2)",
    "conv_transpose1d(sig, reshape(v, [1, 1, 3]))",
    "conv_transpose3d(reshape(vol, [1, 1, 4, 2, 2]), reshape(m, [1, 1, 1, 2, 2]))",
    "conv2d_input(im, reshape(m, [1, 1, 2, 2]), 5)",
    "conv2d_weights(im, im, 1)",
    "unfold(im, 2)",
    "fold(unfold(im, 2), 4, 2)",
    "im2col(im, 2)",
    "col2im(im2col(im, 2), 4, 2)",
    "interpolate(im, size=8)",
    "interpolate(im, scale=2, mode=\"linear\")",
    "upsample_nearest(im)",
    "upsample_bilinear(im)",
    "grid_sample(im, zeros([1, 2, 2, 2]))",
    "affine_grid(reshape(v * [[1], [2]], [1, 2, 3]), [4, 4])",
    "pixel_shuffle(vol, 2)",
    "pixel_unshuffle(im, 2)",
    "channel_shuffle(vol, 2)",
    "max_pool2d(p, 2, stride=1)",
    "max_pool2d_with_indices(im, 2)",
    "avg_pool2d(p, 2, padding=1, exclude_padding=true)",
    "adaptive_max_pool2d(im, 3)",
    "adaptive_max_pool2d_with_indices(im, 3)",
    "adaptive_avg_pool2d(im, [1, 2])",
    "max_unpool2d(max_pool2d(im, 2), reshape(ints([5, 3, 9, 11]), [1, 1, 2, 2]), 2)",
    "max_pool1d(sig, 2)",
    "max_pool1d(v, 2, floor=true)",
    "max_pool1d_with_indices(sig, 2)",
    "avg_pool1d(sig, 2)",
    "adaptive_max_pool1d(sig, 2)",
    "adaptive_max_pool1d_with_indices(sig, 2)",
    "adaptive_avg_pool1d(sig, 2)",
    "max_unpool1d(max_pool1d(sig, 2), [[1, 2]], 2)",
    "max_pool3d(vol, [2, 1, 1])",
    "max_pool3d_with_indices(vol, 2)",
    "avg_pool3d(vol, 2)",
    "adaptive_max_pool3d(vol, 1)",
    "adaptive_max_pool3d_with_indices(vol, 1)",
    "adaptive_avg_pool3d(vol, 1)",
    "max_unpool3d(max_pool3d(vol, 2), [[[[1]], [[9]]]], 2)",
    "layer_norm(x)",
    "layer_norm_affine(x, v, v)",
    "rms_norm(x)",
    "batch_norm(im)",
    "batch_norm_affine(im, [1], [0])",
    "batch_norm_inference(im, [1], [2])",
    "group_norm(vol, 2)",
    "instance_norm(im)",
    "local_response_norm(vol, 3)",
    "normalize(x)",
    "cosine_similarity(x, y)",
    "cross_entropy(x, [2, 0])",
    "cross_entropy(x, y, smoothing=0.1)",
    "nll(log_softmax(x), [2, 0])",
    "mse(x, y)",
    "l1(x, y)",
    "huber(x, y)",
    "smooth_l1(x, y)",
    "binary_cross_entropy(x, y)",
    "binary_cross_entropy_with_logits(x, y)",
    "binary_cross_entropy_with_logits_weighted(x, y, v)",
    "kl_div(x, y)",
    "kl_div_log(x, y)",
    "poisson_nll(x, y)",
    "poisson_nll_of_rate(x, y)",
    "stirling(v)",
    "gaussian_nll(x, y, y)",
    "hinge_embedding([0.5, 2], s)",
    "margin_ranking([0.5, 2], [1, 1], s)",
    "soft_margin([0.5, 2], s)",
    "cosine_embedding(x, y, s)",
    "triplet_margin(x, y, x)",
    "attention(x, y, y, causal=false)",
    "dropout(x, 0.25)",
    "uniform([2, 2])",
    "normal(3)",
    "keep_mask([4], 0.5)",
    "norm(x, 1, axes=1)",
    "sum(x, [0, 1], keep=true)",
    "var(x, 1)",
    "aminmax(x)",
    "diag(m)",
    "max_unpool2d(max_pool2d(im, 2), reshape(ints([5, 3, 9, 11]), [1, 1, 2, 2]), 2, size=4)",
    "rot90(x)",
    "T(m)",
    "cat([x, y])",
    "transpose(x)",
    "vol.t",
    "im[0, 0, 1:3, ::2]",
    "p[k]",
    "x.exp().sum(0)",
];

fn run(text: &str) -> Result<(), String> {
    let source = format!("{PRELUDE}{text}");
    let bound = parse(&source).and_then(|s| s.bind(&[])).map_err(|e| e.to_string())?;
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape).map_err(|e| e.to_string())?;
    let handle = match (recorded.root(), recorded.integers()) {
        (Some(v), _) => Operand::Real(v),
        (None, Some(v)) => Operand::Int(v),
        (None, None) => return Err("no result".into()),
    };
    match handle {
        Operand::Real(v) => v.try_value().map(drop).map_err(|e| e.to_string()),
        Operand::Int(v) => v.try_value().map(drop).map_err(|e| e.to_string()),
    }
}

#[test]
fn every_function_runs() {
    let mut failed = String::new();
    let mut called: BTreeMap<&str, usize> = functions().iter().map(|f| (f.name, 0)).collect();
    let unary = functions().into_iter().filter(|f| {
        let needed: Vec<_> = f.parameters.iter().filter(|p| p.default.is_none()).collect();
        needed.len() == 1
            && needed[0].kind == "a tensor"
            && !SAMPLES.iter().any(|s| s.starts_with(&format!("{}(", f.name)))
    });
    let unary: Vec<String> = unary.map(|f| format!("{}({})", f.name, if f.name == "t" { "m" } else { "x" })).collect();
    for text in SAMPLES.iter().copied().chain(unary.iter().map(String::as_str)) {
        if let Err(e) = run(text) {
            failed += &format!("{text}\n{e}\n");
        }
        let name = text.split('(').next().unwrap();
        let name = ALIASES.iter().find(|a| a.0 == name).map_or(name, |a| a.1);
        if let Some(n) = called.get_mut(name) {
            *n += 1;
        }
    }
    let never: Vec<&str> = called.into_iter().filter(|c| c.1 == 0).map(|c| c.0).collect();
    assert!(failed.is_empty() && never.is_empty(), "{failed}\nnever called: {never:?}");
}

#[test]
fn names_are_unique_and_aliases_lead_somewhere() {
    let mut names: Vec<&str> = functions().iter().map(|f| f.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for (alias, name) in ALIASES {
        assert!(names.contains(name) && !names.contains(alias), "{alias}");
        assert!(Functions::<f32>::named(alias).is_some());
    }
    // A sentence and no more.
    for f in functions() {
        assert!(f.doc.ends_with('.') && !f.doc.starts_with(' '), "{}: {}", f.name, f.doc);
    }
}
