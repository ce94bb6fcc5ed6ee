//! A set of labelled grey images in memory, one byte a pixel.
//! Pixels become real numbers only when a batch is put together.

use std::fmt;

use ndarray::{Array3, ArrayView3, Axis};

use super::batches::{Batch, Batches, Walk};
use crate::error::Error;

/// Labelled grey images: bytes `[n, height, width]`, one label below the class count for each.
///
/// Batches hold pixels as numbers in [0, 1], or as (v − mean)/std after [`Dataset::normalised`].
///
/// ```
/// use ndarray::array;
/// use wengert::data::{Dataset, Walk};
/// let images = array![[[0, 255]], [[51, 102]], [[255, 0]]];
/// let data = Dataset::new(images, vec![1, 0, 1], 2)?;
/// assert_eq!((data.len(), data.classes()), (3, 2));
/// let batch = data.batches(2, Walk::Stored)?.next().unwrap();
/// assert_eq!(batch.images.shape(), [2, 1, 1, 2]);
/// assert_eq!(batch.images[[1, 0, 0, 0]], 0.2);
/// assert_eq!(batch.labels, [1, 0]);
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone)]
pub struct Dataset {
    /// In standard layout.
    images: Array3<u8>,
    labels: Vec<u32>,
    classes: usize,
    /// The number that each byte stands for.
    scale: Box<[f32; 256]>,
}

impl Dataset {
    /// Images `[n, height, width]` and their labels.
    ///
    /// # Errors
    /// A shape error where the counts differ, an index error where a label is not below `classes`.
    ///
    /// ```
    /// use ndarray::Array3;
    /// use wengert::data::Dataset;
    /// let e = Dataset::new(Array3::zeros([2, 4, 4]), vec![0, 3], 3).unwrap_err();
    /// assert!(e.is_index());
    /// assert!(e.to_string().starts_with("label 3 at position 1 is out of range"));
    /// ```
    pub fn new(images: Array3<u8>, labels: Vec<u32>, classes: usize) -> Result<Self, Error> {
        let n = images.len_of(Axis(0));
        if n != labels.len() {
            return Err(Error::shape(format!("{n} images, but {} labels", labels.len()))
                .rule("each image has one label")
                .fix("use images and labels of the same set"));
        }
        if let Some(at) = labels.iter().position(|&label| label as usize >= classes) {
            return Err(Error::index(format!("label {} at position {at} is out of range", labels[at]))
                .rule(format!("labels are below the number of classes, {classes}"))
                .fix("renumber the labels from 0, or raise the number of classes"));
        }
        let images = if images.is_standard_layout() { images } else { images.as_standard_layout().into_owned() };
        Ok(Dataset { images, labels, classes, scale: scale(0.0, 1.0) })
    }

    /// The number of images.
    ///
    /// ```
    /// use wengert::data::digits;
    /// assert_eq!(digits(30, 1).len(), 30);
    /// ```
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// No images at all.
    ///
    /// ```
    /// use wengert::data::digits;
    /// assert!(digits(0, 1).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of classes; labels lie below it.
    ///
    /// ```
    /// use wengert::data::digits;
    /// assert_eq!(digits(3, 1).classes(), 10);
    /// ```
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The pixels as stored: bytes `[n, height, width]`.
    ///
    /// ```
    /// use wengert::data::digits;
    /// assert_eq!(digits(3, 1).images().shape(), [3, 28, 28]);
    /// ```
    pub fn images(&self) -> ArrayView3<'_, u8> {
        self.images.view()
    }

    /// The labels, in the images' order.
    ///
    /// ```
    /// use wengert::data::digits;
    /// assert_eq!(digits(20, 1).labels().iter().sum::<u32>(), 90);
    /// ```
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Mean and standard deviation over all pixels, as numbers in [0, 1]; `(0, 0)` of an empty set.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::data::Dataset;
    /// let data = Dataset::new(array![[[0, 0], [255, 255]]], vec![0], 1)?;
    /// assert_eq!(data.mean_std(), (0.5, 0.5));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn mean_std(&self) -> (f64, f64) {
        let mut counts = [0u64; 256];
        self.images.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
        let n = self.images.len().max(1) as f64;
        let moment = |f: &dyn Fn(f64) -> f64| -> f64 {
            counts.iter().enumerate().map(|(byte, &count)| count as f64 * f(byte as f64 / 255.0)).sum::<f64>() / n
        };
        let mean = moment(&|v| v);
        (mean, moment(&|v| (v - mean) * (v - mean)).sqrt())
    }

    /// The same set, whose batches hold (v − mean)/std for a pixel v in [0, 1].
    ///
    /// The numbers should come from the training set ([`Dataset::mean_std`]) and serve the test set as well.
    ///
    /// # Errors
    /// An argument error unless both are finite and `std` is above 0.
    ///
    /// ```
    /// use ndarray::array;
    /// use wengert::data::Dataset;
    /// let data = Dataset::new(array![[[0, 255]]], vec![0], 1)?.normalised(0.5, 0.25)?;
    /// assert_eq!(data.batch(&[0])?.images.as_slice().unwrap(), [-2.0, 2.0]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn normalised(mut self, mean: f64, std: f64) -> Result<Self, Error> {
        if !(mean.is_finite() && std.is_finite() && std > 0.0) {
            return Err(Error::argument(format!("cannot normalise with mean {mean} and standard deviation {std}"))
                .rule("both are finite, and the standard deviation is above 0")
                .fix("take both from `mean_std` of the training set"));
        }
        self.scale = scale(mean, std);
        Ok(self)
    }

    /// The first `n` images and the rest.
    ///
    /// # Errors
    /// An argument error where the set holds fewer than `n`.
    ///
    /// ```
    /// use wengert::data::digits;
    /// let (train, validation) = digits(100, 1).split(80)?;
    /// assert_eq!((train.len(), validation.len()), (80, 20));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn split(self, n: usize) -> Result<(Dataset, Dataset), Error> {
        if n > self.len() {
            return Err(Error::argument(format!("cannot split {n} images off a set of {}", self.len()))
                .rule("the first part is no larger than the set")
                .fix(format!("split at {} or below", self.len())));
        }
        let (_, height, width) = self.images.dim();
        let (first, rest) = self.images.as_slice().unwrap_or_default().split_at(n * height * width);
        let part = |pixels: &[u8], labels: &[u32]| Dataset {
            images: Array3::from_shape_vec([labels.len(), height, width], pixels.to_vec())
                .expect("each label has an image of height × width pixels"),
            labels: labels.to_vec(),
            classes: self.classes,
            scale: self.scale.clone(),
        };
        Ok((part(first, &self.labels[..n]), part(rest, &self.labels[n..])))
    }

    /// The images at the given positions, as one batch.
    ///
    /// # Errors
    /// An index error where a position is not below [`Dataset::len`].
    ///
    /// ```
    /// use wengert::data::digits;
    /// let data = digits(10, 3);
    /// let batch = data.batch(&[9, 0])?;
    /// assert_eq!(batch.labels, [data.labels()[9], data.labels()[0]]);
    /// assert!(data.batch(&[10]).unwrap_err().is_index());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn batch(&self, indices: &[usize]) -> Result<Batch, Error> {
        if let Some(index) = indices.iter().find(|&&index| index >= self.len()) {
            return Err(Error::index(format!("no image {index} in a set of {}", self.len()))
                .rule("positions start at 0 and are below the number of images")
                .fix("check the positions against `len`"));
        }
        Ok(Batch::gather(self, indices))
    }

    /// The set in batches of `size`, stored order or shuffled; the last batch is shorter where `size` does not divide.
    ///
    /// # Errors
    /// An argument error for batches of 0.
    ///
    /// ```
    /// use wengert::data::{Walk, digits};
    /// let data = digits(100, 3);
    /// let sizes: Vec<usize> = data.batches(32, Walk::shuffled(5, 0))?.map(|batch| batch.labels.len()).collect();
    /// assert_eq!(sizes, [32, 32, 32, 4]);
    /// assert!(data.batches(0, Walk::Stored).unwrap_err().is_argument());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn batches(&self, size: usize, walk: Walk) -> Result<Batches<'_>, Error> {
        if size == 0 {
            return Err(Error::argument("cannot cut a set into batches of 0 images")
                .rule("a batch holds at least 1 image")
                .fix("pass a size of 1 or more"));
        }
        Ok(Batches::new(self, size, walk))
    }

    /// The pixels of one image, row by row.
    pub(super) fn pixels(&self, index: usize) -> impl Iterator<Item = f32> {
        let image = self.images.index_axis(Axis(0), index);
        image.to_slice().unwrap_or_default().iter().map(|&byte| self.scale[usize::from(byte)])
    }
}

/// (byte/255 − mean)/std for every byte.
fn scale(mean: f64, std: f64) -> Box<[f32; 256]> {
    Box::new(std::array::from_fn(|byte| ((byte as f64 / 255.0 - mean) / std) as f32))
}

/// A summary: the numbers of a whole set would drown any message they appear in.
impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, height, width) = self.images.dim();
        write!(f, "Dataset({n} images of {height}×{width}, {} classes)", self.classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn refuses_counts_and_labels_that_do_not_fit() {
        let e = Dataset::new(Array3::zeros([3, 2, 2]), vec![0, 1], 2).unwrap_err();
        assert!(e.is_shape() && e.to_string().contains("3 images, but 2 labels"), "{e}");
        let e = Dataset::new(Array3::zeros([2, 2, 2]), vec![0, 2], 2).unwrap_err();
        assert!(e.is_index() && e.to_string().contains("label 2 at position 1"), "{e}");
        assert!(Dataset::new(Array3::zeros([0, 2, 2]), vec![], 0).unwrap().is_empty());
    }

    #[test]
    fn any_memory_order_gives_the_same_batch() {
        let images = array![[[1, 2], [3, 4]], [[5, 6], [7, 8]]];
        let plain = Dataset::new(images.clone(), vec![0, 0], 1).unwrap();
        let turned =
            Dataset::new(images.reversed_axes().as_standard_layout().into_owned().reversed_axes(), vec![0, 0], 1);
        assert_eq!(plain.batch(&[1, 0]).unwrap().images, turned.unwrap().batch(&[1, 0]).unwrap().images);
    }

    #[test]
    fn normalising_by_its_own_moments_gives_mean_0_and_variance_1() {
        let data = super::super::digits(50, 2);
        let (mean, std) = data.mean_std();
        let all: Vec<usize> = (0..50).collect();
        let pixels = data.normalised(mean, std).unwrap().batch(&all).unwrap().images.mapv(f64::from);
        assert!(pixels.mean().unwrap().abs() < 1e-6);
        assert!((pixels.var(0.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn refuses_moments_that_make_no_numbers() {
        for (mean, std) in [(0.0, 0.0), (0.0, -1.0), (f64::NAN, 1.0), (0.0, f64::NAN), (0.0, f64::INFINITY)] {
            let e = Dataset::new(Array3::zeros([1, 1, 1]), vec![0], 1).unwrap().normalised(mean, std).unwrap_err();
            assert!(e.is_argument() && e.to_string().contains("cannot normalise"), "{e}");
        }
    }

    #[test]
    fn splitting_keeps_everything_and_its_bounds() {
        let data = super::super::digits(10, 2);
        let (first, rest) = data.clone().split(10).unwrap();
        assert_eq!((first.images(), rest.len()), (data.images(), 0));
        let (first, rest) = data.clone().split(4).unwrap();
        assert_eq!([first.labels(), rest.labels()].concat(), data.labels());
        assert!(data.split(11).unwrap_err().is_argument());
    }

    #[test]
    fn debug_is_a_summary() {
        assert_eq!(format!("{:?}", super::super::digits(3, 0)), "Dataset(3 images of 28×28, 10 classes)");
    }
}
