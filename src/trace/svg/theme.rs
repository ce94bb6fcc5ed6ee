//! The colours and letters of drawings, as a style sheet within the file.
//! Contrast of texts is 4.5 to 1 or more in both themes; blue and orange are told apart by all kinds of eyes.

/// The variables of the two themes, and the family of letters.
const COLOURS: &str = "\
.wengert{--paper:#fff;--ink:#1f2937;--soft:#5b6472;--box:#f8fafc;--line:#94a3b8;--pos:#1d6fd1;--neg:#d9660b;--back:#a33b06;--leaf:#e8f1fd;--label:#fff4ea;\
font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}\
.wengert.dark{--paper:#12161c;--ink:#e5e9f0;--soft:#a8b3c2;--box:#1b2129;--line:#64748b;--pos:#5aa5ff;--neg:#ff9a4a;--back:#ffb27a;--leaf:#17283d;--label:#2d2118}\
@media(prefers-color-scheme:dark){.wengert.auto{--paper:#12161c;--ink:#e5e9f0;--soft:#a8b3c2;--box:#1b2129;--line:#64748b;--pos:#5aa5ff;--neg:#ff9a4a;--back:#ffb27a;--leaf:#17283d;--label:#2d2118}}";

/// Selectors within a drawing, with what holds for them.
const RULES: &[(&str, &str)] = &[
    (".paper", "fill:var(--paper)"),
    (".box", "fill:var(--box);stroke:var(--line)"),
    (".leaf .box", "fill:var(--leaf)"),
    (".adjoint .box", "fill:var(--label)"),
    (".constant .box", "stroke-dasharray:4 3"),
    (".root .box", "stroke:var(--ink);stroke-width:2"),
    (".op", "font-size:13px;font-weight:600;fill:var(--ink)"),
    (".facts", "font-size:11px;fill:var(--soft)"),
    (".what", "font-size:11px;fill:var(--soft)"),
    (".range", "font-size:11px;fill:var(--soft)"),
    (".note", "font-size:12px;fill:var(--soft)"),
    (".what.cotangent", "fill:var(--back)"),
    (".pos", "fill:var(--pos)"),
    (".neg", "fill:var(--neg)"),
    (".zero", "fill:none"),
    (".nan", "fill:var(--ink)"),
    (".frame", "fill:none;stroke:var(--line)"),
    (".num", "font-size:11px;fill:var(--ink);text-anchor:middle;font-variant-numeric:tabular-nums"),
    (".num.bad", "fill:var(--paper)"),
    (".stripe", "fill:var(--ink);fill-opacity:.22"),
    (".edge", "fill:none;stroke:var(--line);stroke-width:1.4"),
    (".edge.past", "stroke-dasharray:5 4"),
    (".tip", "fill:var(--line)"),
    (".backtip", "fill:var(--back)"),
    (".label", "fill:var(--label);stroke:var(--back);stroke-opacity:.45"),
    (".formula", "font-size:11px;fill:var(--back);text-anchor:middle"),
    (".route", "fill:none;stroke:var(--back);stroke-width:1.3"),
    (".from", "fill:var(--back);stroke:none"),
    (".now .box", "stroke:var(--back);stroke-width:3"),
    (".now .label", "stroke:var(--back);stroke-width:3;stroke-opacity:1"),
    (".later .what.cotangent", "opacity:.35"),
    (".later .range.cotangent", "opacity:.35"),
    (".later .formula", "opacity:.35"),
    (".later .of-cotangent", "opacity:.06"),
    (".route.later", "opacity:.06"),
    (".later .label", "stroke-dasharray:3 3"),
];

/// The style sheet. Every rule holds within drawings alone, so that a page around one keeps its own.
pub(super) fn style() -> String {
    let rule = |(selector, holds): &(&str, &str)| {
        let declarations: String = holds.split(';').map(with_plain_colour).collect();
        format!(".wengert {selector}{{{}}}", declarations.trim_end_matches(';'))
    };
    COLOURS.chars().chain(RULES.iter().map(rule).collect::<String>().chars()).collect()
}

/// A declaration; one of a variable stands behind one of the light theme's colour, for viewers that know no variables.
fn with_plain_colour(declaration: &str) -> String {
    let plain = declaration.split_once(":var(").and_then(|(property, name)| {
        let light = COLOURS.split_once(&format!("{}:", name.trim_end_matches(')')))?.1;
        Some(format!("{property}:{};", light.split_once(';')?.0))
    });
    format!("{}{declaration};", plain.unwrap_or_default())
}
