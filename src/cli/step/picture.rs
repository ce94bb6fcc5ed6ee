//! The lens of the stepper: planes of numbers in rows, winners in brackets, blue above 0 and orange below.
//! What does not fit is cut; signs and brackets tell without colour what colour tells.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use wengert::{Local, Step, Trace, TracedLine};

use super::super::show::number;

/// The pictures of a step: cotangents in, the local derivative, and what is computed.
pub fn lens<'a>(trace: &'a Trace, s: &Step, width: u16, height: u16) -> Text<'a> {
    let mut text = Text::default();
    let chosen: Vec<i64> = match &s.local {
        Some(Local::Route { to, .. }) => to.clone(),
        _ => Vec::new(),
    };
    for c in s.cotangents.iter().flatten() {
        plane(&mut text, "cotangent in", &trace.lines[*c as usize], &[], width);
    }
    if let Some(Local::Elementwise { slope }) = &s.local {
        let data = slope.data.as_deref().unwrap_or(&slope.plane.data);
        rows(&mut text, "local derivative", &slope.dims, data, &[], width);
    }
    if let Some(line) = s.line {
        plane(&mut text, "computed", &trace.lines[line as usize], &chosen, width);
    }
    text.lines.truncate(height as usize);
    text
}

fn plane<'a>(text: &mut Text<'a>, title: &str, l: &'a TracedLine, chosen: &[i64], width: u16) {
    match &l.value.data {
        Some(data) => rows(text, &format!("{title}: {}", l.called()), &l.value.dims, data, chosen, width),
        None => {
            let p = &l.value.plane;
            rows(text, &format!("{title}: {} (some of it)", l.called()), &p.size, &p.data, &[], width);
        }
    }
}

fn rows(text: &mut Text<'_>, title: &str, dims: &[usize], data: &[f64], chosen: &[i64], width: u16) {
    text.push_line(Line::from(format!("{title} {dims:?}")).style(Style::new().add_modifier(Modifier::BOLD)));
    let columns = dims.last().copied().unwrap_or(1).max(1);
    let cells: Vec<String> = data.iter().map(|v| short(*v)).collect();
    let wide = cells.iter().map(|c| c.chars().count()).max().unwrap_or(1);
    let fits = (width as usize / (wide + 3)).max(1).min(columns);
    for (i, row) in cells.chunks(columns).enumerate().take(16) {
        let cell = |(j, c): (usize, &String)| {
            let k = i * columns + j;
            let won = chosen.contains(&(k as i64));
            let color = match data[k] {
                v if v > 0.0 => Color::Blue,
                v if v < 0.0 => Color::LightRed,
                _ => Color::Reset,
            };
            let text = if won { format!("({c:>wide$}) ") } else { format!(" {c:>wide$}  ") };
            Span::styled(text, Style::new().fg(color))
        };
        let mut line: Vec<Span<'static>> = row.iter().enumerate().take(fits).map(cell).collect();
        if fits < columns {
            line.push(Span::raw("…"));
        }
        text.push_line(Line::from(line));
    }
    text.push_line(Line::default());
}

/// At most seven characters or so.
fn short(v: f64) -> String {
    let full = number(v);
    if full.len() <= 7 { full } else { format!("{v:.3}") }
}
