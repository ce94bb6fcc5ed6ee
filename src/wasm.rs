//! What a page in a browser calls: text in, JSON out, one function for all commands.
//! It keeps no state between calls: the page sends the whole program each time.

mod answer;
mod check;
mod curve;
mod train;

use std::cell::RefCell;

use answer::{Wrong, answer};

use crate::error::{Error, raised};
use crate::expr::told;

thread_local! {
    /// What the page has put in, and what it will read.
    static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Room for a request of so many bytes; where to put it.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_request(len: usize) -> *mut u8 {
    REQUEST.with_borrow_mut(|r| {
        r.clear();
        r.resize(len.min(1 << 22), 0);
        r.as_mut_ptr()
    })
}

/// Answers the request: a command on the first line, with its arguments, and the program below it. The length of the answer.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_call() -> usize {
    let request = REQUEST.with_borrow(|r| String::from_utf8_lossy(r).into_owned());
    let (command, source) = request.split_once('\n').unwrap_or((&request, ""));
    let text = answer(command, source).unwrap_or_else(|e| e.json(source));
    put(text)
}

/// Where the answer is.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_answer_at() -> *const u8 {
    ANSWER.with_borrow(|a| a.as_ptr())
}

/// After a trap: the error that a call in the program raised, as an answer; its length.
///
/// Panics cannot be caught here, so an operation that refuses its operands ends the module. The page asks for this, and
/// starts the module anew.
#[unsafe(no_mangle)]
pub extern "C" fn wengert_last_error() -> usize {
    let source = REQUEST.with_borrow(|r| String::from_utf8_lossy(r).into_owned());
    let source = source.split_once('\n').map_or(String::new(), |s| s.1.to_string());
    put(match raised() {
        Some([message, rule, fix]) => {
            let (e, span) = told(Error::argument(message).rule(rule).fix(fix));
            Wrong { span, ..Wrong::from(e) }.json(&source)
        }
        None => Wrong::plain("the module has failed").json(&source),
    })
}

fn put(text: String) -> usize {
    ANSWER.with_borrow_mut(|a| {
        *a = text;
        a.len()
    })
}
