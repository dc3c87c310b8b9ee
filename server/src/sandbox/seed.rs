//! The objects that a new sandbox has. The same objects are loaded into a real API server for tests, so they are valid there, name their
//! cluster IPs, and hold no field that only a server sets, but `status`.

mod big;

use policy::object::{Kind, ObjectKey};
use serde_json::Value;

/// What a new sandbox begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Seed {
    /// The cluster of Calico's page: two nodes, some Services of every kind
    #[default]
    Page,
    /// 10,000 Services, 30,000 pods, 5,000 nodes and 5,000 policies
    Big,
}

const FILES: [(&str, &str); 7] = [
    ("cluster.yaml", include_str!("seed/cluster.yaml")),
    ("system.yaml", include_str!("seed/system.yaml")),
    ("shop.yaml", include_str!("seed/shop.yaml")),
    ("media.yaml", include_str!("seed/media.yaml")),
    ("payments.yaml", include_str!("seed/payments.yaml")),
    ("ops.yaml", include_str!("seed/ops.yaml")),
    ("orders.yaml", include_str!("seed/orders.yaml")),
];

/// Why the built-in objects cannot be read: the program was built from a broken seed.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file is no YAML.
    #[error("the sandbox's built-in {file} does not parse: {source}")]
    Yaml {
        /// The file.
        file: &'static str,
        /// What does not fit.
        source: Box<serde_saphyr::Error>,
    },
    /// An object has a kind that the sandbox does not serve, or no name.
    #[error("the sandbox's built-in {file} has an object that is none: {object}")]
    NotAnObject {
        /// The file.
        file: &'static str,
        /// The object.
        object: Value,
    },
}

/// The objects with their identities, in an order in which an API server takes them.
pub(super) fn objects(seed: Seed) -> Result<Objects, SeedError> {
    Ok(match seed {
        Seed::Page => Box::new(of_page()?.into_iter().map(Ok)),
        Seed::Big => Box::new(big::objects().map(|object| identified("big cluster", object))),
    })
}

/// Objects one by one: those of a big cluster are never all there as values.
type Objects = Box<dyn Iterator<Item = Result<(ObjectKey, Value), SeedError>>>;

fn of_page() -> Result<Vec<(ObjectKey, Value)>, SeedError> {
    let mut objects = Vec::new();
    for (file, text) in FILES {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|source| SeedError::Yaml { file, source: source.into() })?;
        for object in documents {
            objects.push(identified(file, object)?);
        }
    }
    Ok(objects)
}

fn identified(file: &'static str, object: Value) -> Result<(ObjectKey, Value), SeedError> {
    let key = key(&object).ok_or_else(|| SeedError::NotAnObject { file, object: object.clone() })?;
    Ok((key, object))
}

fn key(object: &Value) -> Option<ObjectKey> {
    let kind = Kind::find(object["apiVersion"].as_str()?, object["kind"].as_str()?)?;
    let metadata = &object["metadata"];
    Some(ObjectKey::new(kind, metadata["namespace"].as_str().unwrap_or_default(), metadata["name"].as_str()?))
}
