//! A trace as one self-contained page: the drawing, a stepper with its keys, the sentence and the numbers of each step.
//! Script and style stand in `page` and are written into the file, so that it opens anywhere, offline.

use super::record::Trace;
use super::svg::{SvgOptions, escaped};

const STYLE: &str = include_str!("page/style.css");
const LENS: &str = include_str!("page/lens.js");
const VIEW: &str = include_str!("page/view.js");

impl Trace {
    /// The trace as an HTML file.
    ///
    /// ```
    /// use wengert::{Trace, prelude::*};
    /// let tape = Tape::<f64>::default();
    /// let page = Trace::of(tape.var(2.0).named("x").exp())?.to_html();
    /// assert!(page.starts_with("<!doctype html>") && page.contains("createViewer("));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        let root = escaped(&self.lines[self.root as usize].called());
        let source = self.source.as_deref().map_or_else(String::new, |s| format!("<pre>{}</pre>\n", escaped(s)));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>The tape of {root}, step by step</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header><h1>The tape of {root}, step by step</h1>\n{source}</header>\n\
             <main id=\"view\">\n<div class=\"picture\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing of the tape\">\n{}</div>\n</main>\n\
             <script>{LENS}{VIEW}\ncreateViewer(document.getElementById('view'), {});</script>\n</body>\n</html>\n",
            self.to_svg(&SvgOptions::default()),
            self.to_json(),
        )
    }
}
