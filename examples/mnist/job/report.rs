//! What a trained classifier is shown by: the confusion matrix and the worst mistakes.
//! Both are text; images are drawn in characters.

use std::fmt::Display;
use std::io::Write;

use ndarray::ArrayView2;
use wengert::Error;
use wengert::data::Dataset;

/// A line on stdout. Unlike `println!` it does not panic where nobody reads or the disk is full.
pub fn say(line: impl Display) -> Result<(), Error> {
    writeln!(std::io::stdout(), "{line}").map_err(|e| Error::io("cannot write to stdout", e))
}

/// Predictions for a whole data set, in its order.
pub struct Verdicts {
    /// The class of the largest logit.
    pub predicted: Vec<u32>,
    /// The cross-entropy loss of each image.
    pub losses: Vec<f32>,
}

impl Verdicts {
    pub fn correct(&self, data: &Dataset) -> usize {
        self.predicted.iter().zip(data.labels()).filter(|(p, l)| p == l).count()
    }
}

/// Rows are true digits, columns predictions; a dot stands for none.
pub fn confusion_matrix(data: &Dataset, v: &Verdicts) -> String {
    let n = data.classes();
    let mut counts = vec![0usize; n * n];
    for (&p, &l) in v.predicted.iter().zip(data.labels()) {
        counts[l as usize * n + p as usize] += 1;
    }
    let mut text = String::from("confusion matrix (row: the digit, column: the answer)\n     ");
    (0..n).for_each(|c| text += &format!("{c:>5}"));
    for (label, row) in counts.chunks(n).enumerate() {
        text += &format!("\n{label:>5}");
        row.iter().for_each(|&c| text += &if c == 0 { format!("{:>5}", "·") } else { format!("{c:>5}") });
        let total: usize = row.iter().sum();
        if total > 0 {
            text += &format!("   {:5.1} %", 100.0 * row[label] as f64 / total as f64);
        }
    }
    text
}

/// The mistakes with the largest loss, side by side.
pub fn worst_mistakes(data: &Dataset, v: &Verdicts, count: usize) -> String {
    let mut wrong: Vec<usize> = (0..data.len()).filter(|&k| v.predicted[k] != data.labels()[k]).collect();
    wrong.sort_by(|&a, &b| v.losses[b].total_cmp(&v.losses[a]));
    wrong.truncate(count);
    if wrong.is_empty() {
        return "no mistakes".to_owned();
    }
    let drawings: Vec<Vec<String>> =
        wrong.iter().map(|&k| draw(data.images().index_axis(ndarray::Axis(0), k))).collect();
    let captions = wrong.iter().map(|&k| {
        let text = format!("a {}, taken for a {} (loss {:.1})", data.labels()[k], v.predicted[k], v.losses[k]);
        format!("{text:<32}")
    });
    let mut text = String::from("worst mistakes\n") + captions.collect::<Vec<_>>().concat().trim_end();
    for row in 0..drawings[0].len() {
        let line: String = drawings.iter().map(|d| format!("{:<32}", d[row])).collect();
        text += "\n";
        text += line.trim_end();
    }
    text
}

/// Two pixel rows to a line of text: characters are about twice as high as wide.
fn draw(image: ArrayView2<'_, u8>) -> Vec<String> {
    const SHADES: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];
    let shade = |a: u8, b: u8| SHADES[(usize::from(a) + usize::from(b)) * (SHADES.len() - 1) / 510];
    (0..image.nrows() / 2)
        .map(|y| (0..image.ncols()).map(|x| shade(image[[2 * y, x]], image[[2 * y + 1, x]])).collect())
        .collect()
}
