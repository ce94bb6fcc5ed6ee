//! The tiles of a Winograd convolution and how they are cut into blocks: so many tiles that their transforms stay in a core's
//! cache, and no more than one rectangle of tiles in each image.

use std::ops::Range;

use super::super::ConvShape;
use super::super::planes::Window;
use super::transform::RESULTS;

/// The planes that a Winograd product reads and writes: from `c` channels of a group to `o`.
#[derive(Clone, Debug)]
pub(crate) struct Planes {
    pub(crate) n: usize,
    pub(crate) c: usize,
    pub(crate) o: usize,
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    /// Cells of padding before the input; less than 0 where the input begins with cells that no result sees.
    pub(crate) before: [isize; 2],
    /// Channels in an image, of the input and of the output.
    pub(crate) channels: [usize; 2],
}

impl Planes {
    /// The convolution itself.
    pub(crate) fn forward(s: &ConvShape<2>) -> Self {
        Planes {
            n: s.n,
            c: s.group_c(),
            o: s.group_o(),
            input: s.slide.input,
            output: s.slide.output,
            before: s.slide.padding.map(|p| p as isize),
            channels: [s.c, s.o],
        }
    }

    /// The adjoint in the images: the convolution of the results with the kernel turned by half.
    pub(crate) fn backward(s: &ConvShape<2>) -> Self {
        Planes {
            n: s.n,
            c: s.group_o(),
            o: s.group_c(),
            input: s.slide.output,
            output: s.slide.input,
            before: s.slide.padding.map(|p| 2 - p as isize),
            channels: [s.o, s.c],
        }
    }

    /// Holds that the planes of all images lie in an input and output of these lengths, whose first planes are the group's.
    pub(super) fn check(&self, input: usize, output: usize) {
        let needed = |channels: usize, own: usize, cells: usize| match self.n * own * cells {
            0 => 0,
            _ => ((self.n - 1) * channels + own) * cells,
        };
        assert!(needed(self.channels[0], self.c, self.input_cells()) <= input, "the planes lie in the input");
        assert!(needed(self.channels[1], self.o, self.output_cells()) <= output, "the planes lie in the output");
    }

    /// Cells of a plane of the input.
    pub(crate) fn input_cells(&self) -> usize {
        self.input.iter().product()
    }

    /// Cells of a plane of the output.
    pub(crate) fn output_cells(&self) -> usize {
        self.output.iter().product()
    }

    /// The tiles of an image along each axis.
    pub(crate) fn tiles(&self) -> [usize; 2] {
        self.output.map(|n| n.div_ceil(RESULTS))
    }
}

/// A rectangle of tiles in some images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) images: Range<usize>,
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
}

impl Block {
    /// The number of tiles.
    pub(crate) fn count(&self) -> usize {
        self.images.len() * self.rows.len() * self.columns.len()
    }

    /// What the tiles of one image, `cells` wide, see of planes with the given sides, `before` of which is padding.
    #[inline(always)]
    pub(super) fn window(&self, sides: [usize; 2], channels: usize, cells: usize, before: [isize; 2]) -> Window {
        let first = |start: usize, before: isize| (start * RESULTS) as isize - before;
        let size = |count: usize| RESULTS * (count - 1) + cells;
        Window {
            plane: sides[0] * sides[1],
            channels,
            height: sides[0],
            width: sides[1],
            first: [first(self.rows.start, before[0]), first(self.columns.start, before[1])],
            size: [size(self.rows.len()), size(self.columns.len())],
        }
    }
}

/// All tiles, cut into blocks of nearly one size.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    /// Images, rows and columns of tiles, and into how many parts each of the three is cut.
    sizes: [usize; 3],
    parts: [usize; 3],
}

impl Blocks {
    /// Blocks of about `target` tiles: first a row is cut, if that is too long, then the rows, then the images.
    pub(crate) fn new(p: &Planes, target: usize) -> Self {
        let [rows, columns] = p.tiles();
        let sizes = [p.n, rows, columns];
        let mut parts = sizes;
        let mut room = target.max(1);
        for axis in (0..3).rev() {
            parts[axis] = sizes[axis].div_ceil(room);
            room = (room / sizes[axis].max(1)).max(1);
        }
        Blocks { sizes, parts }
    }

    /// The number of blocks.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().product()
    }

    /// The largest extent of a block along each axis.
    pub(crate) fn largest(&self) -> [usize; 3] {
        std::array::from_fn(|axis| self.sizes[axis].div_ceil(self.parts[axis].max(1)))
    }

    /// Block number k.
    pub(crate) fn at(&self, k: usize) -> Block {
        let [_, rows, columns] = self.parts;
        let of = |axis: usize, part: usize| part_of(self.sizes[axis], self.parts[axis], part);
        Block { images: of(0, k / (rows * columns)), rows: of(1, k / columns % rows), columns: of(2, k % columns) }
    }
}

/// Part number `part` of 0..size, cut into `parts` of nearly one size.
fn part_of(size: usize, parts: usize, part: usize) -> Range<usize> {
    let (each, more) = (size / parts, size % parts);
    let start = |part: usize| part * each + part.min(more);
    start(part)..start(part + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tile_is_in_one_block() {
        for (n, output, target) in
            [(3, [7, 9], 1), (2, [56, 56], 28), (5, [8, 8], 30), (1, [1, 1], 8), (2, [3, 200], 12), (0, [4, 4], 5)]
        {
            let input = output.map(|k| k + 2);
            let p = Planes { n, c: 1, o: 1, input, output, before: [0; 2], channels: [1; 2] };
            let (blocks, [rows, columns]) = (Blocks::new(&p, target), p.tiles());
            let mut seen = vec![0; n * rows * columns];
            for b in (0..blocks.len()).map(|k| blocks.at(k)) {
                assert!(b.count() <= target.max(1) && b.count() > 0, "{b:?} has more than {target} tiles");
                assert!(b.count() <= blocks.largest().iter().product());
                for i in b.images.clone() {
                    for r in b.rows.clone() {
                        b.columns.clone().for_each(|c| seen[(i * rows + r) * columns + c] += 1);
                    }
                }
            }
            assert!(seen.iter().all(|&k| k == 1), "{n} {output:?} {target}");
        }
    }
}
