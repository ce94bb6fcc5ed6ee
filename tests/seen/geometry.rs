//! What a drawing shows is to be read: its texts, cards, labels and lines as places, and what must not lie on what.
//! The drawings are parsed as a reader gets them; letters are measured by the widths of a wide font.

/// A rectangle: left, top, right, bottom.
type Area = [f64; 4];

/// A drawing as places.
#[derive(Default)]
pub struct Places {
    texts: Vec<(Area, String)>,
    /// The line of each card.
    cards: Vec<(Area, u32)>,
    labels: Vec<(Area, String)>,
    lines: Vec<Line>,
}

struct Line {
    edge: bool,
    from: u32,
    to: u32,
    points: Vec<[f64; 2]>,
    /// The label that an edge runs under.
    label: Option<usize>,
}

/// What is wrong with a drawing; nothing where all can be read.
pub fn faults(svg: &str) -> Vec<String> {
    let p = Places::of(svg);
    let mut found = Vec::new();
    for (k, (a, text)) in p.texts.iter().enumerate() {
        for (b, other) in &p.texts[k + 1..] {
            if overlap(a, b) {
                found.push(format!("text `{text}` lies on text `{other}`"));
            }
        }
    }
    let boxes: Vec<(Area, String)> =
        p.cards.iter().map(|(a, id)| (*a, format!("card %{id}"))).chain(p.labels.iter().cloned()).collect();
    for (k, (a, one)) in boxes.iter().enumerate() {
        for (b, other) in &boxes[k + 1..] {
            if overlap(a, b) {
                found.push(format!("{one} lies on {other}"));
            }
        }
    }
    for (a, text) in &p.texts {
        // A text that begins in a card or a label ends in it.
        let begins = |b: &&(Area, String)| inside(&b.0, [a[0] + 1.0, (a[1] + a[3]) / 2.0]);
        if let Some((b, what)) = boxes.iter().find(begins)
            && a[2] > b[2]
        {
            found.push(format!("text `{text}` sticks out of {what}"));
        }
    }
    for line in &p.lines {
        let what = format!("{} from %{} to %{}", if line.edge { "the edge" } else { "an arrow" }, line.from, line.to);
        let hit = |a: &Area| line.points.iter().any(|q| inside(a, *q));
        for (a, id) in &p.cards {
            // Arrows begin and end in the cells of their own cards.
            if (line.edge || ![line.from, line.to].contains(id)) && hit(a) {
                found.push(format!("{what} passes through card %{id}"));
            }
        }
        for (k, (a, label)) in p.labels.iter().enumerate() {
            if line.label != Some(k) && hit(a) {
                found.push(format!("{what} passes through the label `{label}`"));
            }
        }
        let own = line.label.map(|k| p.labels[k].0);
        for (a, text) in &p.texts {
            if own.is_none_or(|o| !overlap(&o, a)) && hit(a) {
                found.push(format!("{what} passes through the text `{text}`"));
            }
        }
    }
    found
}

fn overlap(a: &Area, b: &Area) -> bool {
    const TOUCH: f64 = 0.2;
    a[0] + TOUCH < b[2] && b[0] + TOUCH < a[2] && a[1] + TOUCH < b[3] && b[1] + TOUCH < a[3]
}

fn inside(a: &Area, [x, y]: [f64; 2]) -> bool {
    x > a[0] + 0.2 && x < a[2] - 0.2 && y > a[1] + 0.2 && y < a[3] - 0.2
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[at..].split('"').next()
}

fn number(tag: &str, name: &str) -> f64 {
    attribute(tag, name).unwrap_or_else(|| panic!("{tag} has no {name}")).parse().unwrap()
}

impl Places {
    fn of(svg: &str) -> Self {
        let mut p = Places::default();
        let mut card = 0;
        for piece in svg.split('<').skip(1) {
            let (tag, content) = piece.split_once('>').unwrap();
            let class = attribute(tag, "class").unwrap_or_default();
            let first = class.split(' ').next().unwrap();
            if let Some(id) = attribute(tag, "data-line") {
                card = id.parse().unwrap();
            }
            match tag.split(' ').next().unwrap() {
                "rect" if first == "box" => p.cards.push((area(tag), card)),
                "rect" if first == "label" => {
                    let last = p.lines.last_mut().unwrap();
                    last.label = Some(p.labels.len());
                    p.labels.push((area(tag), String::new()));
                }
                "text" => {
                    let text =
                        content.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
                    if first == "formula" {
                        p.labels.last_mut().unwrap().1.clone_from(&text);
                    }
                    p.texts.push((text_area(tag, first, &text), text));
                }
                "path" if ["edge", "route"].contains(&first) => {
                    let line = |name| attribute(tag, name).unwrap().parse().unwrap();
                    let points = points(attribute(tag, "d").unwrap());
                    p.lines.push(Line {
                        edge: first == "edge",
                        from: line("data-from"),
                        to: line("data-to"),
                        points,
                        label: None,
                    });
                }
                _ => {}
            }
        }
        p
    }
}

fn area(tag: &str) -> Area {
    let (x, y) = (number(tag, "x"), number(tag, "y"));
    [x, y, x + number(tag, "width"), y + number(tag, "height")]
}

/// Letters as wide as those of DejaVu Sans, the widest of the usual ones.
fn text_area(tag: &str, class: &str, text: &str) -> Area {
    let (size, factor) = match class {
        "op" => (13.0, 1.1),
        "note" => (12.0, 1.0),
        _ => (11.0, 1.0),
    };
    let letter = |c: char| match c {
        'i' | 'l' | 'j' | '.' | ',' | ':' | ' ' | '\'' => 0.32,
        '(' | ')' | '[' | ']' | 'f' | 't' | 'r' | '/' | '-' => 0.39,
        'm' | 'w' | '%' | '−' | '=' | '+' | '×' | '↑' => 0.9,
        '²' | 'ᵀ' => 0.41,
        _ => 0.62,
    };
    let width = text.chars().map(letter).sum::<f64>() * size * factor;
    let (x, y) = (number(tag, "x"), number(tag, "y"));
    let left = if ["num", "formula"].contains(&class) { x - width / 2.0 } else { x };
    [left, y - 0.76 * size, left + width, y + 0.2 * size]
}

/// Points on a path, some pixels from each other.
fn points(d: &str) -> Vec<[f64; 2]> {
    let mut found: Vec<[f64; 2]> = Vec::new();
    for part in d.split_inclusive(|c: char| c.is_ascii_alphabetic()).collect::<Vec<_>>().windows(2) {
        let command = part[0].chars().last().unwrap();
        let n: Vec<f64> = part[1]
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .split([' ', ','])
            .filter(|s| !s.is_empty())
            .map(|s| s.parse().unwrap())
            .collect();
        match (command, &n[..]) {
            ('M', &[x, y]) => found.push([x, y]),
            ('L', &[x, y]) => {
                let [a, b] = *found.last().unwrap();
                let steps = ((x - a).abs().max((y - b).abs()) / 2.0).ceil().max(1.0) as usize;
                found.extend((1..=steps).map(|k| {
                    let t = k as f64 / steps as f64;
                    [a + t * (x - a), b + t * (y - b)]
                }));
            }
            ('C', &[p, q, r, s, x, y]) => {
                let [a, b] = *found.last().unwrap();
                let steps = ((x - a).abs().max((y - b).abs())).ceil().max(8.0) as usize;
                found.extend((1..=steps).map(|k| {
                    let t = k as f64 / steps as f64;
                    let u = 1.0 - t;
                    let mix = |a, p, r, x| u * u * u * a + 3.0 * u * u * t * p + 3.0 * u * t * t * r + t * t * t * x;
                    [mix(a, p, r, x), mix(b, q, s, y)]
                }));
            }
            other => panic!("{other:?} in {d}"),
        }
    }
    found
}
