//! A trace as a picture, drawn by the crate itself: a card for each forward line with its value and its cotangent as heat
//! maps, what each rule gives as a formula on its edge, and the cells that won a pool's windows as arrows.

mod heat;
mod layout;
mod theme;

use std::fmt::Write;

use super::local::Local;
use super::record::{Trace, TracedLine};
use super::step::StepRole;
use super::text::short;
use heat::Heat;
use layout::{Layout, Place};
use theme::STYLE;

/// Which colours a drawing has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Light or dark as the reader's system is.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What is drawn; see [`Trace::to_svg`].
#[derive(Clone, Debug, PartialEq)]
pub struct SvgOptions {
    /// The colours.
    pub theme: Theme,
    /// The backward pass up to this step: what is done, what happens now, what is still to come.
    pub step: Option<usize>,
    /// Whether cotangents are drawn at all.
    pub cotangents: bool,
    /// Whether lines that only change a shape have cards of their own.
    pub reshapes: bool,
    /// The most cards; of longer tapes the first and the last lines are drawn.
    pub cards: usize,
}

impl Default for SvgOptions {
    fn default() -> Self {
        SvgOptions { theme: Theme::Auto, step: None, cotangents: true, reshapes: false, cards: 120 }
    }
}

/// Heights of a card's texts, and its margins.
const HEAD: f64 = 38.0;
const LABEL: f64 = 14.0;
const PAD: f64 = 10.0;
const LETTER: f64 = 6.9;

impl Trace {
    /// The trace as one SVG file, light and dark.
    ///
    /// ```
    /// use wengert::{SvgOptions, Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]).named("x");
    /// let loss = x.max_pool2d(MaxPool2d::new(2).stride(1)).sum().named("loss");
    /// let svg = Trace::of(loss)?.to_svg(&SvgOptions::default());
    /// assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    /// assert_eq!(svg.matches("class=\"route\"").count(), 4);         // four windows sent their cotangent to the 9
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_svg(&self, options: &SvgOptions) -> String {
        Drawing { trace: self, options }.draw()
    }
}

struct Drawing<'a> {
    trace: &'a Trace,
    options: &'a SvgOptions,
}

impl<'a> Drawing<'a> {
    fn line(&self, id: u32) -> &'a TracedLine {
        &self.trace.lines[id as usize]
    }

    fn cotangent(&self, id: u32) -> Option<&'a TracedLine> {
        self.line(id).cotangent.filter(|_| self.options.cotangents).map(|c| self.line(c))
    }

    /// Lines that have a card: those that the root depends on, and leaves of their own.
    fn shown(&self) -> Vec<u32> {
        let mut needed = vec![false; self.trace.lines.len()];
        let mut stack = vec![self.line(self.trace.root).line.id];
        while let Some(id) = stack.pop() {
            if !std::mem::replace(&mut needed[id as usize], true) {
                stack.extend(self.line(id).line.operands.iter().map(|o| self.line(*o).line.id));
            }
        }
        let gradients = &self.trace.gradients;
        let is_shown = |l: &&TracedLine| {
            let reshapes = l.line.op == "reshape" && !self.options.reshapes && l.id != self.trace.root;
            let leaf = gradients.iter().any(|g| g.leaf == l.id);
            l.result == 0 && !l.is_adjoint() && (needed[l.id as usize] || leaf) && !reshapes
        };
        let all: Vec<u32> = self.trace.lines.iter().filter(is_shown).map(|l| l.id).collect();
        if all.len() <= self.options.cards {
            return all;
        }
        let (head, tail) = (self.options.cards.div_ceil(2), self.options.cards / 2);
        all[..head].iter().chain(&all[all.len() - tail..]).copied().collect()
    }

    fn title(&self, l: &TracedLine) -> String {
        match l.line.name.as_deref() {
            Some(name) if l.line.operands.is_empty() => name.to_string(),
            Some(name) => format!("{name} = {}", l.line.op),
            None => l.line.op.to_string(),
        }
    }

    fn subtitle(&self, l: &TracedLine) -> String {
        let attributes = l.line.attributes.iter().filter(|a| a.0 != "shape");
        let attributes: Vec<String> = attributes.map(|(n, v)| format!("{n}={v}").replace(", ", ",")).collect();
        let kind = if l.value.integer { "u32" } else { self.trace.real };
        let shape = format!("{kind}{:?}", l.value.dims).replace(' ', "");
        let text = format!("%{} {shape} {}", l.id, attributes.join(" "));
        let most = 44;
        if text.chars().count() > most {
            text.chars().take(most - 1).chain(['…']).collect()
        } else {
            text.trim_end().to_string()
        }
    }

    /// The pictures of a card: value, and cotangent if there is one.
    fn pictures(&self, id: u32) -> Vec<(&'static str, &'a TracedLine)> {
        let mut found = vec![("value", self.line(id))];
        found.extend(self.cotangent(id).map(|c| ("cotangent", c)));
        found
    }

    fn size(&self, id: u32) -> [f64; 2] {
        let l = self.line(id);
        let heats: Vec<[f64; 2]> = self.pictures(id).iter().map(|p| Heat::of(&p.1.value).size()).collect();
        let pictures = self.pictures(id).iter().map(|p| room(p.1) + PAD).sum::<f64>();
        let texts = [
            self.title(l).chars().count() as f64 * LETTER * 1.15,
            self.subtitle(l).chars().count() as f64 * LETTER * 0.88,
        ];
        let width = texts.into_iter().fold(pictures, f64::max) + PAD;
        let ranges = self.pictures(id).iter().any(|p| has_range(p.1));
        let below = if ranges { LABEL + PAD / 2.0 } else { PAD };
        let height = HEAD + LABEL + heats.iter().map(|s| s[1]).fold(0.0, f64::max) + below;
        [width + PAD / 2.0, height]
    }

    /// Where the pictures of a card begin.
    fn corners(&self, id: u32, p: &Place) -> Vec<[f64; 2]> {
        let mut x = p.x + PAD;
        let mut found = Vec::new();
        for (_, l) in self.pictures(id) {
            found.push([x, p.y + HEAD + LABEL]);
            x += room(l) + PAD;
        }
        found
    }

    fn draw(&self) -> String {
        let layout = Layout::of(self.trace, self.shown(), |id| self.size(id));
        let [w, h] = layout.size;
        let theme = match self.options.theme {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let root = self.line(self.trace.root);
        let mut t = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" \
             role=\"graphics-document\" class=\"wengert {theme}\" aria-labelledby=\"wg-title wg-desc\">\n\
             <title id=\"wg-title\">The tape of {}</title>\n<desc id=\"wg-desc\">{} forward lines and {} steps of the backward pass.</desc>\n\
             <style>{STYLE}</style>\n<defs><marker id=\"wg-tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
             orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker><marker id=\"wg-back\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
             markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"backtip\" d=\"M0 0L8 4L0 8z\"/></marker>\
             <pattern id=\"wg-stripes\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <rect class=\"stripe\" width=\"2\" height=\"5\"/></pattern></defs>\n<rect class=\"paper\" width=\"{w:.0}\" height=\"{h:.0}\"/>\n",
            escaped(&root.called()),
            layout.shown.len(),
            self.trace.steps.len(),
        );
        layout.edges.iter().zip(&layout.ways).for_each(|(e, way)| self.edge(&mut t, &layout, *e, way));
        layout.shown.iter().for_each(|id| self.card(&mut t, &layout, *id));
        if self.options.cotangents {
            layout.edges.iter().for_each(|e| self.routes(&mut t, &layout, *e));
        }
        t + "</svg>\n"
    }

    /// The step at which `of` gives its operand something, with its number.
    fn giving(&self, of: u32, operand: usize) -> Option<usize> {
        self.trace.steps.iter().position(|s| s.of == of && s.role.operand() == Some(operand))
    }

    fn state(&self, step: Option<usize>) -> &'static str {
        match (self.options.step, step) {
            (None, _) => "",
            (Some(now), Some(k)) if k == now => " now",
            (Some(now), Some(k)) if k < now => " done",
            _ => " later",
        }
    }

    fn edge(&self, t: &mut String, layout: &Layout, (reader, operand, k): (u32, u32, usize), way: &[Place]) {
        let (from, to) = (&layout.places[&operand], &layout.places[&reader]);
        let arity = self.line(reader).line.operands.len() as f64;
        let mut start = [from.x + from.width / 2.0, from.y + from.height];
        let end = [to.x + to.width * (k as f64 + 1.0) / (arity + 1.0), to.y - 2.0];
        let mut path = format!("M{:.1} {:.1}", start[0], start[1]);
        let curve = |from: [f64; 2], to: [f64; 2]| {
            let bend = ((to[1] - from[1]) / 2.0).clamp(10.0, 60.0);
            format!("C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", from[0], from[1] + bend, to[0], to[1] - bend, to[0], to[1])
        };
        for p in way {
            let x = p.x + p.width / 2.0;
            path += &curve(start, [x, p.y]);
            start = [x, p.y + p.height];
            path += &format!("L{:.1} {:.1}", start[0], start[1]);
        }
        path += &curve(start, end);
        let _ = write!(t, "<path class=\"edge\" d=\"{path}\" marker-end=\"url(#wg-tip)\"/>");
        let step = self.giving(reader, k);
        let Some(s) = step.map(|k| &self.trace.steps[k]).filter(|_| self.options.cotangents) else { return };
        let text = match &s.role {
            StepRole::Cut { .. } => "0".to_string(),
            StepRole::Pass { .. } if s.formula == "g" => "g passes".to_string(),
            _ => s.formula.clone(),
        };
        let text: String =
            if text.chars().count() > 30 { text.chars().take(29).chain(['…']).collect() } else { text };
        let width = text.chars().count() as f64 * 6.2 + 22.0;
        // Above the arrow's end; neighbours stand at two heights, so that they do not cover each other.
        let mut at = [end[0], end[1] - 19.0 - (k % 2) as f64 * 19.0];
        // Beside the arrows of a choice, not below them.
        if matches!(s.local, Some(Local::Route { .. })) {
            at[0] = (at[0] - width / 2.0 - 12.0).max(width / 2.0 + 4.0);
        }
        let _ = writeln!(
            t,
            "<g class=\"gives{}\" data-step=\"{}\"><rect class=\"label\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"17\" rx=\"8\"/>\
             <text class=\"formula\" x=\"{:.1}\" y=\"{:.1}\">↑ {}</text><title>{}</title></g>",
            self.state(step),
            step.unwrap_or(0),
            at[0] - width / 2.0,
            at[1] - 9.0,
            at[0],
            at[1] + 4.0,
            escaped(&text),
            escaped(&s.sentence),
        );
    }

    fn card(&self, t: &mut String, layout: &Layout, id: u32) {
        let (l, p) = (self.line(id), &layout.places[&id]);
        let mut class = String::from("card");
        if l.line.operands.is_empty() {
            class += if l.line.active { " leaf" } else { " constant" };
        }
        if id == self.trace.root {
            class += " root";
        }
        class += self.state(self.trace.complete_at(id));
        let _ = write!(
            t,
            "<g class=\"{class}\" data-line=\"{id}\" role=\"graphics-symbol\" aria-label=\"{}\"><rect class=\"box\" x=\"{:.1}\" y=\"{:.1}\" \
             width=\"{:.1}\" height=\"{:.1}\" rx=\"8\"/><text class=\"op\" x=\"{:.1}\" y=\"{:.1}\">{}</text><text class=\"facts\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            escaped(&format!("{}, value {}", l.called(), short(&l.value))),
            p.x,
            p.y,
            p.width,
            p.height,
            p.x + PAD,
            p.y + 17.0,
            escaped(&self.title(l)),
            p.x + PAD,
            p.y + 31.0,
            escaped(&self.subtitle(l)),
        );
        let ties = self.ties(id);
        for ((label, line), corner) in self.pictures(id).into_iter().zip(self.corners(id, p)) {
            let heat = Heat::of(&line.value);
            let _ = write!(
                t,
                "<text class=\"what {label}\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
                corner[0],
                corner[1] - 4.0
            );
            let striped = if label == "value" { &ties[..] } else { &[] };
            let _ = write!(t, "<g class=\"of-{label}\">");
            heat.draw(t, corner, striped);
            t.push_str("</g>");
            if has_range(line) {
                let below = corner[1] + heat.size()[1] + 12.0;
                let _ = write!(
                    t,
                    "<text class=\"range\" x=\"{:.1}\" y=\"{below:.1}\">{}</text>",
                    corner[0],
                    escaped(&short(&line.value))
                );
            }
        }
        t.push_str("</g>\n");
    }

    /// Cells of a line's value that are ties of its choice.
    fn ties(&self, id: u32) -> Vec<usize> {
        let step = self.giving(id, 0).map(|k| &self.trace.steps[k]);
        match step.and_then(|s| s.local.as_ref()) {
            Some(Local::Route { ties, .. }) => ties.iter().map(|t| *t as usize).collect(),
            _ => Vec::new(),
        }
    }

    /// Arrows from the cotangent's cells of a choosing line to the cells that it chose.
    fn routes(&self, t: &mut String, layout: &Layout, (reader, operand, k): (u32, u32, usize)) {
        let step = self.giving(reader, k);
        let Some(Local::Route { to, .. }) = step.and_then(|k| self.trace.steps[k].local.as_ref()) else { return };
        let (Some(from), Some(into)) = (self.cotangent(reader), self.cotangent(operand)) else { return };
        let (a, b) = (Heat::of(&from.value), Heat::of(&into.value));
        if !a.is_whole() || !b.is_whole() || to.len() > 64 {
            return;
        }
        let corner = |id: u32| self.corners(id, &layout.places[&id])[1];
        let (ca, cb) = (corner(reader), corner(operand));
        for (k, &cell) in to.iter().enumerate() {
            let Ok(cell) = usize::try_from(cell) else { continue };
            let (s, e) = (a.middle(k), b.middle(cell));
            let (s, e) = ([ca[0] + s[0], ca[1] + s[1] - 8.0], [cb[0] + e[0], cb[1] + e[1] + 8.0]);
            let bend = ((s[1] - e[1]) / 2.0).max(20.0);
            let _ = write!(
                t,
                "<path class=\"route{}\" data-step=\"{}\" d=\"M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}\" marker-end=\"url(#wg-back)\"/>",
                self.state(step),
                step.unwrap_or(0),
                s[0],
                s[1],
                s[0],
                s[1] - bend,
                e[0],
                e[1] + bend,
                e[0],
                e[1]
            );
        }
        t.push('\n');
    }
}

/// How wide a picture is with the texts above and below it.
fn room(l: &TracedLine) -> f64 {
    let range = if has_range(l) { short(&l.value).chars().count() as f64 * 6.0 } else { 0.0 };
    Heat::of(&l.value).size()[0].max(62.0).max(range)
}

/// Whether the picture does not show all numbers, so that their range is told.
fn has_range(l: &TracedLine) -> bool {
    !Heat::of(&l.value).is_whole() || l.value.stats.count > 36
}

/// Text that is safe between tags and in attributes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
