//! Names of a text as names of Rust: what Rust keeps for itself or the program needs gets an underscore.
//! Letters that Rust has no names of become underscores.

/// Words that Rust keeps.
const RUST: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "None",
    "Some", "Ok", "Err",
];

/// Names that every program has.
const PROGRAM: &[&str] = &["grads", "main", "tape"];

/// Functions of the crate that are no methods.
pub(super) const FUNCTIONS: &[&str] = &["concat", "einsum", "keep", "multi_dot", "stack"];

/// Constants of `std::f64::consts`.
pub(super) const CONSTANTS: &[&str] = &["E", "PI"];

/// Letters of a name in Rust: a text has a long one once, a program may read it a million times.
const LONGEST: usize = 64;

/// The name in Rust.
pub(super) fn spelled(name: &str) -> String {
    // What is a letter here and no letter of a name in Rust is rare; only common scripts are taken as they are.
    let common = |c: char| {
        c.is_ascii_alphanumeric()
            || c == '_'
            || (c.is_alphabetic() && matches!(c, 'À'..='ɏ' | 'Ά'..='Ͽ' | 'Ѐ'..='ӿ' | '一'..='鿿' | 'ぁ'..='ヺ'))
    };
    let mut spelled: String = name.chars().take(LONGEST).map(|c| if common(c) { c } else { '_' }).collect();
    // A lone underscore cannot be read.
    if spelled.chars().all(|c| c == '_' || c.is_ascii_digit()) {
        return "unnamed".into();
    }
    // Types of the crate begin with capitals and go on in small letters.
    let is_type = spelled.starts_with(|c: char| c.is_ascii_uppercase()) && spelled.contains(|c: char| c.is_lowercase());
    let taken = [RUST, PROGRAM, FUNCTIONS, CONSTANTS].iter().any(|list| list.contains(&spelled.as_str()));
    if taken || is_type {
        spelled.push('_');
    }
    spelled
}

/// Whether the lint for variables would object: a capital letter stands in it.
pub(super) fn is_snake_case(name: &str) -> bool {
    !name.contains(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_rust() {
        let names = ["x", "type", "tape", "_", "größe", "x²", "Tensor", "W", "W1", "stack"].map(spelled);
        assert_eq!(names, ["x", "type_", "tape_", "unnamed", "größe", "x_", "Tensor_", "W", "W1", "stack_"]);
        assert!(is_snake_case("w_1") && !is_snake_case("W"));
    }
}
