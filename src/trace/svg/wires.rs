//! Lines between cards: edges with the labels of what comes back along them, and arrows from the cells of a choice's
//! cotangent to the cells that it chose.

use std::fmt::Write;

use super::card::{arrow_at, corridor};
use super::escaped;
use super::layout::Layout;
use super::scene::{Edge, Route, Scene};

/// A path down or up the drawing, with bends only where rows do not stand.
struct Path {
    text: String,
    at: [f64; 2],
}

impl Path {
    fn from([x, y]: [f64; 2]) -> Self {
        Path { text: format!("M{x:.1} {y:.1}"), at: [x, y] }
    }

    fn line(&mut self, [x, y]: [f64; 2]) {
        if (self.at[0] - x).abs().max((self.at[1] - y).abs()) > 0.04 {
            let _ = write!(self.text, "L{x:.1} {y:.1}");
            self.at = [x, y];
        }
    }

    /// From upright to upright.
    fn bend(&mut self, [x, y]: [f64; 2]) {
        if (self.at[0] - x).abs() < 0.5 {
            return self.line([x, y]);
        }
        let middle = f64::midpoint(self.at[1], y);
        let _ = write!(self.text, "C{:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {y:.1}", self.at[0]);
        self.at = [x, y];
    }
}

/// An edge, with its label above the reader.
pub(super) fn edge(t: &mut String, scene: &Scene<'_>, layout: &Layout, (e, way): (&Edge, &[usize]), tip: &str) {
    let mut path = Path::from(layout.ends(way[0])[0]);
    for (k, &link) in way.iter().enumerate() {
        let [start, [x, y]] = layout.ends(link);
        path.line(start);
        // The tip touches the card.
        path.bend([x, if k + 1 == way.len() { y - 2.0 } else { y }]);
    }
    path.line([path.at[0], layout.card(e.reader).y - 2.0]);
    let past = if e.past { " past" } else { "" };
    let _ = write!(
        t,
        "<path class=\"edge{past}\" data-from=\"{}\" data-to=\"{}\" d=\"{}\" marker-end=\"url(#{tip})\"/>",
        e.operand, e.reader, path.text
    );
    let Some(label) = &e.label else { return };
    let p = &layout.places[layout.links[way[way.len() - 1]].upper];
    let _ = writeln!(
        t,
        "<g class=\"gives{}\" data-step=\"{}\"><rect class=\"label\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"8\"/>\
         <text class=\"formula\" x=\"{:.1}\" y=\"{:.1}\">↑ {}</text><title>{}</title></g>",
        scene.state(Some(label.step)),
        label.step,
        p.x,
        p.y,
        p.width,
        p.height,
        p.x + p.width / 2.0,
        p.y + p.height / 2.0 + 4.0,
        escaped(&label.text),
        escaped(&scene.trace.steps[label.step].sentence),
    );
}

/// The arrows of a choice: to the right out of their cells, up beside the texts, and between the cells to those chosen.
pub(super) fn route(t: &mut String, scene: &Scene<'_>, layout: &Layout, (r, way): (&Route, &[usize]), tip: &str) {
    let (from, into) = (layout.card(r.reader), layout.card(r.operand));
    let (reader, operand) = (&scene.cards[&r.reader], &scene.cards[&r.operand]);
    let state = scene.state(Some(r.step));
    for k in 0..r.arrows.len() {
        let [start, turn] = reader.way_out(r, k).map(|p| [from.x + p[0], from.y + p[1]]);
        let _ = write!(
            t,
            "<circle class=\"route from{state}\" data-step=\"{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"1.8\"/>",
            r.step, start[0], start[1]
        );
        let mut path = Path::from(start);
        path.line(turn);
        path.line([turn[0], layout.rows[layout.row[layout.cards[&r.reader]]][0]]);
        for &link in way[1..].iter().rev() {
            let l = &layout.links[link];
            let (p, [top, bottom]) = (&layout.places[l.upper], layout.rows[layout.row[l.upper]]);
            let x = p.x + arrow_at(r, k).min(corridor(r));
            path.bend([x, bottom]);
            path.line([x, top]);
        }
        let [up, end] = operand.way_in(r, k, &scene.routes).map(|p| [into.x + p[0], into.y + p[1]]);
        path.bend(up);
        path.line([up[0], end[1]]);
        path.line(end);
        let _ = write!(
            t,
            "<path class=\"route{state}\" data-step=\"{}\" data-from=\"{}\" data-to=\"{}\" d=\"{}\" marker-end=\"url(#{tip})\"/>",
            r.step, r.reader, r.operand, path.text
        );
    }
    t.push('\n');
}
