//! From the text of an einsum and the shapes of its operands to labels with sizes.
//! Every complaint shows the text and the character it is about.

use std::collections::BTreeMap;

use super::Label;
use crate::ops::prelude::*;

/// Labels of the axes under an ellipsis, the last axis first; letters lie below.
const ELLIPSIS: Label = 1 << 16;

/// What a text means for operands of certain shapes: one label for each of their axes, and those of the result.
#[derive(Debug)]
pub(super) struct Spec {
    pub inputs: Vec<Vec<Label>>,
    pub output: Vec<Label>,
    sizes: BTreeMap<Label, usize>,
}

/// How many characters before and after the one a complaint is about are shown.
const SHOWN: usize = 60;

/// A letter with its place in the text, or the ellipsis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Letter(char, usize),
    Ellipsis(usize),
}

/// The text, for complaints about it.
#[derive(Clone, Copy)]
struct Text<'s>(&'s str);

impl Text<'_> {
    fn error(self, what: String, at: usize) -> Error {
        // Of a long text, the part around the character; a tab or a line end would move the mark away from it.
        let from = at.saturating_sub(SHOWN);
        let plain = |c: char| if c.is_control() { '?' } else { c };
        let shown: String = self.0.chars().skip(from).take(2 * SHOWN).map(plain).collect();
        Error::argument(what).operand(shown).operand(format!("{:1$}^", "", at - from))
    }
}

/// Letters and ellipses of one part of the text, which begins at character `start`.
fn marks(text: Text<'_>, part: &[char], start: usize) -> Result<Vec<Mark>, Error> {
    let mut found = Vec::new();
    let mut k = 0;
    while k < part.len() {
        let at = start + k;
        match part[k] {
            c if c.is_whitespace() => {}
            c if c.is_ascii_alphabetic() => found.push(Mark::Letter(c, at)),
            '.' if part[k..].starts_with(&['.', '.', '.']) => {
                if found.iter().any(|m| matches!(m, Mark::Ellipsis(_))) {
                    return Err(text
                        .error(format!("a second ellipsis, at character {at}"), at)
                        .rule("an operand or the result has one ellipsis at most")
                        .fix("name the axes, or leave it out"));
                }
                found.push(Mark::Ellipsis(at));
                k += 2;
            }
            c => {
                return Err(text
                    .error(format!("{c:?} at character {at} names no axis"), at)
                    .rule("axes are letters a to z and A to Z, `...` stands for axes without a name")
                    .fix("write operands as `ij,jk` and the result as `->ik`"));
            }
        }
        k += 1;
    }
    Ok(found)
}

impl Spec {
    /// Reads the text for operands of these shapes.
    pub fn new(text: &str, dims: &[Dims]) -> Result<Spec, Error> {
        let (text, chars) = (Text(text), text.chars().collect::<Vec<char>>());
        let arrow = chars.windows(2).position(|w| w == ['-', '>']);
        let left = &chars[..arrow.unwrap_or(chars.len())];
        let mut start = 0;
        let mut inputs = Vec::new();
        for part in left.split(|&c| c == ',') {
            inputs.push((marks(text, part, start)?, start + part.len()));
            start += part.len() + 1;
        }
        if inputs.len() != dims.len() {
            let (named, given) = (inputs.len(), dims.len());
            let at = inputs[named.min(given.max(1)) - 1].1;
            return Err(text
                .error(format!("the text names {named} operands, and {given} are given"), at)
                .rule("operands are separated by commas, one for each tensor")
                .fix("add or drop a comma, or an operand"));
        }
        let mut spec = Spec { inputs: Vec::new(), output: Vec::new(), sizes: BTreeMap::new() };
        for (k, ((marks, end), d)) in inputs.iter().zip(dims).enumerate() {
            spec.add(text, k, marks, *end, d)?;
        }
        let seen =
            |c: char| inputs.iter().flat_map(|(m, _)| m).filter(|m| matches!(m, Mark::Letter(l, _) if *l == c)).count();
        spec.output = match arrow {
            Some(arrow) => {
                let output = marks(text, &chars[arrow + 2..], arrow + 2)?;
                spec.explicit(text, &output)?
            }
            None => {
                let letters = ('A'..='Z').chain('a'..='z').filter(|&c| seen(c) == 1).map(Label::from);
                spec.ellipsis().chain(letters).collect()
            }
        };
        Ok(spec)
    }

    /// The axes of the ellipsis that some operand has, in their order.
    fn ellipsis(&self) -> impl Iterator<Item = Label> + '_ {
        self.sizes.range(ELLIPSIS..).rev().map(|(&l, _)| l)
    }

    /// Takes in one operand.
    fn add(&mut self, text: Text<'_>, number: usize, marks: &[Mark], end: usize, dims: &Dims) -> Result<(), Error> {
        let letters = marks.iter().filter(|m| matches!(m, Mark::Letter(..))).count();
        let free = dims.rank().checked_sub(letters);
        let has_ellipsis = letters != marks.len();
        let Some(free) = free.filter(|&free| free == 0 || has_ellipsis) else {
            let at = match marks.get(dims.rank()) {
                Some(&Mark::Letter(_, at) | &Mark::Ellipsis(at)) => at,
                None => end,
            };
            let fix = if free.is_none() { "drop a letter" } else { "name every axis, or add `...` for the rest" };
            return Err(text
                .error(format!("operand {number} has shape {dims}, and the text names {letters} axes of it"), at)
                .rule("every axis has one letter, or falls under `...`")
                .fix(fix));
        };
        let mut labels: Vec<(Label, usize)> = Vec::new();
        for mark in marks {
            match *mark {
                Mark::Letter(c, at) => labels.push((Label::from(c), at)),
                Mark::Ellipsis(at) => labels.extend((0..free).rev().map(|k| (ELLIPSIS + k as Label, at))),
            }
        }
        for (axis, &(label, at)) in labels.iter().enumerate() {
            let size = dims[axis];
            let own = labels[..axis].iter().position(|&(l, _)| l == label).map(|first| dims[first]);
            let known = self.sizes.entry(label).or_insert(size);
            let fits = own.is_none_or(|own| own == size) && (size == 1 || *known == 1 || *known == size);
            if !fits {
                let other = own.unwrap_or(*known);
                return Err(text
                    .error(
                        format!(
                            "axis {axis} of operand {number} has size {size}, and its name stands for {other} before"
                        ),
                        at,
                    )
                    .rule("axes of one name have one size, or 1 in another operand")
                    .fix("give the axis another letter"));
            }
            if *known == 1 {
                *known = size;
            }
        }
        self.inputs.push(labels.into_iter().map(|(l, _)| l).collect());
        Ok(())
    }

    /// The labels behind the arrow.
    fn explicit(&self, text: Text<'_>, marks: &[Mark]) -> Result<Vec<Label>, Error> {
        let mut output = Vec::new();
        for mark in marks {
            match *mark {
                Mark::Ellipsis(_) => output.extend(self.ellipsis()),
                Mark::Letter(c, at) => {
                    let label = Label::from(c);
                    if !self.sizes.contains_key(&label) {
                        return Err(text
                            .error(format!("the result has an axis {c:?}, which no operand has"), at)
                            .rule("letters behind the arrow stand before it too")
                            .fix("drop it, or broadcast the result"));
                    }
                    if output.contains(&label) {
                        return Err(text
                            .error(format!("the result has the axis {c:?} twice"), at)
                            .rule("a letter stands once behind the arrow")
                            .fix("put a vector on a diagonal with `diag_embed`"));
                    }
                    output.push(label);
                }
            }
        }
        Ok(output)
    }

    /// The size that a label stands for.
    pub fn size(&self, label: Label) -> usize {
        self.sizes[&label]
    }
}
