//! Label selectors and field selectors of lists and watches.

use super::packed::Packed;
use super::resource::selectable_fields;
use super::status::ApiError;
use policy::object::Kind;
use serde_json::Value;

/// Which objects a list or a watch wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selector {
    labels: Vec<LabelRequirement>,
    fields: Vec<FieldRequirement>,
}

/// One requirement of a label selector.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LabelRequirement {
    label: String,
    test: LabelTest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum LabelTest {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

/// One requirement of a field selector.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FieldRequirement {
    pointer: &'static str,
    value: String,
    equal: bool,
}

impl Selector {
    /// Reads the `labelSelector` and `fieldSelector` of a request for `kind`.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`]: a part that does not parse, or a field that the kind does not select by.
    pub(super) fn parse(kind: Kind, labels: &str, fields: &str) -> Result<Self, ApiError> {
        Ok(Self {
            labels: split_outside_parentheses(labels).into_iter().map(LabelRequirement::parse).collect::<Result<_, _>>()?,
            fields: fields
                .split(',')
                .filter(|part| !part.is_empty())
                .map(|part| FieldRequirement::parse(kind, part))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether it wants everything.
    pub(super) const fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The same of an object that is read only where something is asked of it.
    pub(super) fn wants(&self, object: &Packed) -> bool {
        self.is_empty() || self.matches(&object.read())
    }

    /// Whether it wants `object`.
    fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|requirement| requirement.test.holds(labels[requirement.label.as_str()].as_str()))
            && self.fields.iter().all(|field| (text_at(object, field.pointer) == field.value) == field.equal)
    }
}

impl LabelTest {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|text| text.parse::<i64>().ok());
        match self {
            Self::Exists => value.is_some(),
            Self::Absent => value.is_none(),
            Self::In(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
            Self::NotIn(values) => value.is_none_or(|value| values.iter().all(|v| v != value)),
            Self::Above(bound) => number().is_some_and(|n| n > *bound),
            Self::Below(bound) => number().is_some_and(|n| n < *bound),
        }
    }
}

impl LabelRequirement {
    /// `k`, `!k`, `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k>1`, `k<1`.
    fn parse(text: &str) -> Result<Self, ApiError> {
        let unreadable = || ApiError::BadRequest(format!("unable to parse requirement: `{text}` is no label requirement"));
        let text = text.trim();
        let (label, test) = if let Some(label) = text.strip_prefix('!') {
            (label, LabelTest::Absent)
        } else if let Some((label, value)) = text.split_once("!=") {
            (label, LabelTest::NotIn(vec![value.trim().to_owned()]))
        } else if let Some((label, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
            (label, LabelTest::In(vec![value.trim().to_owned()]))
        } else if let Some((label, bound)) = text.split_once('>') {
            (label, LabelTest::Above(bound.trim().parse().map_err(|_| unreadable())?))
        } else if let Some((label, bound)) = text.split_once('<') {
            (label, LabelTest::Below(bound.trim().parse().map_err(|_| unreadable())?))
        } else if let Some(head) = text.strip_suffix(')') {
            let (head, values) = head.split_once('(').ok_or_else(unreadable)?;
            let values = values.split(',').map(|value| value.trim().to_owned()).collect();
            match head.trim().rsplit_once(char::is_whitespace).ok_or_else(unreadable)? {
                (label, "in") => (label, LabelTest::In(values)),
                (label, "notin") => (label, LabelTest::NotIn(values)),
                _ => return Err(unreadable()),
            }
        } else {
            (text, LabelTest::Exists)
        };
        let label = label.trim();
        if label.is_empty() || label.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_./".contains(c)) {
            return Err(unreadable());
        }
        Ok(Self { label: label.to_owned(), test })
    }
}

impl FieldRequirement {
    fn parse(kind: Kind, text: &str) -> Result<Self, ApiError> {
        let (name, value, equal) = if let Some((name, value)) = text.split_once("!=") {
            (name, value, false)
        } else if let Some((name, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
            (name, value, true)
        } else {
            return Err(ApiError::BadRequest(format!("invalid selector: '{text}'; can't understand '{text}'")));
        };
        let pointer = match name {
            "metadata.name" => "/metadata/name",
            "metadata.namespace" => "/metadata/namespace",
            other => selectable_fields(kind)
                .iter()
                .find(|(field, _)| *field == other)
                .map(|(_, pointer)| *pointer)
                .ok_or_else(|| ApiError::BadRequest(format!("field label not supported: {other}")))?,
        };
        Ok(Self { pointer, value: value.to_owned(), equal })
    }
}

/// The value as field selectors compare it: absent is empty, a boolean that is absent is `false`.
fn text_at(object: &Value, pointer: &str) -> String {
    match object.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(other) if !other.is_null() => other.to_string(),
        _ if matches!(pointer, "/spec/hostNetwork" | "/spec/unschedulable") => "false".to_owned(),
        _ => String::new(),
    }
}

/// Splits at the commas that are not between parentheses.
fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .filter(|part| !part.trim().is_empty())
    .collect()
}
