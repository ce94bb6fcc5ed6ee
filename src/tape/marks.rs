//! Scratch numbers for sweeps over the lines.
//! They are stamped, so a sweep costs what it visits and not the length of the tape.

/// A number for each line that the present sweep has visited.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    stamp: Vec<u64>,
    value: Vec<u32>,
    now: u64,
}

impl Marks {
    /// Starts a sweep over a tape of `len` lines.
    pub fn begin(&mut self, len: usize) {
        self.now += 1;
        if self.stamp.len() < len {
            self.stamp.resize(len, 0);
            self.value.resize(len, 0);
        }
    }

    pub fn get(&self, id: u32) -> Option<u32> {
        let k = id as usize;
        (self.stamp.get(k) == Some(&self.now)).then(|| self.value[k])
    }

    pub fn set(&mut self, id: u32, value: u32) {
        self.stamp[id as usize] = self.now;
        self.value[id as usize] = value;
    }
}
