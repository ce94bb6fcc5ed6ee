//! The four files of MNIST, or of a set in its form (Fashion-MNIST, KMNIST), read into a training and a test set.
//! Any number of images will do, but images and labels must agree.

use std::path::Path;

use ndarray::{ArrayD, Ix1, Ix3};

use super::dataset::Dataset;
use super::idx::read_idx;
use crate::error::Error;

const SIDE: usize = 28;
const CLASSES: usize = 10;

/// Reads MNIST from a directory: its training set and its test set, in this order.
///
/// Each of the four files may have a dash or a dot in its name (`train-images-idx3-ubyte`,
/// `train-images.idx3-ubyte`) and may be compressed (`.gz`); the plain one is preferred. The images are 28×28, the
/// labels below 10; there may be any number of them, as long as each image has its label.
///
/// # Errors
/// An io error where the directory cannot be read, or a file is missing (the text names all that are) or cannot be read; format, shape and index errors where its contents are not as above. The text begins with a file's name.
///
/// ```
/// use wengert::data::load_mnist;
/// let e = load_mnist("no/such/directory").unwrap_err();
/// assert!(e.is_io());
/// assert!(e.to_string().starts_with("no/such/directory: cannot read the directory"));
/// ```
pub fn load_mnist(dir: impl AsRef<Path>) -> Result<(Dataset, Dataset), Error> {
    let dir = dir.as_ref();
    let wanted = ["train-images", "train-labels", "t10k-images", "t10k-labels"];
    let found = wanted.map(|stem| names(stem).into_iter().map(|name| dir.join(name)).find(|path| path.is_file()));
    match found {
        [Some(train_images), Some(train_labels), Some(test_images), Some(test_labels)] => {
            Ok((load(&train_images, &train_labels)?, load(&test_images, &test_labels)?))
        }
        found => {
            let missing = wanted.iter().zip(&found).filter(|(_, path)| path.is_none()).map(|(stem, _)| *stem);
            Err(absent(dir, &missing.collect::<Vec<_>>()))
        }
    }
}

/// The names a file goes by.
fn names(stem: &str) -> [String; 4] {
    let rank = if stem.ends_with("images") { 3 } else { 1 };
    ["-", "."]
        .map(|joint| format!("{stem}{joint}idx{rank}-ubyte"))
        .map(|plain| [plain.clone(), plain + ".gz"])
        .concat()
        .try_into()
        .expect("two joints, each with and without .gz, are four names")
}

fn absent(dir: &Path, missing: &[&str]) -> Error {
    let about = dir.display().to_string();
    if let Err(e) = std::fs::read_dir(dir) {
        return Error::io("cannot read the directory", e).about(about);
    }
    let list = missing.iter().map(|stem| names(stem)[0].clone()).collect::<Vec<_>>().join(", ");
    let what = format!("{} of the 4 files of MNIST cannot be found", missing.len());
    Error::io(what, std::io::Error::new(std::io::ErrorKind::NotFound, list))
        .rule("a file may have a dot for the dash before `idx`, and may end in .gz")
        .fix("put the missing files there, or use the built-in `digits`, which need no file")
        .about(about)
}

/// Reads one image file and its label file.
fn load(images_path: &Path, labels_path: &Path) -> Result<Dataset, Error> {
    let images = read_idx(images_path)?.into_u8().map_err(|e| e.about(name(images_path)))?;
    let labels = read_idx(labels_path)?.into_u8().map_err(|e| e.about(name(labels_path)))?;
    let images = match images.shape() {
        &[n, SIDE, SIDE] if n > 0 => with_rank::<Ix3>(images)?,
        found => {
            return Err(Error::shape(format!("images of shape {found:?}"))
                .rule("an image file of MNIST has the shape [n, 28, 28], n at least 1")
                .fix("check that this is the image file of MNIST or a set in its form")
                .about(name(images_path)));
        }
    };
    if labels.ndim() != 1 {
        return Err(Error::shape(format!("labels of shape {:?}", labels.shape()))
            .rule("a label file of MNIST has the shape [n]")
            .fix("check that this is the label file of MNIST or a set in its form")
            .about(name(labels_path)));
    }
    let labels = with_rank::<Ix1>(labels)?.mapv(u32::from).to_vec();
    Dataset::new(images, labels, CLASSES)
        .map_err(|e| e.about(name(labels_path)).operand(format!("images from {}", name(images_path))))
}

fn with_rank<D: ndarray::Dimension>(array: ArrayD<u8>) -> Result<ndarray::Array<u8, D>, Error> {
    array.into_dimensionality().map_err(|e| Error::shape(e.to_string()))
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A directory with the four files of a tiny set, gone afterwards.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(test: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("wengert-mnist-{test}-{}", std::process::id()));
            fs::create_dir_all(&dir).unwrap();
            let scratch = Scratch(dir);
            scratch.images("train-images-idx3-ubyte", 3, [28, 28]);
            scratch.labels("train-labels.idx1-ubyte", &[7, 0, 9]);
            scratch.images("t10k-images.idx3-ubyte", 2, [28, 28]);
            scratch.labels("t10k-labels-idx1-ubyte", &[1, 2]);
            scratch
        }

        fn images(&self, name: &str, n: u8, [height, width]: [u8; 2]) {
            let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, height, 0, 0, 0, width];
            (0..n).for_each(|k| bytes.extend(vec![k; usize::from(height) * usize::from(width)]));
            fs::write(self.0.join(name), bytes).unwrap();
        }

        fn labels(&self, name: &str, labels: &[u8]) {
            let bytes = [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8], labels].concat();
            fs::write(self.0.join(name), bytes).unwrap();
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn both_sets_are_read_whichever_names_they_have() {
        let scratch = Scratch::new("names");
        let (train, test) = load_mnist(&scratch.0).unwrap();
        assert_eq!((train.labels(), test.labels()), (&[7, 0, 9][..], &[1, 2][..]));
        assert_eq!((train.classes(), train.images()[[2, 27, 27]]), (10, 2));
    }

    #[cfg(feature = "io")]
    #[test]
    fn compressed_files_serve_where_plain_ones_are_missing() {
        use std::io::Write;
        let scratch = Scratch::new("gz");
        let plain = scratch.0.join("t10k-labels-idx1-ubyte");
        let packed = fs::File::create(scratch.0.join("t10k-labels-idx1-ubyte.gz")).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        encoder.write_all(&fs::read(&plain).unwrap()).unwrap();
        encoder.finish().unwrap();
        fs::remove_file(plain).unwrap();
        assert_eq!(load_mnist(&scratch.0).unwrap().1.labels(), [1, 2]);
    }

    #[test]
    fn missing_files_are_all_named() {
        let scratch = Scratch::new("missing");
        fs::remove_file(scratch.0.join("train-labels.idx1-ubyte")).unwrap();
        fs::remove_file(scratch.0.join("t10k-images.idx3-ubyte")).unwrap();
        let e = load_mnist(&scratch.0).unwrap_err();
        let expected = "2 of the 4 files of MNIST cannot be found: train-labels-idx1-ubyte, t10k-images-idx3-ubyte\n";
        assert!(e.is_io() && e.to_string().contains(expected), "{e}");
    }

    #[test]
    fn what_is_no_directory_is_told_from_one_without_files() {
        let scratch = Scratch::new("directory");
        for path in [scratch.0.join("nowhere"), scratch.0.join("t10k-labels-idx1-ubyte")] {
            let e = load_mnist(&path).unwrap_err();
            assert!(e.is_io(), "{e}");
            assert!(e.to_string().starts_with(&format!("{}: cannot read the directory: ", path.display())), "{e}");
        }
    }

    #[test]
    fn contents_that_do_not_fit_are_refused_by_name() {
        let scratch = Scratch::new("contents");
        let refused = || load_mnist(&scratch.0).unwrap_err();
        scratch.labels("t10k-labels-idx1-ubyte", &[1, 2, 3]);
        let e = refused();
        assert!(e.is_shape() && e.to_string().contains("t10k-labels-idx1-ubyte: 2 images, but 3 labels"), "{e}");
        assert!(e.to_string().contains("t10k-images.idx3-ubyte"), "{e}");
        scratch.labels("t10k-labels-idx1-ubyte", &[1, 10]);
        let e = refused();
        assert!(e.is_index() && e.to_string().contains("label 10 at position 1 is out of range"), "{e}");
        scratch.images("t10k-labels-idx1-ubyte", 2, [1, 1]);
        let e = refused();
        assert!(e.is_shape() && e.to_string().contains("labels of shape [2, 1, 1]"), "{e}");
        scratch.images("train-images-idx3-ubyte", 3, [28, 27]);
        let e = refused();
        assert!(e.is_shape() && e.to_string().contains("train-images-idx3-ubyte: images of shape [3, 28, 27]"), "{e}");
        scratch.images("train-images-idx3-ubyte", 0, [28, 28]);
        assert!(refused().is_shape());
        fs::write(scratch.0.join("train-images-idx3-ubyte"), [0, 0, 9, 1, 0, 0, 0, 1, 5]).unwrap();
        let e = refused();
        assert!(e.is_format() && e.to_string().contains("train-images-idx3-ubyte: the elements are i8"), "{e}");
    }
}
