//! The machine that figures are of.

use std::fmt;
use std::fs;

/// The machine, as far as it says what it is.
#[derive(Debug, Default)]
pub(super) struct Machine {
    processor: String,
    cores: usize,
    /// Programs that were running or waiting to, on the average of the last minute.
    load: String,
}

impl Machine {
    /// The machine as it is now.
    pub(super) fn read() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            processor: processor(&cpu).to_owned(),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            load: load.split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

/// Its name in `/proc/cpuinfo`.
fn processor(text: &str) -> &str {
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or("a processor without a name", |(_, name)| name.trim())
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, load } = self;
        write!(f, "{cores} cores of {processor}, load {load} when it began")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: A Processor @ 2.00GHz\n"), "A Processor @ 2.00GHz");
        assert_eq!(processor(""), "a processor without a name");
    }
}
