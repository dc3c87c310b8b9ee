//! What a command tells the person who waits for it.

use std::fmt::Display;
use std::io::Write;
use std::time::Duration;

/// A step begins.
pub(crate) fn step(what: impl Display) {
    println!("==> {what}");
    flush();
}

/// A detail of the step that runs.
pub(crate) fn detail(what: impl Display) {
    println!("    {what}");
    flush();
}

/// A duration as a person reads it: `850 ms`, `12 s`, `3 min 05 s`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// So that lines of ours and of a child come in the order in which they were written, also into a file.
fn flush() {
    // A reader that went away (`| head`) is no reason to stop.
    std::io::stdout().flush().ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(850)), "850 ms");
        assert_eq!(duration(Duration::from_millis(12_400)), "12 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }
}
