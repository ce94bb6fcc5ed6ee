//! A list of terms, which copies share, and how much lies in it.
//! What is in it is counted when it is made, so that nobody has to walk through it to learn that it is too large.

use std::ops::Deref;
use std::rc::Rc;

use super::{Term, Value};
use crate::real::Real;

/// How much lies in a list. Sums saturate: lists of lists double with each statement of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::expr) struct Extent {
    /// Items, those of inner lists counted.
    pub items: usize,
    /// Lines that reading it as a tensor records.
    pub lines: usize,
    /// Numbers that are spelled in it, which each reading writes down anew.
    pub numbers: usize,
    /// Lists within each other.
    pub depth: usize,
}

impl Extent {
    /// Of a list of such items.
    fn of<T: Real>(items: &[Term<'_, T>]) -> Self {
        let mut all = Extent { depth: 1, lines: 1, ..Extent::default() };
        for term in items {
            let (count, lines, numbers) = match &term.value {
                Value::List(l) => {
                    all.depth = all.depth.max(l.extent.depth + 1);
                    (l.extent.items.saturating_add(1), l.extent.lines, l.extent.numbers)
                }
                Value::Several(_, results) => (results.len().max(1), 0, 0),
                Value::Number(_) => (1, 1, 1),
                Value::Literal(l) => (1, 1, l.data.len()),
                Value::Ints(_) => (1, 1, 0),
                _ => (1, 0, 0),
            };
            all.items = all.items.saturating_add(count);
            all.lines = all.lines.saturating_add(lines);
            all.numbers = all.numbers.saturating_add(numbers);
        }
        all
    }
}

/// Terms in brackets. A copy is another handle: names are looked up often, and lists hold lists.
#[derive(Clone, Debug)]
pub(in crate::expr) struct List<'t, T: Real> {
    items: Rc<Vec<Term<'t, T>>>,
    pub extent: Extent,
}

impl<'t, T: Real> List<'t, T> {
    pub fn new(items: Vec<Term<'t, T>>) -> Self {
        List { extent: Extent::of(&items), items: Rc::new(items) }
    }

    /// The items, where no other handle shares them.
    pub fn own(&mut self) -> Option<&mut [Term<'t, T>]> {
        Rc::get_mut(&mut self.items).map(Vec::as_mut_slice)
    }
}

impl<'t, T: Real> Deref for List<'t, T> {
    type Target = [Term<'t, T>];

    fn deref(&self) -> &Self::Target {
        &self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_count_what_lies_within_and_saturate() {
        let number = || Term::from(Value::<f64>::Number(2.0));
        let mut list = List::new(vec![number(), number()]);
        assert_eq!(list.extent, Extent { items: 2, lines: 3, numbers: 2, depth: 1 });
        list = List::new(vec![Value::List(list).into(), number()]);
        assert_eq!(list.extent, Extent { items: 4, lines: 5, numbers: 3, depth: 2 });
        for _ in 0..100 {
            list = List::new(vec![Value::List(list.clone()).into(), Value::List(list).into()]);
        }
        assert_eq!(list.extent, Extent { items: usize::MAX, lines: usize::MAX, numbers: usize::MAX, depth: 102 });
    }

    #[test]
    fn shared_items_stay_as_they_are() {
        let mut list = List::new(vec![Term::from(Value::<f64>::Number(2.0))]);
        assert!(list.own().is_some());
        let other = list.clone();
        assert!(list.own().is_none());
        drop(other);
        assert!(list.own().is_some());
    }
}
