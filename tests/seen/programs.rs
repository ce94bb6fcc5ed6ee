//! Programs whose drawings are looked at: what a class is shown, and what is hard to draw.
//! Values that a text leaves open are waves, so that every run has the same numbers.

use wengert::expr::parse;
use wengert::{Tape, Tensor, Trace};

/// A program with a name, and the shapes of what it leaves open.
pub struct Program {
    pub name: &'static str,
    pub text: String,
    pub open: Vec<(&'static str, Vec<usize>)>,
}

impl Program {
    /// Numbers between −0.5 and 0.5 that look like nothing in particular.
    fn values(&self) -> Vec<(&'static str, Tensor<f64>)> {
        let wave = |(n, (name, dims)): (usize, &(&'static str, Vec<usize>))| {
            let data = (0..dims.iter().product::<usize>()).map(|k| ((k * 7 + n * 3 + 1) as f64 * 0.37).sin() / 2.0);
            (*name, Tensor::new(dims.clone(), data.collect()).unwrap())
        };
        self.open.iter().enumerate().map(wave).collect()
    }

    pub fn trace(&self) -> Trace {
        let bound = parse(&self.text).unwrap().bind(&self.values()).unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let tape = Tape::<f64>::default();
        let recorded = bound.record(&tape).unwrap();
        Trace::of(recorded.scalar().unwrap()).unwrap().from_text(&self.text, |id| recorded.span_of(id))
    }
}

const LENET: &str = "
h1 = max_pool2d(relu(conv2d(image, w1, b1, padding=2)), 2)
h2 = max_pool2d(relu(conv2d(h1, w2, b2)), 2)
h3 = relu(linear(flatten_from(h2, 1), w3, b3))
h4 = relu(linear(h3, w4, b4))
loss = mean(cross_entropy(linear(h4, w5, b5), [7]))";

const ATTENTION: &str = "
q = x @ wq
k = x @ wk
v = x @ wv
weights = softmax(q @ t(k) / sqrt(3))
y = weights @ v + x
loss = sum(y ^ 2)";

/// All of them.
pub fn all() -> Vec<Program> {
    let plain = |name, text: &str| Program { name, text: text.trim().to_string(), open: Vec::new() };
    let open = |name, text: &str, open: &[(&'static str, &[usize])]| {
        let open = open.iter().map(|(n, d)| (*n, d.to_vec())).collect();
        Program { name, text: text.trim().to_string(), open }
    };
    let sigmoids = (1..=12).map(|k| format!("h{k} = sigmoid(h{})\n", k - 1)).collect::<String>();
    // Each line reads the one before and one far above.
    let line = |k: usize| format!("v{k} = tanh(v{} * v{})\n", k - 1, k / 2);
    let long = (1..60).map(line).collect::<String>();
    let wide = (0..9).map(|k| format!("p{k} = sin(x * {})\n", k + 1)).collect::<String>();
    let sum = (0..9).map(|k| format!("p{k}")).collect::<Vec<_>>().join(" + ");
    vec![
        plain("product", "x = 3\ny = 4\nz = x * y"),
        plain("overlap", "x = [[1, 2, 0], [3, 9, 4], [5, 6, 7]]\np = max_pool2d(x, 2, stride=1)\nloss = sum(p)"),
        plain(
            "large_windows",
            "x = [[1, 2, 0, 5, 1], [3, 9, 4, 2, 2], [5, 6, 7, 1, 8], [0, 3, 2, 6, 4], [1, 1, 5, 0, 2]]\n\
             p = max_pool2d(x, 3, stride=1)\nloss = sum(p * [[1, 2, 3], [4, 5, 6], [7, 8, 9]])",
        ),
        plain("tie", "x = [[1, 9, 0], [3, 9, 4], [5, 6, 7]]\np = max_pool2d(x, 2, stride=1)\nloss = sum(p)"),
        open("pool_8x8", "p = max_pool2d(x, 2)\nloss = sum(p ^ 2)", &[("x", &[8, 8])]),
        plain(
            "two_pools",
            "x = [[1, 2, 0, 1], [3, 9, 4, 2], [5, 6, 7, 8], [2, 1, 0, 3]]\n\
             loss = sum(max_pool2d(max_pool2d(x, 2, stride=1), 2, stride=1)) + sum(max_pool2d(x, 2) * x[0:2, 1:3])",
        ),
        plain("extremum", "x = [0.5, 2, -1, 2.5]\ny = max(x) * sum(x) + sort(x)[1]"),
        open(
            "convolution",
            "h = relu(conv2d(x, w, b, padding=1))\np = max_pool2d(h, 2)\nloss = mean(p ^ 2)",
            &[("x", &[1, 1, 8, 8]), ("w", &[2, 1, 3, 3]), ("b", &[2])],
        ),
        open(
            "perceptron",
            "h = tanh(x @ w1 + b1)\nz = h @ w2 + b2\nloss = mean(cross_entropy(z, [0, 2, 1, 2]))",
            &[("x", &[4, 3]), ("w1", &[3, 5]), ("b1", &[5]), ("w2", &[5, 3]), ("b2", &[3])],
        ),
        plain("diamond", "x = 0.5\na = sin(x)\nb = exp(x)\nc = a * b\nloss = c + a * x + x"),
        open(
            "residual",
            "h = x + tanh(x @ w1) @ w2\ny = h + tanh(h @ w1) @ w2\nloss = sum(y ^ 2)",
            &[("x", &[2, 3]), ("w1", &[3, 4]), ("w2", &[4, 3])],
        ),
        open(
            "lenet",
            LENET,
            &[
                ("image", &[1, 1, 28, 28]),
                ("w1", &[6, 1, 5, 5]),
                ("b1", &[6]),
                ("w2", &[16, 6, 5, 5]),
                ("b2", &[16]),
                ("w3", &[120, 400]),
                ("b3", &[120]),
                ("w4", &[84, 120]),
                ("b4", &[84]),
                ("w5", &[10, 84]),
                ("b5", &[10]),
            ],
        ),
        plain("sigmoids", &format!("h0 = 0.5\n{sigmoids}")),
        open("attention", ATTENTION, &[("x", &[4, 3]), ("wq", &[3, 3]), ("wk", &[3, 3]), ("wv", &[3, 3])]),
        plain("sixty_lines", &format!("v0 = 0.9\n{long}")),
        plain("fan", &format!("x = 0.3\n{wide}loss = {sum}")),
        plain("special_values", "x = [1, 0, -0.001234567, 123456789]\nloss = sum(ln(x))"),
        plain("one_line", "x = 2"),
        plain(
            "two_leaves",
            "a_rather_long_name_for_a_leaf_that_says_much_more_than_anybody_reads = 2\nunread = 3\n\
             a_rather_long_name_for_a_leaf_that_says_much_more_than_anybody_reads ^ 2",
        ),
    ]
}

/// A trace whose names are hard to write down in any language.
pub fn odd() -> Trace {
    let tape = Tape::<f64>::default();
    let _scope = tape.scope("a \"scope\" with \\ and <b>");
    let x = tape.var([1.0, 2.0]).named("x\"\\<&>\n'λ→𝛁 \\N &amp; ]]>");
    let y = x.square().named("\\\"");
    let z = (y * x).sum().named("--> </svg> \u{7} {a|b} \\l");
    Trace::of(z).unwrap()
}
