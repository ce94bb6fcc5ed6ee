//! A trace as a picture, drawn by the crate itself: a card for each forward line with its value and its cotangent as heat
//! maps, what each rule gives as a formula on its edge, and the cells that won a pool's windows as arrows.

mod card;
mod heat;
mod layout;
mod letters;
mod order;
mod place;
mod scene;
mod theme;
mod wires;

use super::record::Trace;
use layout::{Layout, MARGIN};
use scene::Scene;
use theme::style;

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
    /// The most cards; of longer tapes the first and the last lines are drawn, and a note says how many are not.
    pub cards: usize,
}

impl Default for SvgOptions {
    fn default() -> Self {
        SvgOptions { theme: Theme::Auto, step: None, cotangents: true, reshapes: false, cards: 120 }
    }
}

/// Room for a note at the head of a drawing.
const NOTE: f64 = 24.0;

impl Trace {
    /// The trace as one SVG file, light and dark.
    ///
    /// The names of its parts begin with a hash of what it shows, so that drawings can stand in one page side by side.
    ///
    /// ```
    /// use wengert::{SvgOptions, Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let x = tape.var([[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]).named("x");
    /// let loss = x.max_pool2d(MaxPool2d::new(2).stride(1)).sum().named("loss");
    /// let svg = Trace::of(loss)?.to_svg(&SvgOptions::default());
    /// assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    /// assert_eq!(svg.matches("<path class=\"route\"").count(), 4);   // four windows sent their cotangent to the 9
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_svg(&self, options: &SvgOptions) -> String {
        let scene = Scene::of(self, options);
        let top = if scene.left_out.is_empty() { MARGIN } else { MARGIN + NOTE };
        let layout = Layout::of(&scene, top);
        let body = body(&scene, &layout, MARK);
        body.replace(MARK, &format!("wg{:08x}", hash(&body)))
    }
}

/// What stands for the drawing's own prefix until it is known.
const MARK: &str = "\u{1}";

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

fn body(scene: &Scene<'_>, layout: &Layout, own: &str) -> String {
    let note = note(scene);
    let wide = note.as_ref().map_or(0.0, |n| letters::width(n, 12.0) + 2.0 * MARGIN);
    let (w, h) = (layout.size[0].max(wide), layout.size[1]);
    let theme = match scene.options.theme {
        Theme::Auto => "auto",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let root = scene.line(scene.trace.root);
    let marker = |name: &str, class: &str, size: u32| {
        format!(
            "<marker id=\"{own}-{name}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"{size}\" markerHeight=\"{size}\" \
             orient=\"auto\"><path class=\"{class}\" d=\"M0 0L8 4L0 8z\"/></marker>"
        )
    };
    let mut t = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" \
         role=\"graphics-document\" class=\"wengert {theme}\" aria-labelledby=\"{own}-title {own}-desc\">\n\
         <title id=\"{own}-title\">The tape of {}</title>\n<desc id=\"{own}-desc\">{} forward lines and {} steps of the backward pass.</desc>\n\
         <style>{}</style>\n<defs>{}{}<pattern id=\"{own}-stripes\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect class=\"stripe\" width=\"2\" height=\"5\"/></pattern></defs>\n\
         <rect class=\"paper\" width=\"{w:.0}\" height=\"{h:.0}\"/>\n",
        escaped(&root.called()),
        scene.shown.len(),
        scene.trace.steps.len(),
        style(),
        marker("tip", "tip", 7),
        marker("back", "backtip", 5),
    );
    if let Some(note) = note {
        t += &format!("<text class=\"note\" x=\"{MARGIN}\" y=\"{}\">{note}</text>\n", MARGIN + 10.0);
    }
    let (tip, back, stripes) = (format!("{own}-tip"), format!("{own}-back"), format!("{own}-stripes"));
    for (e, way) in scene.edges.iter().zip(&layout.edges) {
        wires::edge(&mut t, scene, layout, (e, way), &tip);
    }
    for &id in &scene.shown {
        let p = layout.card(id);
        scene.cards[&id].draw(&mut t, scene, [p.x, p.y], &stripes);
    }
    for (r, way) in scene.routes.iter().zip(&layout.routes) {
        wires::route(&mut t, scene, layout, (r, way), &back);
    }
    t + "</svg>\n"
}

/// How many lines are not drawn, where some are not.
fn note(scene: &Scene<'_>) -> Option<String> {
    let (first, last) = (scene.left_out.first()?, scene.left_out.last()?);
    let (out, all) = (scene.left_out.len(), scene.left_out.len() + scene.shown.len());
    Some(match out {
        1 => format!("1 of {all} lines is not drawn: %{first}. Dashed lines lead past it."),
        _ => format!("{out} of {all} lines are not drawn: %{first} to %{last}. Dashed lines lead past them."),
    })
}

/// Text that is safe between tags and in attributes.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // XML has no other control characters.
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}
