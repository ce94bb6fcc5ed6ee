//! How wide a text is, without a font: the widths of wide sans-serif letters, so that no reader's font needs more room.
//! A text that is longer than its room is cut, with an ellipsis.

/// The width of a letter in parts of the font's size.
fn letter(c: char) -> f64 {
    match c {
        'i' | 'l' | 'j' | '\'' | '|' | '.' | ',' | ':' | ';' | ' ' | '!' | 'I' => 0.34,
        '(' | ')' | '[' | ']' | 'f' | 't' | 'r' | '-' | '/' | '{' | '}' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 1.0,
        '−' | '+' | '=' | '<' | '>' | '↑' | '×' | '→' | '∞' | '≈' => 0.84,
        'A'..='Z' | '&' | 'Σ' => 0.76,
        // Numerals of columns are as wide as each other.
        '0'..='9' => 0.64,
        c if c.is_ascii() => 0.62,
        '²' | '³' | 'ᵀ' | '·' => 0.42,
        // What is not Latin may be as wide as it is high.
        c if c > '\u{0590}' => 1.05,
        _ => 0.72,
    }
}

/// The width of a text of a font's size, in pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(letter).sum::<f64>() * size
}

/// The width of a bold text.
pub(super) fn bold(text: &str, size: f64) -> f64 {
    width(text, size) * 1.12
}

/// At most so many letters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_wide_letters_count() {
        assert_eq!((cut("abc", 3).as_str(), cut("abcd", 3).as_str()), ("abc", "ab…"));
        assert!(width("mmm", 10.0) > width("iii", 10.0) * 2.0 && bold("a", 10.0) > width("a", 10.0));
    }
}
