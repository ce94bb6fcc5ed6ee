//! `wengert step`: the backward pass in the terminal, one step at a time, on arrow keys.
//! The terminal is given back as it was, whatever happens.

mod picture;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph, Wrap};
use wengert::Trace;

use super::args::TraceArgs;
use super::draw::traced;
use super::{Done, Failure, Outcome};

/// How long a step stays when the steps play by themselves.
const PACE: Duration = Duration::from_millis(1200);

pub fn step(a: &TraceArgs) -> Done {
    let trace = traced(&a.source)?;
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::Other("`step` needs a terminal; `trace` prints the steps".into()));
    }
    // It also gives the terminal back in a panic.
    let mut terminal = ratatui::try_init().map_err(|e| Failure::Other(format!("cannot use the terminal: {e}")))?;
    let mut stepper = Stepper { trace: &trace, now: 0, playing: None };
    let done = loop {
        if let Err(e) = terminal.draw(|f| stepper.draw(f)) {
            break Err(e);
        }
        match stepper.react() {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(e) => break Err(e),
        }
    };
    ratatui::restore();
    done.map_err(|e| Failure::Other(format!("the terminal failed: {e}")))?;
    Ok(Outcome::fine(String::new()))
}

struct Stepper<'a> {
    trace: &'a Trace,
    now: usize,
    /// Since when this step has been shown, while the steps play.
    playing: Option<Instant>,
}

impl Stepper<'_> {
    /// Waits for a key, or for the pace; whether to go on.
    fn react(&mut self) -> io::Result<bool> {
        let wait = self.playing.map_or(Duration::from_secs(3600), |since| PACE.saturating_sub(since.elapsed()));
        if !event::poll(wait)? {
            if self.playing.is_some() {
                self.go(self.now as isize + 1);
                let more = self.now + 1 < self.trace.steps.len();
                self.playing = more.then(Instant::now);
            }
            return Ok(true);
        }
        let Event::Key(key) = event::read()? else { return Ok(true) };
        if key.kind == KeyEventKind::Release {
            return Ok(true);
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Ok(false),
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(false),
            KeyCode::Right | KeyCode::Down | KeyCode::Char('l' | 'j') => self.go(self.now as isize + 1),
            KeyCode::Left | KeyCode::Up | KeyCode::Char('h' | 'k') => self.go(self.now as isize - 1),
            KeyCode::Home => self.go(0),
            KeyCode::End => self.go(self.trace.steps.len() as isize - 1),
            KeyCode::Char(' ') => self.playing = if self.playing.is_some() { None } else { Some(Instant::now()) },
            _ => {}
        }
        Ok(true)
    }

    fn go(&mut self, to: isize) {
        self.now = to.clamp(0, self.trace.steps.len() as isize - 1) as usize;
        if self.playing.is_some() {
            self.playing = Some(Instant::now());
        }
    }

    fn draw(&self, f: &mut Frame<'_>) {
        let program = self.trace.source.as_deref().unwrap_or_default();
        let lines = program.lines().count().clamp(1, 5) as u16;
        let [top, middle, sentence, keys] = Layout::vertical([
            Constraint::Length(lines + 2),
            Constraint::Min(6),
            Constraint::Length(5),
            Constraint::Length(1),
        ])
        .areas(f.area());
        let [tape, lens] = Layout::horizontal([Constraint::Percentage(46), Constraint::Percentage(54)]).areas(middle);
        f.render_widget(Paragraph::new(program).block(Block::bordered().title("program")), top);
        self.draw_tape(f, tape);
        let s = &self.trace.steps[self.now];
        let lens_text = picture::lens(self.trace, s, lens.width.saturating_sub(2), lens.height.saturating_sub(2));
        f.render_widget(
            Paragraph::new(lens_text).block(Block::bordered().title(format!("{}  {}", self.op(), s.formula))),
            lens,
        );
        let title = format!("step {} of {}", self.now + 1, self.trace.steps.len());
        let text = Paragraph::new(s.sentence.as_str()).wrap(Wrap { trim: true });
        f.render_widget(text.block(Block::bordered().title(title)), sentence);
        let play = if self.playing.is_some() { "space stop" } else { "space play" };
        f.render_widget(Line::from(format!(" ← → step   Home End   {play}   q quit")).dim(), keys);
    }

    fn op(&self) -> &str {
        self.trace.lines[self.trace.steps[self.now].of as usize].line.op
    }

    /// The steps, each with a sign: done, now, still to come.
    fn draw_tape(&self, f: &mut Frame<'_>, area: ratatui::layout::Rect) {
        let item = |(k, s): (usize, &wengert::Step)| {
            let sign = match k.cmp(&self.now) {
                std::cmp::Ordering::Less => "✓",
                std::cmp::Ordering::Equal => "▸",
                std::cmp::Ordering::Greater => "·",
            };
            let of = self.trace.lines[s.of as usize].line.op;
            let to =
                s.role.to().map_or_else(String::new, |id| format!(" → {}", self.trace.lines[id as usize].called()));
            let text = format!("{sign} {:>3} {:<5} {of}{to}", k + 1, s.role.name());
            let style = if k > self.now { Style::new().add_modifier(Modifier::DIM) } else { Style::new() };
            ListItem::new(Span::styled(text, style))
        };
        let items: Vec<ListItem<'_>> = self.trace.steps.iter().enumerate().map(item).collect();
        let list = List::new(items).highlight_style(Style::new().add_modifier(Modifier::REVERSED));
        let mut state = ListState::default().with_selected(Some(self.now));
        f.render_stateful_widget(list.block(Block::bordered().title("backward pass")), area, &mut state);
    }
}
