//! What the documents of files say, whichever file they are in.

use super::{File, stream};
use crate::cluster::Program;
use policy::object::{AnyObject, Kind, Unreadable};
use serde_json::Value;
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below so many bytes another thread costs more than it saves.
const WORTH_A_THREAD: usize = 32 * 1024;

/// What a document says.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// An object.
    Object(AnyObject),
    /// An object of a kind that does not have its shape.
    Unreadable(Unreadable),
    /// An object that says how programs on the nodes are set.
    Program(Program, Value),
    /// A List of a kind, whatever it holds.
    ListOf(Kind),
    /// An object of the API that Calico keeps for itself.
    LeftOut {
        /// Its kind.
        kind: String,
        /// Its API.
        api_version: String,
    },
}

/// Why a document is refused.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Refused {
    #[error("a document without `apiVersion` and `kind`: it is no Kubernetes object")]
    Kindless,
    #[error("a {0} without `items`")]
    Itemless(String),
    #[error("a {0} without `metadata.name`")]
    Nameless(Kind),
}

/// What documents say, up to the first that is refused.
pub(super) type Content = Result<Vec<Item>, Refused>;

/// What the documents in texts say; none for a text that does not read by itself.
#[derive(Default)]
pub(super) struct Contents<'a>(HashMap<&'a str, Option<Content>>);

impl<'a> Contents<'a> {
    /// Reads every text of these files that was not read yet, on all cores.
    pub(super) fn add(&mut self, files: impl IntoIterator<Item = &'a File>) {
        let mut texts: Vec<&'a str> = Vec::new();
        for piece in files.into_iter().flat_map(|file| stream::pieces(&file.text)) {
            if !self.0.contains_key(piece) {
                self.0.insert(piece, None);
                texts.push(piece);
            }
        }
        self.0.extend(on_all_cores(&texts, |text| stream::documents(text).ok().map(of_documents)));
    }

    /// What a text says.
    pub(super) fn of(&self, text: &str) -> Option<&Content> {
        self.0.get(text)?.as_ref()
    }
}

/// What documents say.
pub(super) fn of_documents(documents: Vec<Value>) -> Content {
    let mut items = Vec::new();
    for document in documents {
        add(document, &mut items)?;
    }
    Ok(items)
}

/// Asks about each of these texts, and gives the answers in any order.
fn on_all_cores<'a, T: Send>(texts: &[&'a str], ask: impl Fn(&'a str) -> T + Sync) -> Vec<(&'a str, T)> {
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let others = (bytes / WORTH_A_THREAD).min(cores - 1).min(texts.len().saturating_sub(1));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.push((*text, ask(text)));
        }
        found
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..others).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        for other in others {
            match other.join() {
                Ok(more) => found.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    })
}

fn add(mut document: Value, items: &mut Vec<Item>) -> Result<(), Refused> {
    if document.is_null() {
        return Ok(());
    }
    let part = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (part("apiVersion"), part("kind"));
    if kind.is_empty() || api_version.is_empty() {
        return Err(Refused::Kindless);
    }
    if let Some(of) = kind.strip_suffix("List") {
        items.extend(Kind::find(&api_version, of).map(Item::ListOf));
        let Some(Value::Array(listed)) = document.get_mut("items").map(Value::take) else {
            return Err(Refused::Itemless(kind));
        };
        for mut item in listed {
            // A typed List need not repeat what its items are.
            if let Some(fields) = item.as_object_mut().filter(|_| !of.is_empty()) {
                fields.entry("kind").or_insert_with(|| of.into());
                fields.entry("apiVersion").or_insert_with(|| api_version.as_str().into());
            }
            add(item, items)?;
        }
        return Ok(());
    }
    match Kind::find(&api_version, &kind) {
        Some(kind) => items.push(object(kind, document)?),
        None if api_version == "crd.projectcalico.org/v1" => items.push(Item::LeftOut { kind, api_version }),
        // Other kinds are none of ours; a folder of a whole cluster is full of them.
        None => items.extend(Program::of(&document).map(|program| Item::Program(program, document))),
    }
    Ok(())
}

fn object(kind: Kind, mut document: Value) -> Result<Item, Refused> {
    let metadata = document.get_mut("metadata").and_then(Value::as_object_mut);
    let named = |name: &Value| name.as_str().is_some_and(|name| !name.is_empty());
    let Some(metadata) = metadata.filter(|metadata| metadata.get("name").is_some_and(named)) else {
        return Err(Refused::Nameless(kind));
    };
    if kind.namespaced() {
        let namespace = metadata.entry("namespace").or_insert_with(|| "default".into());
        if namespace.is_null() || namespace == "" {
            *namespace = "default".into();
        }
    }
    Ok(match AnyObject::decode(kind, &document) {
        Ok(object) => Item::Object(object),
        Err(unreadable) => Item::Unreadable(unreadable),
    })
}
