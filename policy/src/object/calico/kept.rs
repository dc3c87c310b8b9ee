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
    pub raw: Value,
}

impl<'de, T: Object> Deserialize<'de> for Kept<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Value::deserialize(deserializer)?;
        let object = decode(&raw).map_err(serde::de::Error::custom)?;
        Ok(Self { object, raw })
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
