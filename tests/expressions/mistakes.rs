//! What a reader of a mistaken program sees: the place, what was expected, the shapes, the near name.
//! Public interface only.

use wengert::expr::parse;

/// The message for a text that must not be accepted, as it is printed.
#[track_caller]
fn message(text: &str) -> String {
    match parse(text).and_then(|s| s.bind(&[])) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("accepted: {text}"),
    }
}

const MISTAKES: &[&str] = &[
    "y = tahn(1)",
    "x = [1, 2]\ny = sum(z)",
    "loss = 2\nlos + 1",
    "sum + 1",
    "x = [1, 2]; x.max_pol2d(2)",
    "w = [[1, 2, 3], [4, 5]]",
    "w = [[1, 2], 3]",
    "w = [1, [2]]",
    "sum([[1, 2], [3]])",
    "sum((1 + 2)",
    "sum(1 + 2))",
    "[1, 2",
    "x = [1, 2]\nx[0",
    "x = [1, 2\ny = sum(x)",
    "f(]",
    "1 +",
    "1 2",
    "= 3",
    "x = ",
    "x = 2x",
    "x ? y",
    "a & b",
    "!x",
    "'abc",
    "true = 1",
    "x == ",
    "x = 1 = 2",
    "x = [[1, 2]]\ny = x @ [[1, 2], [3, 4], [5, 6]]",
    "x = [1, 2]\ny = x + [1, 2, 3]",
    "x = [1, 2]\nsum(x, axis=3)",
    "x = [1, 2]\nsum(x, axis=0.5)",
    "x = [1, 2]\nsum(x, axs=0)",
    "x = [1, 2]\nsum(x, 0, true, 4, 5)",
    "x = [1, 2]\nsum(x, x=2)",
    "x = [1, 2]\nsum(x, axis=0, axes=0)",
    "sum()",
    "x = [1, 2]\nsum(axis=0, x)",
    "x = [1, 2]\nmatmul(x)",
    "x = [1, 2]\nrelu('a')",
    "x = [1, 2]\nrelu(true)",
    "x = [1, 2]\nleaky_relu(x, slope=x)",
    "x = [1, 2]\nleaky_relu(x, slope='steep')",
    "x = [[1,2,0],[3,9,4],[5,6,7]]\nmax_pool2d(x, 2)",
    "x = [[1,2,0],[3,9,4],[5,6,7]]\nmax_pool2d(x, 2.5)",
    "x = [[1,2,0],[3,9,4],[5,6,7]]\nmax_pool2d(x, -1)",
    "x = [[1,2,0],[3,9,4],[5,6,7]]\nmax_pool2d(x, [2, 2, 2])",
    "x = [[1,2,0],[3,9,4],[5,6,7]]\nmax_pool2d(x, 4)",
    "x = [[1,2,0],[3,9,4],[5,6,7]]\nmax_pool2d(x, 2, stride=0)",
    "x = [1, 2, 3]\nmax_pool2d(x, 2)",
    "x = [1, 2]\nreshape(x, [3])",
    "x = [1, 2]\nx[5]",
    "x = [1, 2]\nx[0, 0]",
    "x = [1, 2]\nx[0:1, 0:1]",
    "x = [1, 2]\nx[0.5]",
    "x = [1, 2]\nx[]",
    "x = [1, 2]\nx[::0]",
    "x = [1, 2]\nx.",
    "x = [1, 2]\nx.2",
    "x = [[1, 2], [3, 4]]\ncross_entropy(x, [0, 2])",
    "x = [[1, 2], [3, 4]]\ncross_entropy(x, [0, -1])",
    "x = [[1, 2], [3, 4]]\ncross_entropy(x, [0, 1, 1])",
    "x = [[1, 2], [3, 4]]\ngather(x, 0, [[0.5]])",
    "x = [[1, 2], [3, 4]]\neinsum('ij,jk->ik', x)",
    "x = [[1, 2], [3, 4]]\neinsum('ij,jk->iq', [x, x])",
    "x = [1, 2]\nconcat([x, [[1]]], 0)",
    "x = [1, 2]\nconcat(x, 0)",
    "a, b, c = max(1)",
    "x = [1, 2]\na, b = relu(x)",
    "x = [1, 2]\nx = [3, 4]",
    "x = 'a'\nx + 1",
    "x = [1, 2]\nx + true",
    "x = [1, 2]\n-'a'",
    "x = [1, 2]\nx @ 3",
    "zeros(100000, 100000)",
    "zeros([100000, 100000])",
    "zeros([-1])",
    "zeros(1e308)",
    "x = zeros([4000, 4000]); y = x @ x @ x @ x; sum(y)",
    "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))",
    "f(a=1, 2)",
    "x = [1, 2]\nsoftmax(x, axis=[0, 1])",
    "x = [1, 2]\nx.T(1)",
    "x = [[1, 2], [3, 4]]\ncholesky(x, loewr=true)",
    "solve([[1, 2]], [1])",
    "conv2d(ones([1, 1, 4, 4]), ones([1, 2, 2, 2]))",
    "x = [1, 2]\nif(x)",
    "größe = [1, 2]\nmean(größe) + größ",
    "dropout([1, 2], 1.5)",
    ")",
    "x = [1, 2]]",
    "x = [[1, 2], [3, 4]]\ncross_entropy(x, labels=[0, 1])",
    "x = [[1, 2], [3, 4]]\nk = [0, 7]\nmean(cross_entropy(x, k))",
    "x = [[1, 2], [3, 4]]\nx[0, -3]",
    "x = [[1, 2], [3, 4]]\nx[:, 0, 1:]",
    "x = [[1, 2], [3, 4]]\nx[ints([0, 2])]",
    "x = [[1, 2], [3, 4]]\nembedding(x, [[0, 1], [1, 2]])",
    "x = [[1, 2], [3, 4]]\nmax_pool2d(x, 2, padding=3)",
    "x = [[1, 2], [3, 4]]\nmax_pool2d(x, 2, dilation=[1, 0])",
    "x = [[1, 2], [3, 4]]\nx.max_pool2d(kernel=0)",
    "interpolate(ones([1, 1, 2, 2]))",
    "interpolate(ones([1, 1, 2, 2]), size=4, mode='sharp')",
    "adaptive_max_pool2d(ones([4, 4]), 0)",
    "pad([1, 2], [5, 5], mode='reflect')",
    "pad([1, 2], [1, 2, 3])",
    "matrix_norm([[1, 2], [3, 4]], 'big')",
    "x = 3\nsum(x, axis=0)",
    "arange(0, 1, 0)",
    "x = 1; a = [x, x]; b = [a, a, a, a]; c = [b, b, b, b]; d = [c, c, c, c, c, c, c, c]; e = [d, d, d, d, d, d, d, d]\nf = [e, e, e, e, e, e, e, e]; g = [f, f, f, f, f, f, f, f, f, f, f]\nh = [g, g, g, g]",
    "x = 1; a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\nb = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
];

#[test]
fn every_mistake_is_told_at_its_place() {
    let mut told = String::new();
    for text in MISTAKES {
        told += &format!("{}\n\n", message(text));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn names_that_other_libraries_have_for_parameters_are_understood() {
    let shape = |text: &str| parse(text).and_then(|s| s.bind(&[])).unwrap().root_dims().to_string();
    for named in ["axes=1, keep=true", "axis=1, keepdims=true", "dim=1, keepdim=true"] {
        assert_eq!(shape(&format!("x = [[1, 2, 3], [4, 5, 6]]\nsum(x, {named})")), "[2, 1]");
    }
    assert_eq!(shape("x = [[1, 2, 3], [4, 5, 6]]\nsoftmax(x, dim=0)"), "[2, 3]");
}
