//! The command line, read by hand: a dependency for a handful of flags would be compiled before every command.

use std::collections::VecDeque;

use anyhow::{Context, Result, bail};

/// What is left of the command line; each reader takes its own words out, and [`Args::finish`] refuses the rest.
pub(crate) struct Args(VecDeque<String>);

impl Args {
    /// The words after the program's name.
    pub(crate) fn of_process() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// The first word: which command is meant.
    pub(crate) fn command(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    /// Whether `flag` is there.
    pub(crate) fn flag(&mut self, flag: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != flag);
        self.0.len() != before
    }

    /// The value of `flag` (`--flag VALUE` or `--flag=VALUE`), if it is there.
    ///
    /// # Errors
    /// When the flag is the last word.
    pub(crate) fn value(&mut self, flag: &str) -> Result<Option<String>> {
        let with_equals = format!("{flag}=");
        let Some(at) = self.0.iter().position(|word| word == flag || word.starts_with(&with_equals)) else { return Ok(None) };
        let word = self.0.remove(at).unwrap_or_default();
        if let Some(value) = word.strip_prefix(&with_equals) {
            return Ok(Some(value.to_owned()));
        }
        let value = self.0.remove(at).with_context(|| format!("`{flag}` takes a value, and none follows"))?;
        Ok(Some(value))
    }

    /// Every value of a flag that may be repeated.
    ///
    /// # Errors
    /// As [`Args::value`].
    pub(crate) fn values(&mut self, flag: &str) -> Result<Vec<String>> {
        let mut values = Vec::new();
        while let Some(value) = self.value(flag)? {
            values.push(value);
        }
        Ok(values)
    }

    /// All that is left, for a program that reads it itself.
    pub(crate) fn rest(self) -> Vec<String> {
        self.0.into()
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    /// Names the first word that is left, and what the command takes.
    pub(crate) fn finish(self, takes: &str) -> Result<()> {
        match self.0.front() {
            None => Ok(()),
            Some(word) => bail!("`{word}` is not understood here; the command takes {takes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        Args(words.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn values_are_taken_in_both_spellings_and_order() {
        let mut args = args(&["--only", "fmt", "--list", "--only=deny"]);
        assert_eq!(args.values("--only").unwrap(), ["fmt", "deny"]);
        assert!(args.flag("--list"));
        assert!(args.finish("nothing").is_ok());
    }

    #[test]
    fn a_flag_without_its_value_is_named() {
        let error = args(&["--only"]).value("--only").unwrap_err().to_string();
        assert!(error.contains("`--only` takes a value"), "{error}");
    }

    #[test]
    fn what_nobody_took_is_named() {
        let error = args(&["--ony"]).finish("`--only PART`").unwrap_err().to_string();
        assert!(error.contains("`--ony`") && error.contains("`--only PART`"), "{error}");
    }
}
