//! A document of JSON, as `kubectl get -o json` prints it: YAML reads it too, and takes many times as long.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The document, as YAML has it. None where it is not JSON, and where YAML has the say: a key that is there twice, a key that merges, a
/// number that is not whole.
pub(super) fn document(text: &str) -> Option<Value> {
    let text = text.strip_prefix("---").unwrap_or(text).trim();
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok().map(|Plain(value)| value)
}

/// A value about which JSON and YAML agree.
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value about which JSON and YAML agree")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut found = Vec::new();
        while let Some(Plain(item)) = items.next_element()? {
            found.push(item);
        }
        Ok(found.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut found = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let Plain(value) = fields.next_value()?;
            if name == "<<" || found.insert(name, value).is_some() {
                return Err(Error::custom("YAML has the say"));
            }
        }
        Ok(found.into())
    }
}
