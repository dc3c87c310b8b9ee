//! What was found in files, put together to a cluster.

use super::content::{self, Content, Contents, Item};
use super::{File, stream};
use crate::cli::source::Read;
use crate::cluster::{self, Program};
use anyhow::{anyhow, bail};
use policy::object::{AnyObject, Kind, ObjectKey, Unreadable};
use policy::snapshot::Snapshot;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Why a kind is unknown.
const ABSENT: &str = "none is in the files";

/// What was found in files.
#[derive(Default)]
pub(super) struct Found<'a> {
    objects: BTreeMap<ObjectKey, (&'a Path, AnyObject)>,
    unreadable: Vec<Unreadable>,
    /// Kinds of which a List was seen, or an object.
    known: BTreeSet<Kind>,
    /// How the programs on the nodes are set.
    programs: BTreeMap<Program, Value>,
    remarks: Vec<String>,
}

impl<'a> Found<'a> {
    /// What is in these files, whose texts were read.
    pub(super) fn in_files(files: &'a [File], contents: &Contents) -> anyhow::Result<Self> {
        let mut found = Self::default();
        for File { path, text } in files {
            let by_piece: Option<Vec<&Content>> = stream::pieces(text).into_iter().map(|piece| contents.of(piece)).collect();
            if let Some(by_piece) = by_piece {
                by_piece.into_iter().try_for_each(|content| found.add(path, content))?;
                continue;
            }
            // Only the whole tells where in the file it fails.
            let documents = stream::documents(text).map_err(|error| anyhow!("`{}` cannot be read: {error}", path.display()))?;
            found.add(path, &content::of_documents(documents))?;
        }
        Ok(found)
    }

    fn add(&mut self, file: &'a Path, content: &Content) -> anyhow::Result<()> {
        let items = content.as_ref().map_err(|refused| anyhow!("`{}` holds {refused}", file.display()))?;
        for item in items {
            match item {
                Item::Object(object) => self.object(file, object)?,
                Item::Unreadable(unreadable) => {
                    self.known.insert(unreadable.key.kind);
                    self.unreadable.push(unreadable.clone());
                }
                Item::Program(program, object) => {
                    self.programs.insert(*program, object.clone());
                }
                Item::ListOf(kind) => {
                    self.known.insert(*kind);
                }
                Item::LeftOut { kind, api_version } => self.remark(format!(
                    "`{}`: {kind} of {api_version} is left out: Portcullis reads projectcalico.org/v3 only",
                    file.display()
                )),
            }
        }
        Ok(())
    }

    fn object(&mut self, file: &'a Path, object: &AnyObject) -> anyhow::Result<()> {
        let key = object.key();
        self.known.insert(key.kind);
        if let Some((first, same)) = self.objects.get(&key)
            && same != object
        {
            bail!("{key} stands in `{}` and, with other content, in `{}`", first.display(), file.display());
        }
        self.objects.insert(key, (file, object.clone()));
        Ok(())
    }

    fn remark(&mut self, text: String) {
        if !self.remarks.contains(&text) {
            self.remarks.push(text);
        }
    }

    /// The cluster, which has in common with another what is the same in both.
    pub(super) fn into_read(self, mut snapshot: Snapshot) -> Read {
        let mut by_kind: BTreeMap<Kind, Vec<AnyObject>> = self.known.into_iter().map(|kind| (kind, Vec::new())).collect();
        let tiered = self.objects.values().any(|(_, object)| names_a_tier(object));
        for (key, (_, object)) in self.objects {
            by_kind.entry(key.kind).or_default().push(object);
        }
        for kind in Kind::ALL {
            match by_kind.remove(&kind) {
                Some(objects) => snapshot.set_all(kind, objects),
                // Few clusters have them, and what does not exist decides nothing.
                None if matches!(kind, Kind::AdminNetworkPolicy | Kind::BaselineAdminNetworkPolicy | Kind::StagedGlobalNetworkPolicy) => {
                    snapshot.set_all(kind, Vec::new());
                }
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
        Read { snapshot, remarks: self.remarks, told: cluster::told(&self.programs), cluster: None }
    }
}

/// Whether the object is a policy of a tier that is not everybody's.
fn names_a_tier(object: &AnyObject) -> bool {
    match object {
        AnyObject::NetworkPolicy(policy) => policy.spec.named_tier().is_some(),
        AnyObject::GlobalNetworkPolicy(policy) => policy.spec.named_tier().is_some(),
        _ => false,
    }
}
