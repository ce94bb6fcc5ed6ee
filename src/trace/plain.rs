//! Text from outside as it may be shown: names, comments and files may hold what ends a line or steers a terminal.
//! It stands by itself, so that the command line, which is no part of the library, includes it too.

use std::fmt::{self, Display, Write};

/// A text on one line, with what a terminal would obey written out (`\n`, `\u{1b}`); a tab is a space.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|c| add(&mut shown, c));
    shown
}

/// As [`plain`], of the first `most` characters; what comes after them is not even written.
pub(crate) fn cut(text: impl Display, most: usize) -> String {
    let mut shown = Cut { text: String::new(), left: most };
    if write!(shown, "{text}").is_err() {
        shown.text.push('…');
    }
    shown.text
}

struct Cut {
    text: String,
    left: usize,
}

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            add(&mut self.text, c);
        }
        Ok(())
    }
}

fn add(shown: &mut String, c: char) {
    match c {
        '\t' => shown.push(' '),
        c if c.is_control() => shown.extend(c.escape_default()),
        c => shown.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_line_or_steers_the_terminal() {
        assert_eq!(plain("a\nb\u{1b}[2J\tc\u{9b}1m \\ é"), "a\\nb\\u{1b}[2J c\\u{9b}1m \\ é");
    }

    #[test]
    fn long_texts_are_cut_unwritten() {
        assert_eq!((cut("ééé", 3), cut("é\rééé", 3)), ("ééé".into(), "é\\ré…".into()));
        struct Endless;
        impl Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("a")?;
                }
            }
        }
        assert_eq!(cut(Endless, 5), "aaaaa…");
    }
}
