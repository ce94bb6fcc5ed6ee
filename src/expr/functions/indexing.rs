//! Functions that pick elements by position: gather and scatter, rows, sorting.
//! Positions are integers, which a list of whole numbers is as well.

use super::prelude::*;

family! { INDEXING "indexing";
    /// y[i] = x[index[i]] along an axis.
    gather(x: AnyLine<'_, T>, axis: isize, index: IntVar<'_, T>) {
        either!(x, |x| x.gather(axis, index))
    }
    /// x with src added at the positions of index along an axis.
    scatter_add(x: Var<'_, T>, axis: isize, index: IntVar<'_, T>, src: Var<'_, T>) { x.scatter_add(axis, index, src) }
    /// Zeros of a shape with x added at the positions of index along an axis.
    scatter_into(x: Var<'_, T>, sizes: Counts, axis: isize, index: IntVar<'_, T>) {
        x.scatter_into(sizes, axis, index)
    }
    /// x with src in place of what stands at the positions of index.
    scatter(x: Var<'_, T>, axis: isize, index: IntVar<'_, T>, src: LineOrNumber<'_, T>) { x.scatter(axis, index, src) }
    /// The rows of an axis that index names.
    index_select(x: AnyLine<'_, T>, axis: isize, index: IntVar<'_, T>) {
        either!(x, |x| x.index_select(axis, index))
    }
    /// x with src added to the rows that index names.
    index_add(x: Var<'_, T>, axis: isize, index: IntVar<'_, T>, src: Var<'_, T>) { x.index_add(axis, index, src) }
    /// x with the rows of src in place of those that index names.
    index_copy(x: Var<'_, T>, axis: isize, index: IntVar<'_, T>, src: Var<'_, T>) { x.index_copy(axis, index, src) }
    /// x with a number in the rows that index names.
    index_fill(x: Var<'_, T>, axis: isize, index: IntVar<'_, T>, value: LineOrNumber<'_, T>) {
        x.index_fill(axis, index, value)
    }
    /// The elements at flat positions.
    take(x: Var<'_, T>, index: IntVar<'_, T>) { x.take(index) }
    /// y[i] = x[index[i]] along an axis, where the other axes broadcast.
    take_along(x: Var<'_, T>, axis: isize, index: IntVar<'_, T>) { x.take_along(axis, index) }
    /// The rows of a table that ids name.
    embedding(table: Var<'_, T>, ids: IntVar<'_, T>) { table.embedding(ids) }
    /// As embedding; the row of one id has no gradient.
    embedding_padded(table: Var<'_, T>, ids: IntVar<'_, T>, padding: u32) { table.embedding_padded(ids, padding) }
    /// 1 at the class of each label, 0 elsewhere.
    one_hot(labels: IntVar<'_, T>, classes: usize) { labels.one_hot(classes) }
    /// The elements in rising order, and where they came from.
    sort(x: Var<'_, T>, axis: isize = -1) { x.sort(axis) }
    /// The elements in falling order, and where they came from.
    sort_falling(x: Var<'_, T>, axis: isize = -1) { x.sort_falling(axis) }
    /// The positions that would sort.
    argsort(x: Var<'_, T>, axis: isize = -1) { x.argsort(axis) }
    /// The k largest elements, and where they came from.
    topk(x: Var<'_, T>, k: usize, axis: isize = -1) { x.topk(axis, k) }
    /// The k smallest elements, and where they came from.
    bottomk(x: Var<'_, T>, k: usize, axis: isize = -1) { x.bottomk(axis, k) }
    /// The k-th smallest element, and where it came from.
    kthvalue(x: Var<'_, T>, k: usize, axis: isize = -1) { x.kthvalue(axis, k) }
    /// The elements of planes at flat positions: what a max pool's indices name.
    plane_gather(x: Var<'_, T>, index: IntVar<'_, T>) { x.plane_gather(index) }
    /// Zeros with elements added at flat positions of planes: how a max pool's cotangent goes back.
    plane_scatter(x: Var<'_, T>, index: IntVar<'_, T>, plane: [usize; 2]) { x.plane_scatter(index, plane) }
}
