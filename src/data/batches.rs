//! Walking through a data set in batches, in stored order or shuffled.
//! A shuffle is a function of a seed and an epoch, so a run can be repeated, or resumed in the middle.

use std::iter::FusedIterator;

use ndarray::Array4;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::dataset::Dataset;

/// In which order a data set is walked through.
///
/// ```
/// use wengert::data::{Walk, digits};
/// let data = digits(50, 0);
/// let walk = |order| data.batches(50, order).unwrap().next().unwrap().indices;
/// assert_eq!(walk(Walk::Stored), (0..50).collect::<Vec<_>>());
/// assert_eq!(walk(Walk::shuffled(1, 0)), walk(Walk::shuffled(1, 0)));
/// assert_ne!(walk(Walk::shuffled(1, 0)), walk(Walk::shuffled(1, 1)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// As the images lie in the set: for evaluation.
    Stored,
    /// Shuffled, differently for every seed and every epoch: for training.
    Shuffled {
        /// Which run this is.
        seed: u64,
        /// How often the run has walked through the set before.
        epoch: u64,
    },
}

impl Walk {
    /// The shuffled order of one epoch.
    ///
    /// ```
    /// use wengert::data::Walk;
    /// assert_eq!(Walk::shuffled(7, 2), Walk::Shuffled { seed: 7, epoch: 2 });
    /// ```
    pub fn shuffled(seed: u64, epoch: u64) -> Self {
        Walk::Shuffled { seed, epoch }
    }

    fn indices(self, n: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..n).collect();
        if let Walk::Shuffled { seed, epoch } = self {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&seed.to_le_bytes());
            key[8..16].copy_from_slice(&epoch.to_le_bytes());
            indices.shuffle(&mut StdRng::from_seed(key));
        }
        indices
    }
}

/// Some images of a data set as numbers, with their labels.
///
/// ```
/// use wengert::data::digits;
/// let batch = digits(10, 3).batch(&[4, 2])?;
/// assert_eq!(batch.images.shape(), [2, 1, 28, 28]);
/// assert_eq!((batch.labels.len(), batch.indices), (2, vec![4, 2]));
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Pixels `[n, 1, height, width]`, scaled as the set says.
    pub images: Array4<f32>,
    /// The label of each image.
    pub labels: Vec<u32>,
    /// Where each image lies in the set.
    pub indices: Vec<usize>,
}

impl Batch {
    /// Copies out the images at `indices`, which must lie in the set.
    pub(super) fn gather(data: &Dataset, indices: &[usize]) -> Self {
        let (_, height, width) = data.images().dim();
        let mut pixels = Vec::with_capacity(indices.len() * height * width);
        for &index in indices {
            pixels.extend(data.pixels(index));
        }
        Batch {
            images: Array4::from_shape_vec([indices.len(), 1, height, width], pixels)
                .expect("every image of a set has height × width pixels"),
            labels: indices.iter().map(|&index| data.labels()[index]).collect(),
            indices: indices.to_vec(),
        }
    }
}

/// The batches of one walk through a data set; made by [`Dataset::batches`].
///
/// ```
/// use wengert::data::{Walk, digits};
/// let data = digits(100, 3);
/// let mut batches = data.batches(64, Walk::Stored)?;
/// assert_eq!(batches.len(), 2);
/// assert_eq!(batches.next().map(|batch| batch.labels.len()), Some(64));
/// assert_eq!(batches.next().map(|batch| batch.labels.len()), Some(36));
/// assert!(batches.next().is_none());
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batches<'d> {
    data: &'d Dataset,
    size: usize,
    indices: Vec<usize>,
    next: usize,
}

impl<'d> Batches<'d> {
    /// Batches of `size`, which must not be 0.
    pub(super) fn new(data: &'d Dataset, size: usize, walk: Walk) -> Self {
        Batches { data, size, indices: walk.indices(data.len()), next: 0 }
    }
}

impl Iterator for Batches<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let rest = &self.indices[self.next..];
        if rest.is_empty() {
            return None;
        }
        let taken = rest.len().min(self.size);
        self.next += taken;
        Some(Batch::gather(self.data, &rest[..taken]))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.indices.len() - self.next).div_ceil(self.size);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches<'_> {}
impl FusedIterator for Batches<'_> {}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn every_order_visits_every_image_once() {
        let data = digits(53, 9);
        for order in [Walk::Stored, Walk::shuffled(1, 0), Walk::shuffled(1, 1), Walk::shuffled(2, 0)] {
            let walk = data.batches(8, order).unwrap();
            assert_eq!(walk.len(), 7);
            let batches: Vec<Batch> = walk.collect();
            assert_eq!(batches.iter().map(|b| b.labels.len()).collect::<Vec<_>>(), [8, 8, 8, 8, 8, 8, 5]);
            let mut seen: Vec<usize> = batches.iter().flat_map(|b| b.indices.clone()).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..53).collect::<Vec<_>>());
        }
    }

    #[test]
    fn orders_differ_by_seed_and_by_epoch_and_repeat() {
        let walk = |seed, epoch| Walk::shuffled(seed, epoch).indices(40);
        assert_eq!(walk(3, 4), walk(3, 4));
        assert_ne!(walk(3, 4), walk(4, 3));
        assert_ne!(walk(3, 4), walk(3, 5));
        assert_ne!(walk(3, 4), Walk::Stored.indices(40));
    }

    #[test]
    fn a_batch_holds_the_images_and_labels_of_its_indices() {
        let data = digits(20, 9);
        for batch in data.batches(6, Walk::shuffled(0, 0)).unwrap() {
            for (row, &index) in batch.indices.iter().enumerate() {
                assert_eq!(batch.labels[row], data.labels()[index]);
                let stored = data.images().index_axis_move(ndarray::Axis(0), index).mapv(|p| f32::from(p) / 255.0);
                let image = batch.images.slice(ndarray::s![row, 0, .., ..]);
                assert!(image.iter().zip(&stored).all(|(a, b)| (a - b).abs() < 1e-7));
            }
        }
    }

    #[test]
    fn an_empty_set_has_no_batches_and_a_large_size_makes_one() {
        assert_eq!(digits(0, 1).batches(4, Walk::Stored).unwrap().count(), 0);
        assert_eq!(digits(3, 1).batches(usize::MAX, Walk::shuffled(0, 0)).unwrap().count(), 1);
        assert!(digits(3, 1).batches(0, Walk::Stored).unwrap_err().is_argument());
    }
}
