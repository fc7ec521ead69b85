//! Medians, and what the kernel counts of a process (proc(5)). Linux only.

use std::fs;

/// Clock ticks a second, as the kernel shows them to everybody.
const TICKS: f64 = 100.0;

/// Processor seconds of a process: its own, and those of its children that it has waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processor {
    pub(crate) own: f64,
    pub(crate) children: f64,
}

impl Processor {
    pub(crate) fn of(process: &str) -> Self {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let fields: Vec<f64> =
            stat.rsplit(')').next().unwrap().split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
        // Fields 14 to 17 of proc(5), the first of which here is number 3.
        Self { own: (fields[11] + fields[12]) / TICKS, children: (fields[13] + fields[14]) / TICKS }
    }

    pub(crate) fn mine() -> Self {
        Self::of("self")
    }
}

/// Processor seconds that the machine has spent on anything since it began.
pub(crate) fn machine() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let ticks: Vec<f64> = stat.lines().next().unwrap().split_whitespace().skip(1).map(|field| field.parse().unwrap()).collect();
    // Idle and waiting for disks are the fourth and fifth.
    (ticks[..8].iter().sum::<f64>() - ticks[3] - ticks[4]) / TICKS
}

/// The average number of processes that wanted to run in the last minute.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    load.split_whitespace().next().unwrap().to_owned()
}

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    assert!(!values.is_empty(), "a median of something");
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] }
}

/// One client's run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) messages: usize,
    pub(crate) seconds: f64,
    /// The client's processor seconds.
    pub(crate) processor: f64,
    /// The sink's.
    pub(crate) sink: f64,
    /// How many cores others had meanwhile, about: what a figure is worth falls with it.
    pub(crate) others: f64,
}

impl Figure {
    pub(crate) fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }

    /// Microseconds of processor time a message.
    pub(crate) fn cost(&self) -> f64 {
        self.processor * 1e6 / self.messages as f64
    }

    pub(crate) fn sink_cost(&self) -> f64 {
        self.sink * 1e6 / self.messages as f64
    }
}
