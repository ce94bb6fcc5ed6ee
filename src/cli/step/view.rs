//! The screen of the stepper: program, steps, lens, sentence and keys, arranged for the size that there is.
//! The sentence is always whole, what else does not fit gives way.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, List, ListItem, ListState, Paragraph};
use wengert::Step;

use super::{Stepper, picture};

/// Fewer columns hold no list beside the lens.
const NARROW: u16 = 60;

/// The lens is left so many rows before the program is shown.
const LENS: u16 = 9;

const KEYS: [(&str, &str); 7] = [
    ("→ ↓ l j", "next step"),
    ("← ↑ h k", "step before"),
    ("PgDn PgUp", "ten steps"),
    ("Home g", "first step"),
    ("End G", "last step"),
    ("space", "play, stop"),
    ("q Esc", "quit"),
];

impl Stepper<'_> {
    pub(super) fn draw(&self, f: &mut Frame<'_>) {
        let area = f.area();
        let s = &self.trace.steps[self.now];
        let columns = usize::from(area.width.saturating_sub(2));
        let sentence = wrapped(&s.sentence, columns);
        let source = self.trace.source.as_deref().unwrap_or_default();
        let told = (sentence.len() as u16 + 2).min(area.height.saturating_sub(1));
        let left = area.height.saturating_sub(told + 1);
        let program: Vec<String> = source.lines().flat_map(|l| wrapped(l, columns)).collect();
        let listed = program.len().clamp(1, 5) as u16 + 2;
        let listed = if left >= listed + LENS { listed } else { 0 };
        let [top, middle, bottom, keys] = Layout::vertical([
            Constraint::Length(listed),
            Constraint::Fill(1),
            Constraint::Length(told),
            Constraint::Length(1),
        ])
        .areas(area);
        let program: Vec<Line<'_>> = program.into_iter().map(Line::from).collect();
        f.render_widget(Paragraph::new(program).block(Block::bordered().title("program")), top);
        let list = if area.width < NARROW { 0 } else { (area.width * 2 / 5).min(36) };
        let [tape, lens] = Layout::horizontal([Constraint::Length(list), Constraint::Fill(1)]).areas(middle);
        self.draw_steps(f, tape);
        let op = self.trace.lines[s.of as usize].line.op;
        let planes = picture::lens(self.trace, s, lens.width.saturating_sub(2), lens.height.saturating_sub(2));
        let title = format!("{op}: {}", s.formula);
        f.render_widget(Paragraph::new(planes).block(Block::bordered().title(title)), lens);
        let title = format!("step {} of {}", self.now + 1, self.trace.steps.len());
        let sentence: Vec<Line<'_>> = sentence.into_iter().map(Line::from).collect();
        f.render_widget(Paragraph::new(sentence).block(Block::bordered().title(title)), bottom);
        let play = if self.playing.is_some() { "space stop" } else { "space play" };
        f.render_widget(Line::from(format!(" ← → step   Home End   {play}   ? keys   q quit")).dim(), keys);
        if self.helping {
            draw_keys(f, area);
        }
    }

    /// The steps, each with a sign: done, now, still to come.
    fn draw_steps(&self, f: &mut Frame<'_>, area: Rect) {
        let item = |(k, s): (usize, &Step)| {
            let sign = match k.cmp(&self.now) {
                std::cmp::Ordering::Less => "✓",
                std::cmp::Ordering::Equal => "▸",
                std::cmp::Ordering::Greater => "·",
            };
            let line = |id: u32| &self.trace.lines[id as usize];
            let to = s.role.to().map_or_else(String::new, |id| format!(" → {}", line(id).called()));
            let text = format!("{sign} {:>3} {:<5} {}{to}", k + 1, s.role.name(), line(s.of).line.op);
            let style = if k > self.now { Style::new().add_modifier(Modifier::DIM) } else { Style::new() };
            ListItem::new(Span::styled(text, style))
        };
        let items: Vec<ListItem<'_>> = self.trace.steps.iter().enumerate().map(item).collect();
        let list = List::new(items).highlight_style(Style::new().add_modifier(Modifier::REVERSED));
        let mut state = ListState::default().with_selected(Some(self.now));
        f.render_stateful_widget(list.block(Block::bordered().title("backward pass")), area, &mut state);
    }
}

fn draw_keys(f: &mut Frame<'_>, area: Rect) {
    let wide = 28.min(area.width);
    let high = (KEYS.len() as u16 + 2).min(area.height);
    let at = Rect::new((area.width - wide) / 2, (area.height - high) / 2, wide, high);
    let lines: Vec<Line<'_>> = KEYS.iter().map(|(key, does)| Line::from(format!(" {key:<10} {does}"))).collect();
    f.render_widget(Clear, at);
    f.render_widget(Paragraph::new(lines).block(Block::bordered().title("keys")), at);
}

/// A text in lines of at most `width` columns, broken between words where it can be.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + word.len() <= width {
            lines.last_mut().expect("there is one").push(' ');
            used += 1;
        } else if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        while used + word.len() > width {
            let rest = word.split_off(width - used);
            lines.last_mut().expect("there is one").extend(word);
            lines.push(String::new());
            (word, used) = (rest, 0);
        }
        used += word.len();
        lines.last_mut().expect("there is one").extend(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use wengert::{MaxPool2d, Tape, Trace};

    use super::*;

    fn pooled() -> Trace {
        let tape = Tape::<f64>::default();
        let x = tape.var([[[1., 2., 0.], [3., 9., 4.], [5., 6., 7.]]]).named("x");
        let program = "sum(max_pool2d(x, 2, stride=1))";
        Trace::of(x.max_pool2d(MaxPool2d::new(2).stride(1)).sum()).unwrap().from_text(program, |_| None)
    }

    fn screen(trace: &Trace, step: usize, width: u16, height: u16, helping: bool) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let stepper = Stepper { now: step, helping, ..Stepper::new(trace) };
        terminal.draw(|f| stepper.draw(f)).unwrap();
        let buffer = terminal.backend().buffer();
        let row =
            |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_string() + "\n";
        (0..height).map(row).collect()
    }

    #[test]
    fn planes_stand_side_by_side_in_eighty_columns() {
        let trace = pooled();
        let text = screen(&trace, trace.steps.len() - 1, 80, 24, false);
        // The page on the command line shows it.
        assert!(include_str!("../../../docs/cli.md").contains(&format!("```text\n{text}```\n")), "{text}");
    }

    #[test]
    fn planes_stand_one_below_the_other_where_it_is_narrow() {
        let trace = pooled();
        insta::assert_snapshot!(screen(&trace, trace.steps.len() - 1, 28, 24, false));
    }

    #[test]
    fn keys_are_told() {
        let text = screen(&pooled(), 0, 80, 24, true);
        assert!(KEYS.iter().all(|(key, does)| text.contains(&format!("{key:<10} {does}"))), "{text}");
    }

    #[test]
    fn the_sentence_is_whole_in_every_size_that_holds_it() {
        let trace = pooled();
        for (width, height) in [(1, 1), (3, 40), (10, 3), (20, 12), (50, 10), (59, 8), (60, 8), (200, 60), (300, 2)] {
            for step in 0..trace.steps.len() {
                for helping in [false, true] {
                    let text = screen(&trace, step, width, height, helping);
                    let plain = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
                    let fits = height >= 8 && width >= 50;
                    assert!(helping || !fits || plain(&text).contains(&plain(&trace.steps[step].sentence)), "{text}");
                }
            }
        }
    }

    #[test]
    fn large_planes_are_cut() {
        let tape = Tape::<f64>::default();
        let x = tape.var(wengert::Tensor::new([40, 40], vec![-0.123456789; 1600]).unwrap()).named("x");
        let trace = Trace::of(x.square().sum()).unwrap();
        let text = screen(&trace, trace.steps.len() - 1, 80, 24, false);
        assert!(text.contains("-0.123") && text.contains('…') && text.contains(" more"), "{text}");
    }

    #[test]
    fn words_are_kept_whole_where_they_can_be() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("", 3), [""]);
    }
}
