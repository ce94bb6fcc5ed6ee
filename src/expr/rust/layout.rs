//! Trees as text, laid out as rustfmt does with its defaults.
//! Lines have 100 columns; chains, arguments and arrays of more than 60 are broken.

use super::code::{Code, PREFIX, WHOLE};

const COLUMNS: usize = 100;
const PART: usize = 60;
/// Arrays of items that are no longer than this are filled line by line.
const SHORT: usize = 10;

/// `head code;` at an indent.
pub(super) fn statement(head: &str, code: &Code, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let line = flat(code);
    let (same, next) = (indent + width(head) + width(&line) + 1, indent + 4 + width(&line) + 1);
    // What fits on the next line as a whole goes there.
    if whole(code) && same > COLUMNS && next <= COLUMNS {
        return format!("{pad}{}\n{pad}    {line};\n", head.trim_end());
    }
    format!("{pad}{head}{};\n", laid_out(code, indent, indent + width(head), 1))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// On one line.
pub(super) fn flat(code: &Code) -> String {
    let list = |items: &[Code]| items.iter().map(flat).collect::<Vec<_>>().join(", ");
    match code {
        Code::Word(w) => w.clone(),
        Code::Prefix(sign, a) => format!("{sign}{}", bracketed(a, PREFIX)),
        Code::Infix(a, op, b) => {
            let binds = code.binding();
            let space = if *op == ".." { "" } else { " " };
            format!("{}{space}{op}{space}{}", bracketed(a, binds), bracketed(b, binds + 1))
        }
        Code::Call(f, arguments) => format!("{}({})", bracketed(f, WHOLE), list(arguments)),
        Code::Method(a, name, arguments) => format!("{}.{name}({})", bracketed(a, WHOLE), list(arguments)),
        Code::Field(a, name) => format!("{}.{name}", bracketed(a, WHOLE)),
        Code::Index(a, at) => format!("{}[{}]", bracketed(a, WHOLE), flat(at)),
        Code::List(items) => format!("[{}]", list(items)),
        Code::Tuple(items) => format!("({})", list(items)),
        Code::Closure(names, body) => format!("|{}| {}", names.join(", "), flat(body)),
        Code::Macro(name, items) if name == "vec" => format!("vec![{}]", list(items)),
        Code::Macro(name, items) => format!("{name}!({})", list(items)),
        Code::If(..) | Code::Match(..) => unreachable!("branches are taken before a program is written"),
    }
}

/// In brackets where it binds less tightly than its place does.
fn bracketed(code: &Code, least: u8) -> String {
    let text = flat(code);
    // `-1.5.exp()` would be minus the exponential of 1.5.
    if code.binding() < least { format!("({text})") } else { text }
}

/// What a chain of methods begins with, and its methods and fields.
fn chain(code: &Code) -> (&Code, Vec<&Code>) {
    let (mut root, mut links) = (code, Vec::new());
    while let Code::Method(a, ..) | Code::Field(a, _) = root {
        links.push(root);
        root = a;
    }
    links.reverse();
    (root, links)
}

/// Whether it may stand on one line of any width.
pub(super) fn whole(code: &Code) -> bool {
    let short = |items: &[Code]| short(items, 0);
    match code {
        Code::Word(_) => true,
        Code::Prefix(_, a) | Code::Closure(_, a) => whole(a),
        Code::Infix(a, _, b) | Code::Index(a, b) => whole(a) && whole(b),
        Code::Call(a, list) => whole(a) && short(list),
        Code::Method(..) | Code::Field(..) => {
            let (root, links) = chain(code);
            let arguments = |l: &&Code| if let Code::Method(_, _, list) = l { short(list) } else { true };
            (links.len() == 1 || width(&flat(code)) <= PART) && whole(root) && links.iter().all(arguments)
        }
        Code::List(list) | Code::Tuple(list) | Code::Macro(_, list) => short(list),
        Code::If(..) | Code::Match(..) => false,
    }
}

/// The text, where `used` columns of its first line and `after` of its last are taken.
fn laid_out(code: &Code, indent: usize, used: usize, after: usize) -> String {
    let line = flat(code);
    if whole(code) && used + width(&line) + after <= COLUMNS {
        return line;
    }
    let inner = indent + 4;
    let pad = " ".repeat(inner);
    match code {
        Code::Method(..) | Code::Field(..) => {
            let (root, links) = chain(code);
            if let [Code::Method(_, name, list)] = links[..] {
                let head = format!("{}.{name}", bracketed(root, WHOLE));
                return format!("{head}{}", arguments(list, indent, used + width(&head), after));
            }
            let mut text = match root.binding() < WHOLE {
                true => bracketed(root, WHOLE),
                false => laid_out(root, indent, used, 0),
            };
            for link in links {
                text += &match link {
                    Code::Method(_, name, list) => {
                        let head = format!("{pad}.{name}");
                        format!("\n{head}{}", arguments(list, inner, width(&head), 0))
                    }
                    Code::Field(_, name) => format!("\n{pad}.{name}"),
                    _ => unreachable!("a chain has methods and fields"),
                };
            }
            text
        }
        Code::Call(f, list) => {
            let head = bracketed(f, WHOLE);
            format!("{head}{}", arguments(list, indent, used + width(&head), after))
        }
        Code::Prefix(sign, a) if a.binding() >= PREFIX => format!("{sign}{}", laid_out(a, indent, used + 1, after)),
        Code::Infix(..) => {
            let binds = code.binding();
            let (mut first, mut rest): (&Code, Vec<(&&str, &Code)>) = (code, Vec::new());
            while let Code::Infix(a, op, b) = first
                && rest.first().is_none_or(|(of, _)| *of == op)
            {
                rest.push((op, b));
                first = a;
            }
            let mut text = operand(first, binds, indent, used);
            for (op, b) in rest.into_iter().rev() {
                text += &format!("\n{pad}{op} {}", operand(b, binds + 1, inner, inner + op.len() + 1));
            }
            text
        }
        Code::List(items) => format!("[{}{}]", lines(items, inner), " ".repeat(indent)),
        Code::Macro(name, items) if name == "vec" => format!("vec![{}{}]", lines(items, inner), " ".repeat(indent)),
        Code::Tuple(items) => arguments(items, indent, used, after),
        _ => line,
    }
}

fn operand(code: &Code, least: u8, indent: usize, used: usize) -> String {
    if code.binding() < least { bracketed(code, least) } else { laid_out(code, indent, used, 0) }
}

/// Whether arguments stand on one line, of which `used` columns are taken.
pub(super) fn short(list: &[Code], used: usize) -> bool {
    let text = width(&list.iter().map(flat).collect::<Vec<_>>().join(", "));
    text <= PART && used + text <= COLUMNS && list.iter().all(whole)
}

/// `(a, b)` after `used` columns.
fn arguments(list: &[Code], indent: usize, used: usize, after: usize) -> String {
    let text = list.iter().map(flat).collect::<Vec<_>>().join(", ");
    if list.is_empty() || (width(&text) <= PART && used + width(&text) + 2 + after <= COLUMNS && list.iter().all(whole))
    {
        return format!("({text})");
    }
    broken(list, indent, used, after)
}

/// `(a, b)` on several lines.
fn broken(list: &[Code], indent: usize, used: usize, after: usize) -> String {
    // A single array opens on the line of its call.
    if let [only] = list {
        let array = if let Code::Prefix("&", a) = only { a } else { only };
        if matches!(array, Code::List(_) | Code::Macro(..)) {
            return format!("({})", laid_out(only, indent, used + 1, after + 1));
        }
    }
    let inner = indent + 4;
    let pad = " ".repeat(inner);
    let items: String = list.iter().map(|i| format!("{pad}{},\n", laid_out(i, inner, inner, 1))).collect();
    format!("(\n{items}{})", " ".repeat(indent))
}

/// Items of an array that does not stand on one line.
fn lines(items: &[Code], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let texts: Vec<String> = items.iter().map(flat).collect();
    let nested = items.iter().any(|i| matches!(i, Code::List(_) | Code::Tuple(_)));
    if nested || texts.iter().any(|t| width(t) > SHORT) {
        return std::iter::once("\n".to_string())
            .chain(items.iter().map(|i| format!("{pad}{},\n", laid_out(i, indent, indent, 1))))
            .collect();
    }
    let (mut text, mut column) = (format!("\n{pad}"), indent);
    for (k, t) in texts.iter().enumerate() {
        let one = width(t) + 1;
        // The last column stays free.
        if k > 0 && column + 1 + one >= COLUMNS {
            text += &format!("\n{pad}");
            column = indent;
        } else if k > 0 {
            text.push(' ');
            column += 1;
        }
        text += t;
        text.push(',');
        column += one;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::read::body;
    use super::*;

    fn wide(text: &str) -> String {
        statement("let y = ", &body(text), 4)
    }

    #[test]
    fn brackets_stand_where_precedence_asks() {
        for text in ["(a + b) * c", "a - (b - c)", "a - b - c", "-(a + b)", "(-a).exp()", "x.slice(0, 1..3)", "&[a, b]"]
        {
            assert_eq!(flat(&body(&format!("{{ {text} }}"))), text);
        }
    }

    /// As rustfmt 1.8 has it.
    #[test]
    fn long_lines_are_broken_as_rustfmt_does() {
        assert_eq!(
            wide("{ x.conv2d(w, ConvOptions::new().padding(1)).relu().max_pool2d(MaxPool2d::new(2)) }"),
            "    let y = x\n        .conv2d(w, ConvOptions::new().padding(1))\n        .relu()\n        .max_pool2d(MaxPool2d::new(2));\n"
        );
        assert_eq!(
            wide("{ tape.var([[1.0, 2.0, 0.0], [3.0, 9.0, 4.0], [5.0, 6.0, 7.0], [5.0, 6.0, 7.0]]) }"),
            "    let y = tape.var([\n        [1.0, 2.0, 0.0],\n        [3.0, 9.0, 4.0],\n        [5.0, 6.0, 7.0],\n        [5.0, 6.0, 7.0],\n    ]);\n"
        );
        assert_eq!(
            wide("{ tape.var([[1.0, 2.0, 0.0, 1.0], [3.0, 9.0, 4.0, 2.0]]).named(\"x\") }"),
            "    let y = tape\n        .var([[1.0, 2.0, 0.0, 1.0], [3.0, 9.0, 4.0, 2.0]])\n        .named(\"x\");\n"
        );
        let numbers = (1..=22).map(|k| format!("{k}.0")).collect::<Vec<_>>().join(", ");
        assert_eq!(
            wide(&format!("{{ [{numbers}] }}")),
            "    let y = [\n        1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0,\n        17.0, 18.0, 19.0, 20.0, 21.0, 22.0,\n    ];\n"
        );
        let sum = "aaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb * ccccccccccccccccccccccc + dddddddd";
        assert_eq!(
            wide(&format!("{{ {sum} }}")),
            "    let y = aaaaaaaaaaaaaaaaaaaaaa\n        + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb * ccccccccccccccccccccccc\n        + dddddddd;\n"
        );
    }
}
