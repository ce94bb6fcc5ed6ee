//! Programs as Rust: `as_rust.rs` holds each as [`Bound::to_rust`] writes it, so it is compiled, and is run here beside the
//! text. Values and gradients are the same to the bit.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ndarray::{ArrayBase, Data, Dimension};
use wengert::expr::{Bound, example, functions, parse};
use wengert::{Operand, Tape, Tensor};

use super::as_rust;

/// What a program shows, to the bit.
pub(super) trait Bits {
    fn bits(&self) -> Vec<u64>;
}

impl Bits for f64 {
    fn bits(&self) -> Vec<u64> {
        vec![self.to_bits()]
    }
}

impl<S: Data<Elem: Into<f64> + Copy>, D: Dimension> Bits for ArrayBase<S, D> {
    fn bits(&self) -> Vec<u64> {
        self.iter().map(|v| (*v).into().to_bits()).collect()
    }
}

/// Programs beside an example of each function.
const PROGRAMS: &[(&str, &str)] = &[
    ("max_pool", "x = [[1, 2, 0], [3, 9, 4], [5, 6, 7]]\np = max_pool2d(x, 2, stride=1)\nloss = sum(p)"),
    (
        "conv_relu_pool",
        "image = [[1, 2, 0, 1], [3, 9, 4, 2], [5, 6, 7, 8], [2, 1, 0, 3]]\nkernel = [[1, 0], [-1, 0.5]]\nbias = [0.25]\n\
         x = reshape(image, [1, 1, 4, 4]); w = reshape(kernel, [1, 1, 2, 2])\n\
         h = conv2d(x, w, bias, padding=1).relu().max_pool2d(2, stride=[1, 2], floor=true)\nloss = mean(h ^ 2)",
    ),
    (
        "mlp_with_cross_entropy",
        "x = constant([[0.5, -1], [1.5, 2], [-0.3, 0.8]])\nw1 = [[0.1, 0.2, -0.3, 0.4], [0.5, -0.6, 0.7, 0.8]]\n\
         b1 = [0, 0.1, 0, -0.1]\nw2 = [[0.3, -0.2], [0.1, 0.4], [-0.5, 0.6], [0.7, -0.8]]\nlabels = [0, 1, 1]\n\
         h = tanh(x @ w1 + b1)\nlogits = h @ w2\nloss = mean(cross_entropy(logits, labels))",
    ),
    ("indexing", "x = [[1, 2, 3], [4, 5, 6]]\ny = x[0, 1:] * x[-1, ::2]\nz = x[:, [1, 0] == [1, 1]]\nsum(y) + sum(z)"),
    (
        "slices_backwards",
        "x = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]\nsum(x[2:0:-1, 1] * x[:-9:-2, 2]) + sum(x[-2::-1, 9:-3:-2] * x[1::-1, :0:-1])",
    ),
    ("picked_rows", "x = [[1, 2, 3], [4, 5, 6]]\nk = ints([1, 0, 1])\nx[k, ::-1] * [[1], [2], [3]]"),
    (
        "squared_error",
        "x = [[1, 2], [3, 4]]; w = [[0.5], [-1]]; b = 0.1; y = [[1], [0]]\nloss = mean((relu(x @ w + b) - y)^2)",
    ),
    (
        "several_results",
        "x = [3, 1, 2]\nv, i = sort(x)\nw, j = topk(x, 2); y = sort_falling(x)\nsum(v * y) + sum(w) + sum(i)",
    ),
    ("a_name_twice", "x = [3, 1, 2]\na, a = sort(x)\nb, b = split(x, 0, [1, 2])\nsum(a) * x[0] + sum(b)"),
    ("twice_at_the_end", "x = [3, 1, 2]\na, a = sort(x)"),
    (
        "pieces",
        "x = [1, 2, 3, 4]\na, b = split(x, 0, [1, 3])\nc = chunk(x, 0, 2)\nsum(a) * sum(b) + sum(c) + sum(split_every(x, 0, 2))",
    ),
    ("named_results", "x = [[1, 2], [3, 5]]\ny, m = batch_norm(x)\nz = batch_norm(x)\nsum(y * z) + sum(m)"),
    (
        "names_of_rust",
        "type = [1, 2]; loop = 2 * type; tape = loop + type; W = sum(tape); self = W; stack = [type, loop]\nE = sum(stack) * self",
    ),
    ("names_given_anew", "x = [1, 2]\nh = x * 2; h = relu(h); x = h + x; y = [x, h]; x = 3 * x\nsum(x) + sum(y)"),
    ("odd_names", "x² = [1, 2]; x_ = [3]; _ = x² * x_\nsum(_)"),
    (
        "numbers",
        "x = [1, 2]; third = 1 / 3; k = 2^3 - 1; n = 2 * 3\nsum(third * x + k - pi / x + e * x / 4) * leaky_relu(-x, third)[0] + ones(n)[0]",
    ),
    (
        "numbers_on_both_sides",
        "x = [1, 2]\n2 - x + (3 / x - 1) * -(x - 2) / (x + 1) ** 1.5 + x ^ x + x ^ -1 - -x - (x - (1 - x)) / (x * (2 / x))",
    ),
    (
        "comparisons",
        "x = [1, 2, 3]; y = [3, 2, 1]\nm = (x < y) == (x >= 2); n = x != y\nwhere(m, x, 0) + to_real(n) * where(1 < x, y, -1)",
    ),
    (
        "a_vector_times_matrices",
        "v = [1, 2]; m = [[1, 2], [3, 4]]\nu = v @ m @ v + v @ v\nw = m @ v + v @ m\nsum(w) * u",
    ),
    (
        "labels_and_values",
        "k = [2, 0]; x = [[1, 2, 3], [4, 5, 6]]\nmean(cross_entropy(x, k)) + sum(x * [[1], [2]] + reshape(k, [2, 1]))",
    ),
    ("labels_by_two_names", "k = [1, 0]; j = k; x = [[1, 2], [3, 4]]\nsum(nll(x, j)) + sum(index_select(x, 0, k))"),
    (
        "options",
        "x = [[1, 2, 3], [4, 5, 6]]; slope = 0.2\nmode = \"reflect\"\np = pad(x, [1, 1, 0, 2], mode=mode)\nq = pad(x, [1, 1], value=7)\nsum(leaky_relu(p, slope=slope)) - sum(q) + norm(x, 1)",
    ),
    (
        "reductions",
        "x = [[1, 2, 3], [4, 5, 6]]\na = sum(x, axis=1); b = mean(x, 0, keep=true); c = var(x, [0, 1], keep=true); d = max(x, 1); e = prod(x, keep=true)\nsum(a) + sum(b * c) + sum(d) + max(x) + sum(e) + sum(std(x, 0, correction=0))",
    ),
    (
        "a_plane_alone",
        "x = [[1, 2, 0], [3, 9, 4], [5, 6, 7]]\ny, i = max_pool2d_with_indices(x, 2, 1)\nz = max_pool1d(x[0], 3)\nsum(y) + sum(i) + sum(z)",
    ),
    (
        "convolutions",
        "x = reshape(arange(0, 32), [1, 2, 4, 4]); w = reshape(linspace(0, 1, 16), [2, 2, 2, 2])\ny = conv2d(x, w, stride=[1, 2], padding=1, dilation=1)\nz = conv2d(x, w, [1, 2], same=true)\nt = conv_transpose2d(x, w, stride=2, output_padding=1)\nsum(y) + sum(z) + sum(t)",
    ),
    (
        "images",
        "x = reshape([[1, 2], [3, 4]], [1, 1, 2, 2])\na = interpolate(x, scale=2, mode=\"linear\", align_corners=true); b = interpolate(x, size=[3, 5])\ng = zeros([1, 3, 3, 2]) + 0.3\nc = grid_sample(x, g, mode=\"nearest\", outside=\"border\")\nsum(a) + sum(b) + sum(c)",
    ),
    (
        "losses",
        "x = [[1, 2], [3, 4]]; y = [[0.5, 0.5], [0, 1]]\na = cross_entropy(x, y, smoothing=0.1); b = cross_entropy(x, [0, 1], weights=[1, 2], ignore=7)\nc = triplet_margin(x, y, x + 1, margin=2, swap=true); d = binary_cross_entropy_with_logits(x, y, [1, 2])\nsum(a + b + c) + sum(d)",
    ),
    (
        "attention",
        "q = [[[1, 0], [0, 1]]]; k = [[[1, 2], [3, 4]]]\nsum(attention(q, k, k, mask=[[0, -1], [0, 0]], scale=0.5) + attention(q, k, k, mask=ints([1, 1]), causal=true))",
    ),
    (
        "matrices",
        "a = [[2, 1], [1, 3]]; b = [1, 2]\nx = solve_triangular(a, [[1], [2]], upper=true, unit_diagonal=true)\nsign, logarithm = slogdet(a)\nu, s, v = svd(a)\nsum(x) + logarithm * sign + sum(s) + sum(linear(a, a, b)) + matrix_norm(a, \"nuc\") + sum(cov(a, correction=0)) + sum(bilinear(a, a, [a, a], b))",
    ),
    (
        "sums_of_products",
        "a = [[1, 2], [3, 4]]\nb = einsum(\"ij,jk->ik\", [a, a @ a])\nsum(concat([a, b, [[1, 2]]], axis=0)) + sum(stack([a, b, 2 * a], 1)) + sum([a, b])",
    ),
    ("numbers_in_lists", "x = [1, 2]; n = 1 / 4\na = [2 * n, x[0], -2]; n = 3 * 1\nsum(a) * n"),
    (
        "lists_of_results",
        "x = [3, 1, 2]\ns = stack(unstack(x)); c = concat(split(x, 0, [1, 2]), 0)\nsum(s * c) + sum(stack(sort(x)))",
    ),
    ("random", "x = [1, 2, 3]\na = dropout(x, 0.25); unused = uniform([2])\nb = normal(3) * a\nsum(b)"),
    ("deep", "x = [1, 2]\nsum(sin(sin(sin(sin(sin(sin(sin(sin(sin(sin(sin(sin(sin(sin(sin(sin(x)))))))))))))))))"),
    (
        "long",
        "weights_of_the_first_layer = [[0.123456, -0.25], [1.5, 2.25]]\nactivations = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23.5]]\nresult_of_the_layer = tanh(weights_of_the_first_layer @ activations + weights_of_the_first_layer[0, 0]) * activations\nloss = sum(result_of_the_layer) + sum(weights_of_the_first_layer ^ 2) - mean(lerp(activations, result_of_the_layer, weights_of_the_first_layer[1, 1]))",
    ),
    ("empty", "x = []; y = 2\nsum(x) + y"),
    ("five_axes", "x = [[[[[1, 2]]]]]\nsum(x * x)"),
    ("a_number", "1 + 2"),
    ("integers", "x = [1, 5, 3]\nargmax(x, 0)"),
    ("a_literal", "x = [[1, 2], [3, 4]]"),
    ("not_numbers", "x = [1, 2]; where(x > 1, x / 0, nan) + inf"),
    ("nothing", "# nothing"),
];

fn bound(text: &str) -> Bound {
    parse(text).and_then(|s| s.bind(&[])).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

/// Name and text of all programs.
fn programs() -> Vec<(String, String)> {
    let of_functions = functions().into_iter().map(|f| (format!("of_{}", f.name), example(f.name).unwrap()));
    let own = PROGRAMS.iter().map(|(name, text)| ((*name).to_string(), (*text).to_string()));
    own.chain(of_functions).collect()
}

/// A program as a function of `as_rust.rs`, which shows bits; and the names that it imports, by their crate.
fn as_function(name: &str, program: &str, imports: &mut [(&str, BTreeSet<String>)]) -> String {
    let (head, body) = program.split_at(program.find("#[allow").unwrap_or(program.find("fn main").unwrap()));
    let head: String = head.split_whitespace().collect::<Vec<_>>().join(" ");
    for import in head.split_terminator(';').map(str::trim) {
        let (of, names) = imports
            .iter_mut()
            .find_map(|(of, names)| Some((import.strip_prefix(&format!("use {of}::"))?, names)))
            .unwrap_or_else(|| panic!("{import}"));
        names.extend(of.trim_matches(['{', '}']).split(',').map(|n| n.trim().to_string()).filter(|n| !n.is_empty()));
    }
    let lines = body.lines().map(|line| match line.trim().strip_prefix("println!(\"") {
        Some(rest) => {
            let value = rest.split_once("\", ").unwrap().1.strip_suffix(");").unwrap();
            format!("    seen.push({value}.bits());\n")
        }
        None => format!("{line}\n"),
    });
    let text: String = lines.collect();
    let seen = if text.contains("seen") { "seen" } else { "_" };
    text.replace("fn main()", &format!("fn {name}({seen}: &mut Seen)"))
}

fn file() -> String {
    let mut imports = [("std::f64::consts", BTreeSet::new()), ("wengert", BTreeSet::new())];
    let mut functions = String::new();
    let mut list = String::new();
    for (name, text) in programs() {
        let program = bound(&text).to_rust().unwrap_or_else(|e| panic!("{text}\n{e}"));
        functions += &format!("\n{}", as_function(&name, &program, &mut imports));
        list += &format!("    {name},\n");
    }
    let imported = |k: usize| {
        let mut names: Vec<String> = imports[k].1.iter().cloned().collect();
        names.sort_by_key(|n| n.starts_with(char::is_lowercase));
        let (mut lines, mut line) = (String::new(), "   ".to_string());
        for name in names {
            if line.len() + name.len() + 2 > 100 {
                lines += &format!("{line}\n");
                line = "   ".into();
            }
            line += &format!(" {name},");
        }
        format!("use {}::{{\n{lines}{line}\n}};\n", imports[k].0)
    };
    format!(
        "//! Programs of the language as Rust, as `Bound::to_rust` writes them; `WENGERT_UPDATE=1` makes this file again.\n\
         //! Only the head of each is another, and what it prints is kept in `seen`.\n\n\
         use std::f64::consts::{{E, PI}};\n\n{}\nuse super::rust::Bits;\n\n\
         type Seen = Vec<Vec<u64>>;\n\n\
         /// In the order of the texts.\n\
         pub(super) const ALL: &[fn(&mut Seen)] = &[\n{list}];\n{functions}",
        imported(1)
    )
}

/// What the text shows: its result, and its gradients where that is one real number.
fn shown(text: &str) -> Vec<Vec<u64>> {
    let bound = bound(text);
    let tape = Tape::<f64>::default();
    let recorded = bound.record(&tape).unwrap();
    let mut seen = Vec::new();
    match (recorded.root().map(Operand::Real), recorded.integers()) {
        (Some(Operand::Real(v)), _) if v.count() == 1 => {
            seen.push(v.item().bits());
            let grads = v.backward();
            seen.extend(bound.leaves().iter().map(|(name, _)| grads.by_name(name).unwrap().bits()));
        }
        (Some(Operand::Real(v)), _) => seen.push(v.value().bits()),
        (_, Some(v)) => seen.push(v.value().bits()),
        _ => {}
    }
    seen
}

#[test]
fn programs_in_rust_compute_what_the_texts_do() {
    let wanted = file();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expressions/as_rust.rs");
    if std::env::var_os("WENGERT_UPDATE").is_some() {
        return fs::write(path, wanted).unwrap();
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    for (held, wanted) in held.split("\nfn ").zip(wanted.split("\nfn ")) {
        assert_eq!(held, wanted, "as_rust.rs is not what `to_rust` makes: WENGERT_UPDATE=1 writes it");
    }
    assert!(held == wanted, "as_rust.rs is not what `to_rust` makes: WENGERT_UPDATE=1 writes it");
    let programs = programs();
    assert!(as_rust::ALL.len() == programs.len() && programs.len() > 330, "{}", programs.len());
    for ((name, text), run) in programs.iter().zip(as_rust::ALL) {
        let mut seen = Vec::new();
        run(&mut seen);
        assert_eq!(seen, shown(text), "{name}:\n{text}");
    }
}

#[test]
fn a_whole_program_in_rust() {
    let text = "x = [[1, 2, 0, 1], [3, 9, 4, 2], [5, 6, 7, 8], [2, 1, 0, 3]]\nw = [[1, 0], [-1, 0.5]]\n\
                image = reshape(x, [1, 1, 4, 4])\nkernel = reshape(w, [1, 1, 2, 2])\n\
                h = conv2d(image, kernel, padding=1).relu()\np = max_pool2d(h, 2, stride=1)\nloss = mean((p - 2 * pi)^2) / 2";
    insta::assert_snapshot!(bound(text).to_rust().unwrap());
}

/// Values from outside are written out, whatever they are.
#[test]
fn values_from_outside_stand_in_the_program() {
    let script = parse("sum(x * y)").unwrap();
    let x = Tensor::new([2], vec![f64::NAN, -f64::INFINITY]).unwrap();
    let y = Tensor::new([1, 2], vec![-0.0, 1e300]).unwrap();
    let program = script.bind(&[("x", x), ("y", y)]).unwrap().to_rust().unwrap();
    assert!(program.contains("tape.var([f64::NAN, f64::NEG_INFINITY]).named(\"x\")"), "{program}");
    assert!(program.contains("tape.var([[-0.0, 1e300]]).named(\"y\")"), "{program}");
}

/// A text of the greatest length, one chain of operators, makes a program and no overflow of the stack.
#[test]
fn long_chains_are_written_in_parts() {
    let text = format!("x = 1\nx{}", " + x".repeat(15_000));
    let program = bound(&text).to_rust().unwrap();
    assert!(program.lines().count() > 1000 && program.contains("let part2 = "));
}
