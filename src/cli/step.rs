//! `wengert step`: the backward pass in the terminal, one step at a time, on arrow keys.
//! The terminal is given back as it was, whatever happens.

mod picture;
mod view;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use wengert::Trace;

use super::args::StepArgs;
use super::draw::traced;
use super::{Done, Failure, Outcome};

/// How long a step stays when the steps play by themselves.
const PACE: Duration = Duration::from_millis(1200);

/// How far a page goes.
const PAGE: isize = 10;

pub fn step(a: &StepArgs) -> Done {
    let trace = traced(&a.source)?;
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::Other("`step` needs a terminal; `trace` prints the steps".into()));
    }
    let failed = |e: io::Error| Failure::Other(format!("the terminal failed: {e}"));
    let screen = Screen;
    // It also gives the terminal back in a panic, before the panic's message.
    let mut terminal = ratatui::try_init().map_err(failed)?;
    let mut stepper = Stepper::new(&trace);
    while !stepper.over {
        terminal.draw(|f| stepper.draw(f)).map_err(failed)?;
        stepper.wait().map_err(failed)?;
    }
    drop(screen);
    Ok(Outcome::fine(String::new()))
}

/// The terminal while it is ours; it is given back on every way out, errors of its own among them.
struct Screen;

impl Drop for Screen {
    fn drop(&mut self) {
        // A panic has given it back already; a second time would put the cursor where its message stands.
        if !std::thread::panicking() {
            // A terminal that is gone needs nothing.
            let _ = ratatui::try_restore();
        }
    }
}

struct Stepper<'a> {
    trace: &'a Trace,
    now: usize,
    /// Since when this step has been shown, while the steps play.
    playing: Option<Instant>,
    /// Whether the keys are told.
    helping: bool,
    over: bool,
}

impl<'a> Stepper<'a> {
    fn new(trace: &'a Trace) -> Self {
        Stepper { trace, now: 0, playing: None, helping: false, over: false }
    }

    /// Waits for a key, for another size of the terminal, or for the pace.
    fn wait(&mut self) -> io::Result<()> {
        let wait = self.playing.map_or(Duration::from_secs(3600), |since| PACE.saturating_sub(since.elapsed()));
        if !event::poll(wait)? {
            self.tick();
            return Ok(());
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.press(key),
            // What is drawn next is of the new size.
            _ => {}
        }
        Ok(())
    }

    /// The pace has passed.
    fn tick(&mut self) {
        if self.playing.is_some() {
            self.go(self.now as isize + 1);
            if self.now + 1 == self.trace.steps.len() {
                self.playing = None;
            }
        }
    }

    fn press(&mut self, key: KeyEvent) {
        let (now, last) = (self.now as isize, self.trace.steps.len() as isize - 1);
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            self.over = matches!(key.code, KeyCode::Char('c' | 'd'));
            return;
        }
        // Any key puts the list of keys away.
        if std::mem::take(&mut self.helping) && key.code != KeyCode::Char('q') {
            return;
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => self.over = true,
            KeyCode::Char('?') => self.helping = true,
            KeyCode::Right | KeyCode::Down | KeyCode::Char('l' | 'j') => self.go(now + 1),
            KeyCode::Left | KeyCode::Up | KeyCode::Char('h' | 'k') => self.go(now - 1),
            KeyCode::PageDown => self.go(now + PAGE),
            KeyCode::PageUp => self.go(now - PAGE),
            KeyCode::Home | KeyCode::Char('g') => self.go(0),
            KeyCode::End | KeyCode::Char('G') => self.go(last),
            KeyCode::Char(' ') if self.playing.is_some() => self.playing = None,
            KeyCode::Char(' ') => {
                // At the end it plays from the beginning.
                if now == last {
                    self.go(0);
                }
                self.playing = Some(Instant::now());
            }
            _ => {}
        }
    }

    fn go(&mut self, to: isize) {
        self.now = to.clamp(0, self.trace.steps.len() as isize - 1) as usize;
        if self.playing.is_some() {
            self.playing = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_through_the_steps() {
        let tape = wengert::Tape::<f64>::default();
        let x = tape.var([1.0, -2.0]).named("x");
        let trace = Trace::of((x.relu() * x).sum()).unwrap();
        let last = trace.steps.len() - 1;
        assert!(last >= 4);
        let mut s = Stepper::new(&trace);
        let mut at = |code: KeyCode| {
            s.press(KeyEvent::from(code));
            (s.now, s.playing.is_some(), s.helping, s.over)
        };
        assert_eq!(at(KeyCode::Left), (0, false, false, false));
        assert_eq!(at(KeyCode::Right).0, 1);
        assert_eq!(at(KeyCode::Char('j')).0, 2);
        assert_eq!(at(KeyCode::Up).0, 1);
        assert_eq!(at(KeyCode::End).0, last);
        assert_eq!(at(KeyCode::PageUp).0, last.saturating_sub(10));
        assert_eq!(at(KeyCode::Char('G')).0, last);
        // From the end it plays from the beginning.
        assert_eq!(at(KeyCode::Char(' ')), (0, true, false, false));
        assert_eq!(at(KeyCode::Char(' ')), (0, false, false, false));
        assert_eq!(at(KeyCode::Char('?')), (0, false, true, false));
        assert_eq!(at(KeyCode::Right), (0, false, false, false));
        assert_eq!(at(KeyCode::Char('x')), (0, false, false, false));
        assert!(at(KeyCode::Char('q')).3);
    }

    #[test]
    fn playing_stops_at_the_end() {
        let tape = wengert::Tape::<f64>::default();
        let trace = Trace::of(tape.var([1.0, -2.0]).exp().sum()).unwrap();
        let mut s = Stepper::new(&trace);
        s.tick();
        assert_eq!(s.now, 0);
        s.press(KeyEvent::from(KeyCode::Char(' ')));
        (0..trace.steps.len() + 3).for_each(|_| s.tick());
        assert_eq!((s.now, s.playing), (trace.steps.len() - 1, None));
        s.press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(s.over);
    }
}
