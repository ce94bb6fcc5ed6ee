//! The lens of the stepper: what an operation read and the gradient that its rule gives back for it, as planes of numbers.
//! Planes stand side by side where they fit. Winners are in brackets, and signs tell without colour what colour tells.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use wengert::{Local, Step, StepRole, Trace, TracedLine};

use super::super::show::number;

/// Columns between planes that stand side by side.
const GAP: usize = 3;

/// The most columns that a title may take beyond its numbers: two of them stand side by side in 80 columns.
const TITLE: usize = 21;

/// The planes of a step, the most telling first, in so many columns and rows.
pub fn lens(trace: &Trace, s: &Step, width: u16, height: u16) -> Text<'static> {
    let (width, height) = (usize::from(width).max(1), usize::from(height));
    let mut planes = planes(trace, s, width);
    // Where the first two are to stand one below the other, each gets its half.
    if let [first, second, ..] = &mut planes[..]
        && first.width + GAP + second.width > width
    {
        let half = height / 2;
        let (a, b) = (first.lines.len(), second.lines.len());
        // What one leaves of its half is the other's.
        first.cut((height.saturating_sub(b + 1)).max(half));
        second.cut((height.saturating_sub(a + 1)).max(half.saturating_sub(1)));
    }
    let mut text = Text::default();
    let mut rest = planes.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut band = vec![first];
        let mut used = band[0].width;
        while let Some(next) = rest.next_if(|next| used + GAP + next.width <= width) {
            used += GAP + next.width;
            band.push(next);
        }
        if !text.lines.is_empty() {
            text.push_line(Line::default());
        }
        let left = height.saturating_sub(text.lines.len());
        // A title alone, or a row of many, tells nothing.
        if left < 2 {
            break;
        }
        band.iter_mut().for_each(|p| p.cut(left));
        side_by_side(&mut text, &band);
    }
    text.lines.truncate(height);
    text
}

/// Some rows of numbers with a title.
struct Plane {
    lines: Vec<Line<'static>>,
    width: usize,
}

impl Plane {
    /// At most so many lines; the last one says how many are left out.
    fn cut(&mut self, most: usize) {
        if self.lines.len() > most && most > 0 {
            let left_out = self.lines.len() - (most - 1);
            self.lines.truncate(most - 1);
            self.lines.push(Line::from(format!("… {left_out} more")));
        }
    }

    /// With a title that is no wider than the plane.
    fn titled(mut self) -> Self {
        let title = self.lines[0].to_string();
        // Sizes go first.
        let short = title.rsplit_once(" [").map_or(&title[..], |(name, _)| name);
        if title.chars().count() > self.width && short.chars().count() <= self.width {
            self.lines[0] = Line::from(short.to_string()).style(self.lines[0].style);
        } else if title.chars().count() > self.width {
            let cut: String = title.chars().take(self.width.saturating_sub(1)).collect();
            self.lines[0] = Line::from(cut + "…").style(self.lines[0].style);
        }
        self
    }
}

fn side_by_side(text: &mut Text<'static>, band: &[Plane]) {
    for row in 0..band.iter().map(|p| p.lines.len()).max().unwrap_or(0) {
        let mut spans = Vec::new();
        for (k, plane) in band.iter().enumerate() {
            let line = plane.lines.get(row).cloned().unwrap_or_default();
            let gap = plane.width.saturating_sub(line.width()) + if k + 1 < band.len() { GAP } else { 0 };
            spans.extend(line.spans.into_iter().map(|s| s.patch_style(line.style)));
            spans.push(Span::raw(" ".repeat(gap)));
        }
        text.push_line(Line::from(spans));
    }
}

fn planes(trace: &Trace, s: &Step, width: usize) -> Vec<Plane> {
    let line = |id: u32| &trace.lines[id as usize];
    let operands = &line(s.of).line.operands;
    let chosen: &[i64] = match &s.local {
        Some(Local::Route { to, .. }) => to,
        _ => &[],
    };
    // The line whose gradient this is about.
    let about = match &s.role {
        StepRole::Seed => Some(trace.root),
        role => role.to().or_else(|| operands.first().copied()),
    };
    let mut found = Vec::new();
    let mut push = |title: String, l: &TracedLine, chosen: &[i64]| found.push(plane(&title, l, chosen, width));
    if let Some(about) = about {
        push(line(about).called(), line(about), chosen);
    }
    if let Some(id) = s.line {
        let title = match (&s.role, about) {
            (StepRole::Again | StepRole::Part, _) | (_, None) => "computed".to_string(),
            (_, Some(to)) if line(to).cotangent == Some(id) => "its gradient".to_string(),
            (_, Some(_)) => "part of its gradient".to_string(),
        };
        push(title, line(id), &[]);
    }
    // What its formula calls g.
    let arrived = (s.of..).zip(&s.cotangents).filter_map(|(of, c)| Some((of, (*c)?)));
    for (of, c) in arrived {
        push(format!("g of {}", line(of).called()), line(c), &[]);
    }
    if !matches!(s.role, StepRole::Seed | StepRole::Add { .. }) {
        for other in operands.iter().filter(|o| Some(**o) != about) {
            push(line(*other).called(), line(*other), &[]);
        }
    }
    if let Some(Local::Elementwise { slope }) = &s.local {
        let (columns, data) = match &slope.data {
            Some(data) => (slope.dims.last().copied().unwrap_or(1), &data[..]),
            None => (slope.plane.size[1], &slope.plane.data[..]),
        };
        found.push(rows("local derivative".into(), columns, data, &[], width));
    }
    found
}

fn plane(title: &str, l: &TracedLine, chosen: &[i64], width: usize) -> Plane {
    let sizes = l.value.dims.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let title = format!("{title} [{sizes}]");
    match &l.value.data {
        Some(data) => rows(title, l.value.dims.last().copied().unwrap_or(1), data, chosen, width),
        None => rows(format!("{title}, some of it"), l.value.plane.size[1], &l.value.plane.data, &[], width),
    }
}

fn rows(title: String, columns: usize, data: &[f64], chosen: &[i64], width: usize) -> Plane {
    let columns = columns.max(1);
    let wide = data.iter().map(|v| short(*v).chars().count()).max().unwrap_or(1);
    let fits = ((width.saturating_sub(1)) / (wide + 2)).clamp(1, columns);
    let mut lines = vec![Line::from(title).style(Style::new().add_modifier(Modifier::BOLD))];
    for (i, row) in data.chunks(columns).enumerate() {
        let cell = |(j, v): (usize, &f64)| {
            let color = match *v {
                v if v > 0.0 => Color::Blue,
                v if v < 0.0 => Color::LightRed,
                _ => Color::Reset,
            };
            let c = short(*v);
            match chosen.contains(&((i * columns + j) as i64)) {
                true => Span::styled(format!("[{c:>wide$}]"), Style::new().fg(color).add_modifier(Modifier::BOLD)),
                false => Span::styled(format!(" {c:>wide$} "), Style::new().fg(color)),
            }
        };
        let mut line: Vec<Span<'static>> = row.iter().enumerate().take(fits).map(cell).collect();
        if fits < columns {
            line.push(Span::raw("…"));
        }
        lines.push(Line::from(line));
    }
    // A long title is no reason for standing below.
    let width = lines[1..].iter().map(Line::width).max().unwrap_or(0);
    let title = lines[0].width();
    Plane { lines, width: width.max(title.min(TITLE)) }.titled()
}

/// At most six characters or so.
fn short(v: f64) -> String {
    let full = number(v);
    let fits = |t: &String| t.chars().count() <= 6;
    if fits(&full) {
        return full;
    }
    (0..=3)
        .rev()
        .map(|digits| format!("{v:.digits$}"))
        .find(fits)
        .filter(|_| v.abs() >= 1e-3)
        .unwrap_or(format!("{v:.1e}"))
}
