//! Why somebody changes something.

use std::fmt;

/// The longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// Why somebody changes something: 1 to [`REASON_MAX`] characters, without white space at its ends and without control characters but
/// line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// Why a text is not a [`Reason`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAReason {
    /// Nothing but white space.
    #[error("The reason is empty: say in a few words why this is changed. The history keeps it.")]
    Empty,
    /// Too long.
    #[error("The reason has {characters} characters, and at most {REASON_MAX} are kept: shorten it.")]
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// It holds a character that does not show.
    #[error("The reason holds a control character, U+{code:04X}: take it out.")]
    Control {
        /// Its code point.
        code: u32,
    },
}

impl Reason {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Reason {
    type Error = NotAReason;

    fn try_from(text: &str) -> Result<Self, NotAReason> {
        // As browsers send the line ends of a text area.
        let text = text.trim().replace("\r\n", "\n");
        let characters = text.chars().count();
        if characters == 0 {
            return Err(NotAReason::Empty);
        }
        if characters > REASON_MAX {
            return Err(NotAReason::TooLong { characters });
        }
        match text.chars().find(|c| c.is_control() && *c != '\n') {
            Some(control) => Err(NotAReason::Control { code: control.into() }),
            None => Ok(Self(text)),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
