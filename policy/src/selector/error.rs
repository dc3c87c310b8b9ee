//! Why a text is not a selector, or a wish can not be written as one.

use super::{MAX_DEPTH, MAX_LENGTH};

/// Why there is no [`Selector`](super::Selector).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// The grammar allows something else here.
    #[error("at character {at} of the selector, {found} was found where only {expected} may stand")]
    Unexpected {
        /// Position in characters, from 1.
        at: usize,
        /// What is there, shortened.
        found: String,
        /// What may be there.
        expected: &'static str,
    },
    /// A quote without its partner.
    #[error("the text that opens with {quote} at character {at} of the selector has no closing {quote}")]
    Unterminated {
        /// Position of the quote in characters, from 1.
        at: usize,
        /// The quote.
        quote: char,
    },
    /// Longer than [`MAX_LENGTH`].
    #[error("the selector is {length} bytes long, and at most {MAX_LENGTH} are read: split the policy")]
    TooLong {
        /// Its length, or that of its canonical form, in bytes.
        length: usize,
    },
    /// Deeper than [`MAX_DEPTH`].
    #[error("the selector nests deeper than {MAX_DEPTH} levels of parentheses: write it flatter")]
    TooDeep,
    /// Not a label that a selector can name.
    #[error("a selector cannot name the label `{key}`: use 1 to 512 letters, digits and `_`, `.`, `/`, `-`")]
    Label {
        /// The label.
        key: String,
    },
    /// Not a value that a selector can quote.
    #[error("a selector cannot hold the value `{value}` of label `{key}`: it has both kinds of quotes, and selectors have no escapes")]
    Value {
        /// The label.
        key: String,
        /// The value.
        value: String,
    },
    /// Not an operator of a Kubernetes label selector.
    #[error("`{operator}` on label `{key}` is no operator of a label selector: use In, NotIn, Exists or DoesNotExist")]
    Operator {
        /// The label.
        key: String,
        /// The operator.
        operator: String,
    },
}
