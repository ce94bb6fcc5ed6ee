//! Bytes of a training step beside PyTorch's, which `saved.py` measures.
//! All buffers of a step count here: values, gradients, and what lives between two kernels only.

use wengert::Workspace;

use crate::outcome::{frozen, inputs};
use crate::workloads::workloads;

/// A workload; the bytes that PyTorch 2.15 saves for its backward pass, those of the gradients, and the most it holds at once.
const PYTORCH: [(&str, [usize; 3]); 6] = [
    ("mlp_b128", [529_412, 2_678_824, 2_940_976]),
    ("lenet_b64", [2_878_980, 246_824, 4_685_848]),
    ("vgg_b32", [40_371_460, 4_745_512, 48_934_064]),
    ("dwsep", [77_071_872, 12_881_664, 179_832_328]),
    ("attn_b8", [16_809_984, 4_207_616, 22_053_896]),
    ("gelu_1m", [16_777_216, 4_194_304, 25_165_856]),
];

/// How much more than PyTorch at its most.
const BOUND: f64 = 1.4;

/// `--nocapture` shows the table that stands in docs/performance.md.
#[test]
fn a_step_takes_little_more_than_in_pytorch_or_less() {
    for (name, [saved, gradients, most]) in PYTORCH {
        let (_, task) = workloads().into_iter().find(|(known, _)| *known == name).expect("the name is in the list");
        let task = task();
        let mut workspace = Workspace::new();
        drop(frozen(&task).run(&inputs(&task), &mut workspace).expect("a workload runs"));
        let ours = workspace.bytes_held();
        let [ours_mb, saved, gradients, most_mb] = [ours, saved, gradients, most].map(|bytes| bytes as f64 / 1e6);
        println!("| {name} | {ours_mb:.1} | {most_mb:.1} | {saved:.1} | {gradients:.1} |");
        assert!(ours as f64 <= BOUND * most as f64, "{name}: {ours} bytes beside {most}");
    }
}
