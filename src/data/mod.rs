//! Labelled images for training: a data set in memory, batches of it, the MNIST files and a built-in set of digits.
//! Files come from outside and are distrusted: whatever they hold, reading ends in data or in a sentence that says why not.
//!
//! ```
//! use wengert::data::{Walk, digits};
//! let train = digits(1000, 7);
//! let mut seen = 0;
//! for batch in train.batches(64, Walk::shuffled(1, 0)).unwrap() {
//!     assert_eq!(batch.images.shape()[1..], [1, 28, 28]);
//!     seen += batch.labels.len();
//! }
//! assert_eq!(seen, 1000);
//! ```

mod batches;
mod csv;
mod dataset;
mod digits;
mod idx;
mod mnist;
mod npy;

pub use batches::{Batch, Batches, Walk};
pub use csv::{decode_csv, encode_csv};
pub use dataset::Dataset;
pub use digits::digits;
pub use idx::{Idx, read_idx};
pub use mnist::load_mnist;
pub use npy::{decode_npy, encode_npy};
