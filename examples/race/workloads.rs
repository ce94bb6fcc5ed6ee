//! The workloads by name, in the sizes of the race.
//! The list says all that tells them apart from any other model of their kind.

use wengert::Real;
use wengert::prelude::*;

use super::models;
use super::task::Task;

/// A name and how its task is made.
pub type Workload<T = f32> = (&'static str, fn() -> Task<T>);

pub fn workloads<T: Real>() -> [Workload<T>; 14] {
    [
        ("mlp_b128", || models::mlp(128, &[784, 512, 512, 10])),
        ("mlp_tiny", || models::mlp_tiny(&[2, 16, 16, 1])),
        ("lenet_b64", || models::lenet(64, 28)),
        ("vgg_b32", || models::vgg(32, 32, &[64, 128, 256])),
        ("conv3x3", || models::conv([32, 64, 56, 56])),
        ("dwsep", || models::separable([16, 64, 56, 56], 128)),
        ("pool_k2s2", || models::pool([32, 64, 112, 112], MaxPool2d::new(2))),
        ("pool_k3s2p1", || models::pool([32, 64, 112, 112], MaxPool2d::new(3).stride(2).padding(1).floor())),
        ("gemm_1024", || models::product(1024)),
        ("gelu_1m", || models::gelu(1 << 20)),
        ("attn_b8", || models::transformer([8, 128, 256], 4)),
        ("chain_100k", || models::chain(LINKS)),
        ("hvp_mlp", || models::hvp_mlp(64, &[784, 128, 10])),
        ("infer_lenet_b1", || models::infer_lenet(1, 28)),
    ]
}

const LINKS: usize = 25_000;

/// The recorded lines of a workload that is about the cost of a line.
pub fn lines(name: &str) -> Option<usize> {
    (name == "chain_100k").then_some(4 * LINKS)
}
