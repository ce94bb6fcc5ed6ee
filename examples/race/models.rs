//! The models of the race as functions of their sizes, written with the layers as anybody would.
//! Inputs are uniform on ±1, weights on ±√(6 / fan in), labels count through the classes.

use wengert::nn::{
    Conv2d, Flatten, Init, Layer, LayerNorm, Leaves, Linear, ParamScope, Params, Relu, Role, Sequential, Tanh,
};
use wengert::prelude::*;
use wengert::{Attention, Real};

use super::task::{Model, Task, Wanted};

/// Classes of the networks that classify.
pub const CLASSES: usize = 10;

/// A tensor drawn for its name, uniform on ±1.
pub fn uniform<T: Real>(dims: impl Into<Dims>, name: &str) -> Tensor<T> {
    Init::Uniform(1.0).draw(dims, 0, name)
}

fn classes(n: usize) -> Tensor<u32> {
    Tensor::new([n], (0..n as u32).map(|i| i % CLASSES as u32).collect()).expect("as many labels as examples")
}

/// The task of a network that classifies `input`, trained on the mean cross entropy.
fn classifier<T: Real>(net: Sequential<T>, input: Tensor<T>) -> Task<T> {
    let labels = classes(input.dims()[0]);
    of_net(net, input, Wanted::Step, move |y| y.cross_entropy(y.tape().ints(&labels)).mean())
}

/// The task of a network and what is made of its output.
fn of_net<T: Real>(
    net: Sequential<T>,
    input: Tensor<T>,
    wanted: Wanted,
    loss: impl for<'t> Fn(Var<'t, T>) -> Var<'t, T> + 'static,
) -> Task<T> {
    let mut params = Params::new(0);
    let net = net.init(&mut params);
    Task { params, input, model: Box::new(move |p, x| loss(net.apply(p, x))), wanted }
}

/// The task of a function of the input alone.
fn of_input<T: Real>(input: Tensor<T>, model: Model<T>) -> Task<T> {
    Task { params: Params::new(0), input, model, wanted: Wanted::Gradients }
}

/// The mean of the squares.
fn mean_square<T: Real>(y: Var<'_, T>) -> Var<'_, T> {
    y.square().mean()
}

/// Linear layers of the given sizes with an activation between them.
fn perceptron<T: Real>(sizes: &[usize], activation: impl Layer<T> + Copy + 'static) -> Sequential<T> {
    let net = Sequential::new();
    let last = sizes.len() - 2;
    sizes.windows(2).enumerate().fold(net, |net, (k, w)| {
        let net = net.push(Linear::new(w[0], w[1]));
        if k < last { net.push(activation) } else { net }
    })
}

/// A classifier of linear layers and relu.
pub fn mlp<T: Real>(batch: usize, sizes: &[usize]) -> Task<T> {
    classifier(perceptron(sizes, Relu), uniform([batch, sizes[0]], "input"))
}

/// A small network with one output, drawn to 0.5.
pub fn mlp_tiny<T: Real>(sizes: &[usize]) -> Task<T> {
    let input = uniform([1, sizes[0]], "input");
    of_net(perceptron(sizes, Tanh), input, Wanted::Step, |y| (y - 0.5).square().sum())
}

/// The Hessian product of a tanh network drawn to zeros.
pub fn hvp_mlp<T: Real>(batch: usize, sizes: &[usize]) -> Task<T> {
    of_net(perceptron(sizes, Tanh), uniform([batch, sizes[0]], "input"), Wanted::HessianProduct, mean_square)
}

/// LeNet-5 with relu and max pooling; `side` is that of the images, 28 for the published sizes.
fn lenet_net<T: Real>(side: usize) -> Sequential<T> {
    let left = (side / 2 - 4) / 2;
    Sequential::new()
        .push(Conv2d::new(1, 6, 5).padding(2))
        .push(Relu)
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(6, 16, 5))
        .push(Relu)
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Linear::new(16 * left * left, 120))
        .push(Relu)
        .push(Linear::new(120, 84))
        .push(Relu)
        .push(Linear::new(84, CLASSES))
}

pub fn lenet<T: Real>(batch: usize, side: usize) -> Task<T> {
    classifier(lenet_net(side), uniform([batch, 1, side, side], "input"))
}

pub fn infer_lenet<T: Real>(batch: usize, side: usize) -> Task<T> {
    of_net(lenet_net(side), uniform([batch, 1, side, side], "input"), Wanted::Output, |y| y)
}

/// Pairs of 3×3 convolutions of the given widths, each pair followed by a pool, and a linear layer.
pub fn vgg<T: Real>(batch: usize, side: usize, widths: &[usize]) -> Task<T> {
    let (mut net, mut inputs, mut left) = (Sequential::new(), 3, side);
    for &width in widths {
        net = net
            .push(Conv2d::new(inputs, width, 3).padding(1))
            .push(Relu)
            .push(Conv2d::new(width, width, 3).padding(1))
            .push(Relu)
            .push(MaxPool2d::new(2));
        (inputs, left) = (width, left / 2);
    }
    let net = net.push(Flatten).push(Linear::new(inputs * left * left, CLASSES));
    classifier(net, uniform([batch, 3, side, side], "input"))
}

pub fn conv<T: Real>(dims: [usize; 4]) -> Task<T> {
    let net = Sequential::new().push(Conv2d::new(dims[1], dims[1], 3).padding(1));
    of_net(net, uniform(dims, "input"), Wanted::Gradients, mean_square)
}

/// A depthwise and a pointwise convolution, each with batch norm and relu.
pub fn separable<T: Real>(dims: [usize; 4], outputs: usize) -> Task<T> {
    let inputs = dims[1];
    let net = Sequential::new()
        .push(Conv2d::new(inputs, inputs, 3).padding(1).groups(inputs).no_bias())
        .push(BatchNorm(inputs))
        .push(Relu)
        .push(Conv2d::new(inputs, outputs, 1).no_bias())
        .push(BatchNorm(outputs))
        .push(Relu);
    of_net(net, uniform(dims, "input"), Wanted::Gradients, mean_square)
}

/// Batch norm in training that keeps no running statistics.
#[derive(Debug)]
struct BatchNorm(usize);

impl<T: Real> Layer<T> for BatchNorm {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        at.parameter("weight", [self.0], Init::ONES);
        at.parameter("bias", [self.0], Init::ZEROS);
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.batch_norm_affine(p.get("weight"), p.get("bias"), 1e-5).y
    }

    fn describe(&self) -> String {
        format!("batch norm {} without statistics", self.0)
    }
}

pub fn pool<T: Real>(dims: [usize; 4], window: MaxPool2d) -> Task<T> {
    of_input(uniform(dims, "input"), Box::new(move |_, x| x.max_pool2d(window.clone()).sum()))
}

/// A product of two square matrices.
pub fn product<T: Real>(n: usize) -> Task<T> {
    let mut params = Params::new(0);
    params.insert("b", Role::Parameter, uniform([n, n], "b")).expect("the store is empty");
    let model: Model<T> = Box::new(|p, a| mean_square(a.matmul(p.get("b"))));
    Task { params, input: uniform([n, n], "input"), model, wanted: Wanted::Gradients }
}

/// GELU in its tanh form, in primitive operations.
pub fn gelu<T: Real>(n: usize) -> Task<T> {
    let model: Model<T> = Box::new(|_, x| {
        let y = 0.5 * x * (1.0 + (0.7978845608 * (x + 0.044715 * (x * x * x))).tanh());
        (y * y).sum()
    });
    of_input(uniform([n], "input"), model)
}

/// A chain of scalar operations, four lines a link.
pub fn chain<T: Real>(links: usize) -> Task<T> {
    let start = Tensor::new([], vec![T::of(0.5)]).expect("one number");
    of_input(start, Box::new(move |_, x| (0..links).fold(x, |x, _| link(x))))
}

fn link<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    let x = x.sin();
    let x = x * 1.01;
    let x = x + 0.1;
    x * x
}

/// A pre-norm transformer block over `[batch, length, size]`.
pub fn transformer<T: Real>([batch, length, size]: [usize; 3], heads: usize) -> Task<T> {
    let block = Block {
        heads,
        norms: [LayerNorm::new(size), LayerNorm::new(size)],
        mix: Linear::new(size, 3 * size),
        out: Linear::new(size, size),
        up: Linear::new(size, 4 * size),
        down: Linear::new(4 * size, size),
    };
    let input = uniform([batch, length, size], "input");
    of_net(Sequential::new().push(block), input, Wanted::Gradients, mean_square)
}

#[derive(Debug)]
struct Block {
    heads: usize,
    norms: [LayerNorm; 2],
    /// Queries, keys and values in one map.
    mix: Linear,
    out: Linear,
    up: Linear,
    down: Linear,
}

impl<T: Real> Layer<T> for Block {
    fn declare(&self, at: &mut ParamScope<'_, T>) {
        self.norms[0].declare(&mut at.scope("norm1"));
        self.mix.declare(&mut at.scope("mix"));
        self.out.declare(&mut at.scope("out"));
        self.norms[1].declare(&mut at.scope("norm2"));
        self.up.declare(&mut at.scope("up"));
        self.down.declare(&mut at.scope("down"));
    }

    fn apply<'t>(&self, p: &Leaves<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let [batch, length, size] = x.dims()[..] else { panic!("x is [batch, length, size], not {}", x.dims()) };
        let mixed = self.mix.apply(&p.scope("mix"), self.norms[0].apply(&p.scope("norm1"), x));
        let head = |part: &Var<'t, T>| part.reshape([batch, length, self.heads, size / self.heads]).transpose(1, 2);
        let [q, k, v] = &mixed.chunk(-1, 3)[..] else { unreachable!("three parts were asked for") };
        let seen = head(q).scaled_dot_product_attention(head(k), head(v), Attention::new().causal());
        let x = x + self.out.apply(&p.scope("out"), seen.transpose(1, 2).reshape([batch, length, size]));
        let hidden = self.up.apply(&p.scope("up"), self.norms[1].apply(&p.scope("norm2"), x)).gelu_tanh();
        x + self.down.apply(&p.scope("down"), hidden)
    }

    fn describe(&self) -> String {
        format!("transformer block, {} heads", self.heads)
    }
}
