//! Objects from files: YAML or JSON, documents, Lists, folders.

use anyhow::{Context, bail};
use policy::object::{AnyObject, DEFAULT_TIER, Kind, ObjectKey, PolicySpec};
use policy::reach::settings::Told;
use policy::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::source::Read;

/// Most bytes of one file, and of all files.
const FILE_BYTES: u64 = 512 * 1024 * 1024;
/// Why a kind is unknown.
const ABSENT: &str = "none is in the files";

/// Reads every object in `paths`.
pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Read> {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin().take(FILE_BYTES).read_to_string(&mut text).context("standard input cannot be read")?;
            found.file(Path::new("standard input"), &text)?;
            continue;
        }
        for file in files(path)? {
            let size = std::fs::metadata(&file).with_context(|| format!("`{}` cannot be read", file.display()))?.len();
            if size > FILE_BYTES {
                bail!("`{}` has {size} bytes; at most {FILE_BYTES} are read from one file", file.display());
            }
            let text = std::fs::read_to_string(&file).with_context(|| format!("`{}` cannot be read as text", file.display()))?;
            found.file(&file, &text)?;
        }
    }
    Ok(found.into_read())
}

/// The file, or the YAML and JSON files of the folder and of those in it, by name.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = || format!("the folder `{}` cannot be read", path.display());
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).with_context(unreadable)? {
        entries.push(entry.with_context(unreadable)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || (entry.is_dir() && entry.is_symlink()) {
            continue;
        }
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if entry.extension().is_some_and(|ext| ["yaml", "yml", "json"].iter().any(|known| ext.eq_ignore_ascii_case(known))) {
            found.push(entry);
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Found {
    objects: BTreeMap<ObjectKey, (PathBuf, AnyObject)>,
    unreadable: Vec<policy::object::Unreadable>,
    /// Kinds of which a List was seen, or an object.
    known: std::collections::BTreeSet<Kind>,
    remarks: Vec<String>,
}

impl Found {
    fn file(&mut self, file: &Path, text: &str) -> anyhow::Result<()> {
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(text).map_err(|error| anyhow::anyhow!("`{}` cannot be read: {error}", file.display()))?;
        for document in documents {
            self.document(file, document)?;
        }
        Ok(())
    }

    fn document(&mut self, file: &Path, document: Value) -> anyhow::Result<()> {
        if document.is_null() {
            return Ok(());
        }
        let part = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (part("apiVersion").to_owned(), part("kind").to_owned());
        if kind.is_empty() || api_version.is_empty() {
            bail!("`{}` holds a document without `apiVersion` and `kind`: it is no Kubernetes object", file.display());
        }
        if let Some(of) = kind.strip_suffix("List") {
            self.known.extend(Kind::find(&api_version, of));
            let Some(Value::Array(items)) = document.get("items").cloned() else {
                bail!("`{}` holds a {kind} without `items`", file.display());
            };
            for mut item in items {
                // A typed List need not repeat what its items are.
                if let Some(fields) = item.as_object_mut().filter(|_| !of.is_empty()) {
                    fields.entry("kind").or_insert_with(|| of.into());
                    fields.entry("apiVersion").or_insert_with(|| api_version.as_str().into());
                }
                self.document(file, item)?;
            }
            return Ok(());
        }
        match Kind::find(&api_version, &kind) {
            Some(kind) => self.object(file, kind, &document),
            None if api_version == "crd.projectcalico.org/v1" => {
                let what = format!("`{}`: {kind} of {api_version} is left out: Portcullis reads projectcalico.org/v3 only", file.display());
                self.remark(what);
                Ok(())
            }
            // Other kinds are none of ours; a folder of a whole cluster is full of them.
            None => Ok(()),
        }
    }

    fn object(&mut self, file: &Path, kind: Kind, document: &Value) -> anyhow::Result<()> {
        self.known.insert(kind);
        let mut document = document.clone();
        let metadata = document.get_mut("metadata").and_then(Value::as_object_mut);
        let Some(metadata) = metadata.filter(|metadata| metadata.get("name").and_then(Value::as_str).is_some_and(|name| !name.is_empty()))
        else {
            bail!("`{}` holds a {kind} without `metadata.name`", file.display());
        };
        if kind.namespaced() {
            let namespace = metadata.entry("namespace").or_insert_with(|| "default".into());
            if namespace.is_null() || namespace == "" {
                *namespace = "default".into();
            }
        }
        match AnyObject::decode(kind, &document) {
            Ok(object) => {
                let key = object.key();
                if let Some((first, same)) = self.objects.get(&key)
                    && *same != object
                {
                    bail!("{key} stands in `{}` and, with other content, in `{}`", first.display(), file.display());
                }
                self.objects.insert(key, (file.to_owned(), object));
            }
            Err(unreadable) => self.unreadable.push(unreadable),
        }
        Ok(())
    }

    fn remark(&mut self, text: String) {
        if !self.remarks.contains(&text) {
            self.remarks.push(text);
        }
    }

    fn into_read(self) -> Read {
        let mut by_kind: BTreeMap<Kind, Vec<AnyObject>> = self.known.into_iter().map(|kind| (kind, Vec::new())).collect();
        let tiered = self.objects.values().any(|(_, object)| names_a_tier(object));
        for (key, (_, object)) in self.objects {
            by_kind.entry(key.kind).or_default().push(object);
        }
        let mut snapshot = Snapshot::default();
        for kind in Kind::ALL {
            match by_kind.remove(&kind) {
                Some(objects) => snapshot.set_all(kind, objects),
                // Few clusters have them, and what does not exist decides nothing.
                None if matches!(kind, Kind::AdminNetworkPolicy | Kind::BaselineAdminNetworkPolicy) => snapshot.set_all(kind, Vec::new()),
                // Routes decide nothing about packets: they are read for what must not be cut, where there are any.
                None if kind == Kind::BgpPeer => snapshot.set_all(kind, Vec::new()),
                // Calico before 3.29 has none, and where no policy names one they decide nothing.
                None if kind == Kind::Tier && !tiered => snapshot.set_all(kind, Vec::new()),
                None => snapshot.set_unknown(kind, ABSENT),
            }
        }
        // No file has to have what decides nothing.
        if snapshot.unknown(Kind::ServiceAccount).is_some() && snapshot.missed(Kind::ServiceAccount).is_none() {
            snapshot.set_all(Kind::ServiceAccount, Vec::new());
        }
        for unreadable in self.unreadable {
            snapshot.insert_unreadable(unreadable);
        }
        Read { snapshot, remarks: self.remarks, told: Told::default() }
    }
}

/// Whether the object is a policy of a tier that is not everybody's.
fn names_a_tier(object: &AnyObject) -> bool {
    let named = |spec: &PolicySpec| !spec.tier.is_empty() && spec.tier != DEFAULT_TIER;
    match object {
        AnyObject::NetworkPolicy(policy) => named(&policy.spec),
        AnyObject::GlobalNetworkPolicy(policy) => named(&policy.spec),
        _ => false,
    }
}
