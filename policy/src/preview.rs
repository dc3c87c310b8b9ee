//! What an access becomes: the generated policies with a sentence for each rule. Computed in the browser as one types, and by the
//! server for every plan, by the same code.

use crate::finding::Finding;
use crate::object::ObjectKey;
use crate::plan::Role;
use serde::{Deserialize, Serialize};

/// What an access becomes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// What the change comes to, in one sentence.
    pub summary: String,
    /// The generated objects of this Service in the order of their roles. HostEndpoints are counted in the summary and listed in the
    /// plan, not here.
    pub objects: Vec<PreviewObject>,
    /// What to know first; blockers first.
    pub findings: Vec<Finding>,
}

/// One generated object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewObject {
    /// Its part in the recipe.
    pub role: Role,
    /// Its identity.
    pub key: ObjectKey,
    /// Its YAML, cut into blocks so that each rule can carry its sentence. Joined by line ends they are the whole document.
    pub blocks: Vec<YamlBlock>,
}

/// Lines of YAML that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct YamlBlock {
    /// The lines, without a line end behind the last.
    pub yaml: String,
    /// What the block does; empty where it is no rule.
    pub sentence: String,
    /// The rows of the access editor (indexes into `Access::clients`) that made it.
    pub rows: Vec<u32>,
}
