//! The card of one line: its name and facts, its value and its cotangent as pictures, and the lanes that arrows of choices
//! take through it.

use std::fmt::Write;

use super::super::record::TracedLine;
use super::super::text::short;
use super::escaped;
use super::heat::{Heat, Lanes};
use super::letters::{bold, cut, width};
use super::scene::{Route, Scene};

/// Heights of the texts, and margins.
const HEAD: f64 = 38.0;
const ROW: f64 = 14.0;
const PAD: f64 = 10.0;

/// The most letters of a name, and of the facts below it.
const TITLE: usize = 40;
const FACTS: usize = 48;

/// The distance of two arrows beside each other, and the most room for all of them.
const SPACING: f64 = 4.0;
const CORRIDOR: f64 = 72.0;

/// One of the pictures, from the card's corner.
struct Picture<'a> {
    what: &'static str,
    line: &'a TracedLine,
    heat: Heat<'a>,
    captions: Vec<String>,
    at: [f64; 2],
}

pub(super) struct Card<'a> {
    pub id: u32,
    title: String,
    facts: String,
    pictures: Vec<Picture<'a>>,
    pub size: [f64; 2],
}

impl<'a> Card<'a> {
    pub fn of(scene: &Scene<'a>, id: u32) -> Self {
        let l = scene.line(id);
        let (title, facts) = (title(scene, l), facts(scene, l));
        let mut lines = vec![("value", l, Lanes::default())];
        lines.extend(scene.cotangent(id).map(|c| ("cotangent", c, lanes(scene, id, c))));
        let mut x = PAD;
        let mut pictures = Vec::new();
        for (what, line, lanes) in lines {
            let heat = Heat::of(&line.value, lanes);
            let captions = heat.captions();
            let texts = captions.iter().map(String::as_str).chain([what]).map(|t| width(t, 11.0));
            let room = texts.fold(heat.size()[0], f64::max);
            pictures.push(Picture { what, line, heat, captions, at: [x, 0.0] });
            x += room + PAD;
        }
        let captions = pictures.iter().map(|p| p.captions.len()).max().unwrap_or(0);
        let top = HEAD + ROW * (1 + captions) as f64 - 1.0;
        pictures.iter_mut().for_each(|p| p.at[1] = top);
        let tallest = pictures.iter().map(|p| p.heat.size()[1]).fold(0.0, f64::max);
        let texts = bold(&title, 13.0).max(width(&facts, 11.0)) + 2.0 * PAD;
        let mut size = [x.max(texts), top + tallest + PAD];
        size[0] += scene.routes.iter().filter(|r| r.reader == id).map(corridor).fold(0.0, f64::max);
        Card { id, title, facts, pictures, size }
    }

    fn cotangent(&self) -> Option<&Picture<'a>> {
        self.pictures.iter().find(|p| p.what == "cotangent")
    }

    /// The middle of the cotangent's picture, from the left.
    pub fn cotangent_middle(&self) -> f64 {
        self.cotangent().map_or(self.size[0] / 2.0, |p| p.at[0] + p.heat.size()[0] / 2.0)
    }

    /// Where arrow `k` of a route leaves: the point in its cell, the height in the card at which it goes to the right, and
    /// how far to the right it turns up.
    pub fn way_out(&self, route: &Route, k: usize) -> [[f64; 2]; 2] {
        let p = self.cotangent().expect("a card with a route has a cotangent");
        let cell = route.arrows[k][0];
        let [x, y, w, h] = p.heat.cell(cell);
        let (column, columns) = (cell % p.heat.columns.max(1), p.heat.columns.max(1));
        // The arrow of the first column runs lowest.
        let part = (columns - column) as f64 / (columns + 1) as f64;
        let down = if p.heat.written { h - 4.0 + part * (below(p.heat.columns) + 3.0) } else { part * h };
        let turn = self.size[0] - corridor(route) + arrow_at(route, k) - PAD / 2.0;
        let y = p.at[1] + y + down;
        [[p.at[0] + x + w / 2.0, y], [turn, y]]
    }

    /// Where arrow `k` of a route arrives: how far to the right it goes up, and the point at which it ends.
    pub fn way_in(&self, route: &Route, k: usize, all: &[Route]) -> [[f64; 2]; 2] {
        let p = self.cotangent().expect("a card that a route leads to has a cotangent");
        let columns = p.heat.columns.max(1);
        let column = |cell: usize| cell % columns;
        let cell = route.arrows[k][1];
        // Arrows of one column: those to lower cells turn first, from lanes further left.
        let mut rivals: Vec<(std::cmp::Reverse<usize>, usize, usize)> = Vec::new();
        for (n, r) in all.iter().enumerate().filter(|(_, r)| r.operand == route.operand) {
            let same = r.arrows.iter().enumerate().filter(|(_, a)| column(a[1]) == column(cell));
            rivals.extend(same.map(|(k, a)| (std::cmp::Reverse(a[1] / columns), n, k)));
        }
        rivals.sort_unstable();
        let own = |r: &(std::cmp::Reverse<usize>, usize, usize)| r.2 == k && std::ptr::eq(&raw const all[r.1], route);
        let lane = rivals.iter().position(own).unwrap_or(0);
        let same_cell: Vec<usize> = (0..rivals.len()).filter(|n| rivals[*n].0.0 == cell / columns).collect();
        let turn = same_cell.iter().position(|n| *n == lane).unwrap_or(0);
        let [x, y, w, h] = p.heat.cell(cell);
        let [left, top] = p.at;
        let spread = (turn as f64 + 1.0) / (same_cell.len() as f64 + 1.0);
        if p.heat.written {
            let up = left + x + w + LANE[0] + lane as f64 * lane_step(rivals.len());
            [[up, self.size[1]], [left + x + w - 3.0, top + y + h - 2.0 - spread * (h - 4.0)]]
        } else {
            let up = left + x + w * spread;
            [[up, self.size[1]], [up, top + y + h / 2.0 + 1.0]]
        }
    }

    pub fn draw(&self, t: &mut String, scene: &Scene<'_>, [x, y]: [f64; 2], stripes: &str) {
        let (id, l) = (self.id, scene.line(self.id));
        let mut class = String::from("card");
        if l.line.operands.is_empty() {
            class += if l.line.active { " leaf" } else { " constant" };
        }
        if l.is_adjoint() {
            class += " adjoint";
        }
        if id == scene.trace.root {
            class += " root";
        }
        class += scene.state(scene.trace.complete_at(id));
        let _ = write!(
            t,
            "<g class=\"{class}\" data-line=\"{id}\" role=\"graphics-symbol\" aria-label=\"{}\"><rect class=\"box\" x=\"{x:.1}\" y=\"{y:.1}\" \
             width=\"{:.1}\" height=\"{:.1}\" rx=\"8\"/><text class=\"op\" x=\"{:.1}\" y=\"{:.1}\">{}</text><text class=\"facts\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            escaped(&format!("{}, value {}", l.called(), short(&l.value))),
            self.size[0],
            self.size[1],
            x + PAD,
            y + 17.0,
            escaped(&self.title),
            x + PAD,
            y + 31.0,
            escaped(&self.facts),
        );
        let ties = scene.ties(id);
        for p in &self.pictures {
            let (left, top, what) = (x + p.at[0], y + p.at[1], p.what);
            let mut above = top - 4.0 - ROW * p.captions.len() as f64;
            let _ = write!(t, "<text class=\"what {what}\" x=\"{left:.1}\" y=\"{above:.1}\">{what}</text>");
            for caption in &p.captions {
                above += ROW;
                let caption = escaped(caption);
                let _ = write!(t, "<text class=\"range {what}\" x=\"{left:.1}\" y=\"{above:.1}\">{caption}</text>");
            }
            let _ = write!(t, "<g class=\"of-{what}\"><title>{}</title>", escaped(&p.heat.title(what, p.line)));
            let striped = if what == "value" { &ties[..] } else { &[] };
            p.heat.draw(t, [left, top], striped, stripes);
            t.push_str("</g>");
        }
        t.push_str("</g>\n");
    }
}

/// How far the first lane is from its cells, and the room behind the last one.
const LANE: [f64; 2] = [6.0, 3.0];

fn lane_step(arrows: usize) -> f64 {
    (30.0 / arrows.max(1) as f64).min(3.5)
}

/// Room at the foot of rows for arrows that leave their cells.
fn below(columns: usize) -> f64 {
    1.5 * columns as f64
}

/// Room in the cotangent's picture for arrows that arrive or leave.
fn lanes(scene: &Scene<'_>, id: u32, cotangent: &TracedLine) -> Lanes {
    let columns = cotangent.value.plane.size[1];
    let mut found = Lanes::default();
    let mut arrive = vec![0_usize; columns];
    for r in scene.routes.iter().filter(|r| r.operand == id) {
        r.arrows.iter().for_each(|a| arrive[a[1] % columns] += 1);
    }
    let room = |n: &usize| if *n == 0 { 0.0 } else { LANE[0] + LANE[1] + (*n - 1) as f64 * lane_step(*n) };
    if arrive.iter().any(|n| *n > 0) {
        found.right = arrive.iter().map(room).collect();
    }
    if scene.routes.iter().any(|r| r.reader == id) {
        found.below = below(columns);
    }
    found
}

/// The room that the arrows of a route take beside each other.
pub(super) fn corridor(route: &Route) -> f64 {
    (route.arrows.len() as f64 * SPACING).min(CORRIDOR) + SPACING
}

/// Where arrow `k` stands in its corridor.
pub(super) fn arrow_at(route: &Route, k: usize) -> f64 {
    (k as f64 + 0.5) * (corridor(route) - SPACING) / route.arrows.len().max(1) as f64 + SPACING / 2.0
}

fn title(scene: &Scene<'_>, l: &TracedLine) -> String {
    let reshaped = scene.reshaped_name(l.id);
    let text = match (l.line.name.as_deref(), reshaped) {
        (Some(name), _) if l.line.operands.is_empty() => name.to_string(),
        (Some(name), Some(then)) => format!("{name} = {}, then {then}", l.line.op),
        (Some(name), None) | (None, Some(name)) => format!("{name} = {}", l.line.op),
        (None, None) => l.line.op.to_string(),
    };
    cut(&text, TITLE)
}

fn facts(scene: &Scene<'_>, l: &TracedLine) -> String {
    let attributes = l.line.attributes.iter().filter(|a| a.0 != "shape");
    let attributes: Vec<String> = attributes.map(|(n, v)| format!("{n}={v}").replace(", ", ",")).collect();
    let kind = if l.value.integer { "u32" } else { scene.trace.real };
    let shape = format!("{kind}{:?}", l.value.dims).replace(' ', "");
    let origin = l.line.origin.map(|o| format!("rule of %{o} {}", scene.line(o).line.op));
    let rest: Vec<String> = attributes.into_iter().chain(origin).collect();
    cut(format!("%{} {shape} {}", l.id, rest.join(" ")).trim_end(), FACTS)
}
