//! The tape of a tiny model: what is recorded, what `backward` writes after it, and the numbers that come out.
//! The 9 in the middle of the image wins all four windows of the pooling, so its gradient is 4.

use ndarray::array;
use wengert::prelude::*;

fn main() {
    let tape = Tape::new();
    let image = tape.var(array![[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]).named("image");
    let loss = image.max_pool2d(MaxPool2d::new(2).stride(1)).sum().named("loss");

    println!("As recorded:\n\n{tape}");

    let grads = loss.backward();

    println!("With the adjoint lines that `backward` wrote:\n\n{tape}");
    println!("loss = {}", loss.item());
    println!("its gradient with respect to the image:\n{}", grads[image]);

    assert_eq!(loss.item(), 36.0);
    assert_eq!(grads[image], array![[[0., 0., 0.], [0., 4., 0.], [0., 0., 0.]]].into_dyn());
}
