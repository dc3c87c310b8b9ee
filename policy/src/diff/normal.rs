//! A normal form of values: two are the same for the API server where their normal forms are equal.

use super::shape::{Place, Shape};
use serde_json::{Number, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A value that is not absent. Items of lists may be `null`, which is no item of a set less.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Normal {
    Bool(bool),
    /// A whole number, also where it is written `100.0`.
    Whole(i128),
    /// The bits of any other number.
    Float(u64),
    Text(String),
    List(Vec<Option<Self>>),
    Set(BTreeSet<Option<Self>>),
    Map(BTreeMap<String, Self>),
}

/// The normal form of an object; none where it is absent.
pub(super) fn object(value: Option<&Value>) -> Option<Normal> {
    of(value.map_or(Shape::OTHER, Shape::of_object), value)
}

/// The normal form; none where it is absent.
pub(super) fn of(shape: Shape, value: Option<&Value>) -> Option<Normal> {
    let normal = match value? {
        Value::Null => return None,
        Value::Bool(bool) => Normal::Bool(*bool),
        Value::Number(number) => self::number(number),
        Value::String(text) => Normal::Text(text.clone()),
        Value::Array(items) => {
            let items = items.iter().map(|item| of(shape.of_item(), Some(item)));
            if shape.place == Place::Set { Normal::Set(items.collect()) } else { Normal::List(items.collect()) }
        }
        Value::Object(map) => {
            Normal::Map(map.iter().filter_map(|(key, value)| Some((key.clone(), of(shape.of_key(key), Some(value))?))).collect())
        }
    };
    if shape.empty_is_absent && normal.is_empty() { None } else { Some(normal) }
}

impl Normal {
    fn is_empty(&self) -> bool {
        match self {
            Self::Bool(bool) => !bool,
            Self::Whole(_) | Self::Float(_) => false,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Set(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
        }
    }
}

fn number(number: &Number) -> Normal {
    if let Some(whole) = number.as_i128() {
        return Normal::Whole(whole);
    }
    let float = number.as_f64().unwrap_or_default();
    // Past 2^53 not every whole number is a float, so there they stay apart.
    if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
        Normal::Whole(float as i128)
    } else {
        Normal::Float(float.to_bits())
    }
}
