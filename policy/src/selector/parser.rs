//! From words to a tree, without recursion: a hostile text can not overflow the stack.

use super::lexer::{Lexer, OPERATOR, Token};
use super::node::{Compare, Node};
use super::{MAX_DEPTH, SelectorError};

const OPERAND: &str = "a label, `has(LABEL)`, `all()`, `global()`, `!` or `(`";
const AFTER_OPERAND: &str = "`&&`, `||` or the end";
const AFTER_OPERAND_INSIDE: &str = "`&&`, `||` or `)`";
const TEXT: &str = "a text in single or double quotes";
const SET: &str = "a set as `{'a', 'b'}`";
const SET_ITEM: &str = "a text in quotes or `}`";
const AFTER_SET_ITEM: &str = "`,` or `}`";

/// What is read of one level of parentheses.
#[derive(Default)]
struct Level {
    /// Operands of `||` that are complete.
    or: Vec<Node>,
    /// Operands of the `&&` that is being read.
    and: Vec<Node>,
    /// Whether `!` stands before the parenthesis.
    negated: bool,
}

impl Level {
    fn end_and(&mut self) {
        let and = std::mem::take(&mut self.and);
        self.or.push(Node::and(and));
    }

    fn finish(mut self) -> Node {
        self.end_and();
        let node = Node::or(self.or);
        if self.negated { node.negated() } else { node }
    }
}

/// Reads a whole selector. The tree nests at most twice [`MAX_DEPTH`] deep.
pub(super) fn parse(text: &str) -> Result<Node, SelectorError> {
    if text.trim_matches([' ', '\t']).is_empty() {
        return Ok(Node::All);
    }
    let mut words = Lexer::new(text);
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    loop {
        let mut negated = false;
        let mut word = words.next(OPERAND)?;
        while word == Token::Not {
            negated = !negated;
            word = words.next(OPERAND)?;
        }
        let leaf = match word {
            Token::OpenParen if outer.len() == MAX_DEPTH => return Err(SelectorError::TooDeep),
            Token::OpenParen => {
                outer.push(std::mem::replace(&mut level, Level { negated, ..Level::default() }));
                continue;
            }
            Token::All => Node::All,
            Token::Global => Node::Global,
            Token::Has(key) => Node::Has(key.into()),
            Token::Label(key) => comparison(&mut words, key)?,
            _ => return Err(words.unexpected(OPERAND)),
        };
        level.and.push(if negated { leaf.negated() } else { leaf });
        loop {
            let expected = if outer.is_empty() { AFTER_OPERAND } else { AFTER_OPERAND_INSIDE };
            match (words.next(expected)?, outer.is_empty()) {
                (Token::And, _) => break,
                (Token::Or, _) => {
                    level.end_and();
                    break;
                }
                (Token::CloseParen, false) => {
                    let inner = std::mem::replace(&mut level, outer.pop().unwrap_or_default());
                    level.and.push(inner.finish());
                }
                (Token::End, true) => return Ok(level.finish()),
                _ => return Err(words.unexpected(expected)),
            }
        }
    }
}

/// What follows the label `key`.
fn comparison(words: &mut Lexer<'_>, key: &str) -> Result<Node, SelectorError> {
    let by = match words.next(OPERATOR)? {
        Token::In => return Ok(Node::In { key: key.into(), values: set(words)? }),
        Token::NotIn => return Ok(Node::NotIn { key: key.into(), values: set(words)? }),
        Token::Equal => Compare::Equal,
        Token::NotEqual => Compare::NotEqual,
        Token::Contains => Compare::Contains,
        Token::StartsWith => Compare::StartsWith,
        Token::EndsWith => Compare::EndsWith,
        _ => return Err(words.unexpected(OPERATOR)),
    };
    match words.next(TEXT)? {
        Token::Text(value) => Ok(Node::Compare { key: key.into(), by, value: value.into() }),
        _ => Err(words.unexpected(TEXT)),
    }
}

/// A set of texts; Calico allows it to be empty and to end with a comma.
fn set(words: &mut Lexer<'_>) -> Result<Vec<Box<str>>, SelectorError> {
    if words.next(SET)? != Token::OpenBrace {
        return Err(words.unexpected(SET));
    }
    let mut values = Vec::new();
    loop {
        match words.next(SET_ITEM)? {
            Token::CloseBrace => break,
            Token::Text(value) => values.push(value.into()),
            _ => return Err(words.unexpected(SET_ITEM)),
        }
        match words.next(AFTER_SET_ITEM)? {
            Token::CloseBrace => break,
            Token::Comma => {}
            _ => return Err(words.unexpected(AFTER_SET_ITEM)),
        }
    }
    Ok(Node::set(values))
}
