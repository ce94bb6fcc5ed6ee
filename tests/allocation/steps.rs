//! Ten thousand training steps on one tape end at the memory of step 100, live and at its peak.
//! Each tenth step has a smaller batch, as the last of an epoch, and is followed by an evaluation.

use wengert::prelude::*;
use wengert::{nn::*, optim::*};

use crate::counting::{NOISE, alone, live, peak};

/// Trains a small convolutional network; returns live bytes after each ten steps, and the peaks meanwhile.
fn train(steps: usize) -> Vec<(usize, usize)> {
    let mut params = Params::<f32>::new(3);
    let net = Sequential::new()
        .push(Conv2d::new(1, 3, 3).padding(1))
        .push(BatchNorm2d::new(3))
        .push(Relu)
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dropout(0.1))
        .push(Linear::new(27, 4))
        .init(&mut params);
    let images: Tensor<f32> = Init::Uniform(1.0).draw([8, 1, 6, 6], 0, "images");
    let part = |n: usize| Tensor::new([n, 1, 6, 6], images.as_slice()[..36 * n].to_vec()).unwrap();
    let batches = [8, 5].map(|n| (part(n), Tensor::new([n], (0..n as u32).map(|k| k % 4).collect()).unwrap()));
    let mut tape = Tape::new();
    let mut opt = AdamW::new(1e-3);
    let mut ten = |tape: &mut Tape| {
        for step in 1..=10 {
            let (images, labels) = &batches[step / 10];
            tape.clear();
            let p = params.on(tape, Mode::Train);
            let loss = net.apply(&p, tape.constant(images)).cross_entropy(tape.ints(labels)).mean();
            let grads = loss.backward();
            assert!(loss.item().is_finite());
            opt.step(&mut params, &grads).unwrap();
        }
        tape.clear();
        let p = params.on(tape, Mode::Eval);
        assert_eq!(net.apply(&p, tape.constant(&batches[0].0)).value().shape(), [8, 4]);
    };
    (0..steps / 10)
        .map(|_| {
            let most = peak(|| ten(&mut tape));
            (live(), most)
        })
        .collect()
}

#[test]
fn ten_thousand_training_steps_end_at_the_memory_of_step_hundred() {
    let _alone = alone();
    let mut held = Vec::with_capacity(1000);
    held.extend(train(10_000));
    let ((hundred, hundred_peak), (last, last_peak)) = (held[9], held[999]);
    assert!(last <= hundred + NOISE, "{hundred} bytes live after 100 steps, {last} after 10,000");
    assert!(last_peak <= hundred_peak + NOISE, "at most {hundred_peak} bytes by step 100, {last_peak} by step 10,000");
}
