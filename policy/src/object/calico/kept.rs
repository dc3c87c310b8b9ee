//! Objects beside the JSON they were read from.

use crate::object::{Kind, Meta, Object, decode};
use serde::Deserialize;
use serde_json::Value;

/// An object beside the JSON it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept<T> {
    /// What is read.
    pub object: T,
    /// What was there.
    pub raw: Raw,
}

/// A JSON value that is kept for whoever edits it, and seldom looked at: as text, which takes a tenth of the memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw(Form);

#[derive(Debug, Clone, PartialEq)]
enum Form {
    Text(Box<str>),
    /// What does not read back as it was: a number with more digits than its text keeps.
    Value(Value),
}

impl Raw {
    /// Keeps a value.
    #[must_use]
    pub fn of(value: Value) -> Self {
        let text = value.to_string();
        let same = !has_fraction(&value) || serde_json::from_str::<Value>(&text).is_ok_and(|read| read == value);
        Self(if same { Form::Text(text.into()) } else { Form::Value(value) })
    }

    /// The value, read anew.
    #[must_use]
    pub fn read(&self) -> Value {
        match &self.0 {
            // It was read once before it was kept.
            Form::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            Form::Value(value) => value.clone(),
        }
    }
}

/// Whether a number in it may be another one once it is read back: whole ones never are.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

impl Default for Raw {
    fn default() -> Self {
        Self(Form::Value(Value::Null))
    }
}

impl<'de, T: Object> Deserialize<'de> for Kept<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Value::deserialize(deserializer)?;
        let object = decode(&raw).map_err(serde::de::Error::custom)?;
        Ok(Self { object, raw: Raw::of(raw) })
    }
}

impl<T: Object> Object for Kept<T> {
    const KIND: Kind = T::KIND;
    fn meta(&self) -> &Meta {
        self.object.meta()
    }
}

impl<T> std::ops::Deref for Kept<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.object
    }
}
