//! Round trips of IDX files, and every way in which one can lie.
//! A refused file must say what was found, and memory must not follow a header's claims.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// A header: magic number and sizes.
fn header(code: u8, sizes: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes
}

fn file(code: u8, sizes: &[u32], data: &[u8]) -> Vec<u8> {
    [header(code, sizes), data.to_vec()].concat()
}

/// The error's text, after a check that it is one of the format.
fn refused(bytes: &[u8]) -> String {
    let e = Idx::from_bytes(bytes).unwrap_err();
    assert!(e.is_format(), "{e}");
    e.to_string()
}

/// A directory of its own for a test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("wengert-idx-{test}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Scratch(dir)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_element_type_reads_back() {
    let read = |code, data: &[u8], sizes: &[u32]| Idx::from_bytes(&file(code, sizes, data)).unwrap();
    let flat = |idx: Idx| (idx.element(), idx.to_f64().into_raw_vec_and_offset().0);
    assert_eq!(flat(read(0x08, &[1, 255], &[2])), ("u8", vec![1.0, 255.0]));
    assert_eq!(flat(read(0x09, &[1, 255], &[2])), ("i8", vec![1.0, -1.0]));
    assert_eq!(flat(read(0x0b, &[1, 0, 255, 254], &[2])), ("i16", vec![256.0, -2.0]));
    assert_eq!(flat(read(0x0c, &(-70000i32).to_be_bytes(), &[1])), ("i32", vec![-70000.0]));
    assert_eq!(flat(read(0x0d, &0.1f32.to_be_bytes(), &[1])), ("f32", vec![f64::from(0.1f32)]));
    assert_eq!(flat(read(0x0e, &0.1f64.to_be_bytes(), &[1])), ("f64", vec![0.1]));
}

#[test]
fn a_file_reads_back_in_row_major_order() {
    let scratch = Scratch::new("plain");
    let path = scratch.write("a", &file(8, &[2, 3], &[0, 1, 2, 10, 11, 12]));
    let array = read_idx(path).unwrap().into_u8().unwrap();
    assert_eq!(array, ndarray::array![[0, 1, 2], [10, 11, 12]].into_dyn());
}

#[test]
fn arrays_without_elements_are_read() {
    let idx = Idx::from_bytes(&file(8, &[0, u32::MAX], &[])).unwrap();
    assert_eq!((idx.dims(), idx.to_f64().len()), (&[0, u32::MAX as usize][..], 0));
}

#[test]
fn refuses_what_is_no_idx_header() {
    assert!(refused(&[]).contains("the file is empty"));
    assert!(refused(&[0, 0, 8]).contains("the data ends after 3 bytes"));
    assert!(refused(b"PNG\r\n").contains("the file starts with the bytes 50 4e 47 0d"));
    assert!(refused(&[0, 0, 0x0a, 1, 0, 0, 0, 0]).contains("element type 0x0a"));
    assert!(refused(&[0, 0, 8, 0, 7]).contains("no axes"));
    assert!(refused(&[0, 0, 8, 3, 0, 0, 0, 1, 0]).contains("5 bytes after its magic number"));
    assert!(refused(&[0, 0, 8, 255]).contains("255 axes have 1020 bytes"));
}

#[test]
fn refuses_sizes_that_lie() {
    let text = refused(&file(8, &[4], &[1, 2, 3]));
    assert!(text.contains("declares [4] of u8, 4 bytes of data, but at most 3 can follow"), "{text}");
    let text = refused(&file(0x0e, &[2], &[0; 15]));
    assert!(text.contains("declares [2] of f64, 16 bytes of data, but at most 15 can follow"), "{text}");
    let text = refused(&file(8, &[2], &[1, 2, 3]));
    assert!(text.contains("2 bytes of data, but more follow"), "{text}");
    let text = refused(&file(8, &[u32::MAX], &[1]));
    assert!(text.contains("4294967295 bytes of data, but at most 1 can follow"), "{text}");
    let text = refused(&file(8, &[u32::MAX; 9], &[1]));
    assert!(text.contains("more than memory can address"), "{text}");
    let text = refused(&file(8, &[0, u32::MAX, u32::MAX, u32::MAX], &[]));
    assert!(text.contains("more than memory can address"), "{text}");
}

#[test]
fn other_elements_are_no_bytes() {
    let e = Idx::from_bytes(&file(0x0d, &[1], &[0; 4])).unwrap().into_u8().unwrap_err();
    assert!(e.is_format() && e.to_string().contains("the elements are f32"), "{e}");
}

#[test]
fn errors_name_the_file() {
    let scratch = Scratch::new("names");
    let path = scratch.write("short", &[0, 0]);
    let e = read_idx(&path).unwrap_err();
    assert!(e.is_format() && e.to_string().starts_with(path.to_str().unwrap()), "{e}");
    let e = read_idx(&scratch.0).unwrap_err();
    assert!(e.is_io() && e.to_string().contains("not a regular file: is a directory"), "{e}");
    let e = read_idx(scratch.0.join("absent")).unwrap_err();
    assert!(e.is_io() && e.to_string().contains("cannot read"), "{e}");
}

#[cfg(unix)]
#[test]
fn devices_are_not_opened() {
    let e = read_idx("/dev/zero").unwrap_err();
    assert!(e.is_io() && e.to_string().contains("not a regular file"), "{e}");
}

#[cfg(not(feature = "io"))]
#[test]
fn compressed_files_are_explained() {
    let text = refused(&[0x1f, 0x8b, 8, 0]);
    assert!(text.contains("a gzip-compressed file of 4 bytes") && text.contains("gunzip"), "{text}");
}

#[cfg(feature = "io")]
mod compressed {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_file_is_told_by_its_bytes() {
        let scratch = Scratch::new("gz");
        let plain = file(8, &[2, 2], &[1, 2, 3, 4]);
        let path = scratch.write("no-extension", &gzip(&plain));
        assert_eq!(read_idx(path).unwrap(), Idx::from_bytes(&plain).unwrap());
    }

    #[test]
    fn the_best_compression_there_is_stays_below_the_ceiling() {
        let plain = file(8, &[1 << 22], &vec![0; 1 << 22]);
        let packed = gzip(&plain);
        assert!(plain.len() / packed.len() > 900);
        assert_eq!(Idx::from_bytes(&packed).unwrap().dims(), [1 << 22]);
    }

    #[test]
    fn a_bomb_is_read_no_further_than_its_header_declares() {
        let text = refused(&gzip(&file(8, &[3], &vec![0; 1 << 24])));
        assert!(text.contains("3 bytes of data, but more follow"), "{text}");
    }

    #[test]
    fn a_compressed_file_cannot_declare_what_deflate_cannot_reach() {
        let packed = gzip(&file(8, &[u32::MAX], &[1]));
        let text = refused(&packed);
        let most = 1032 * packed.len() - 8;
        assert!(text.contains(&format!("4294967295 bytes of data, but at most {most} can follow")), "{text}");
    }

    #[test]
    fn refuses_short_data_inside_a_sound_stream() {
        let text = refused(&gzip(&file(8, &[9], &[1, 2])));
        assert!(text.contains("9 bytes of data, but only 2 follow"), "{text}");
        assert!(refused(&gzip(&[])).contains("the data ends after 0 bytes"));
    }

    #[test]
    fn refuses_damaged_streams() {
        let sound = gzip(&file(8, &[64], &(0..64).collect::<Vec<u8>>()));
        for cut in 2..sound.len() {
            assert!(refused(&sound[..cut]).contains("the gzip stream is damaged"), "cut to {cut} bytes");
        }
        let mut wrong_sum = sound.clone();
        let at = wrong_sum.len() - 8;
        wrong_sum[at] ^= 1;
        assert!(refused(&wrong_sum).contains("checksum"));
        let trailing = [&sound[..], b"rest"].concat();
        assert!(refused(&trailing).contains("the gzip stream is damaged"));
    }

    proptest! {
        #[test]
        fn arbitrary_streams_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..64, flip in any::<u8>()) {
            let mut packed = gzip(&bytes);
            let at = at % packed.len();
            packed[at] ^= flip;
            if let Err(e) = Idx::from_bytes(&packed) {
                prop_assert!(e.is_format(), "{}", e);
            }
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Err(e) = Idx::from_bytes(&bytes) {
            prop_assert!(e.is_format(), "{}", e);
        }
    }

    #[test]
    fn headers_of_any_kind_are_read_or_refused(
        code in 7u8..16, sizes in proptest::collection::vec(0u32..4, 0..6), data in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let count: usize = sizes.iter().map(|&size| size as usize).product();
        match Idx::from_bytes(&file(code, &sizes, &data)) {
            Ok(idx) => prop_assert_eq!(idx.to_f64().len(), count),
            Err(e) => prop_assert!(e.is_format(), "{}", e),
        }
    }

    #[test]
    fn bytes_round_trip(rows in 0u32..7, columns in 0u32..7, fill in any::<u8>()) {
        let data: Vec<u8> = (0..rows * columns).map(|k| fill.wrapping_add(k as u8)).collect();
        let array = Idx::from_bytes(&file(8, &[rows, columns], &data)).unwrap().into_u8().unwrap();
        prop_assert_eq!(array.shape(), [rows as usize, columns as usize]);
        prop_assert_eq!(array.into_raw_vec_and_offset().0, data);
    }
}

#[test]
fn endless_shapes_are_told_in_part() {
    let bytes = [&[0, 0, 0x0b, 255][..], &[0xd2; 4 * 255]].concat();
    let e = Idx::from_bytes(&bytes).unwrap_err().to_string();
    let head = format!("the header declares [{}...], 255 axes, of i16, more than memory", "3537031890, ".repeat(8));
    assert!(e.starts_with(&head) && e.len() < 600, "{e}");
}
