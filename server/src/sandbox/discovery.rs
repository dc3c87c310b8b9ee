//! What the API says of itself: version, groups, kinds.

use super::resource::{GROUPS, GroupVersion, VERBS, has_status, names};
use serde_json::{Value, json};

/// `/version`: the Kubernetes version whose behaviour the sandbox follows.
pub(super) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "29",
        "gitVersion": "v1.29.15+sandbox",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": "",
        "platform": "",
    })
}

/// `/api`.
pub(super) fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

/// `/apis`.
pub(super) fn groups() -> Value {
    let groups: Vec<_> = GROUPS.into_iter().filter(|gv| !gv.group.is_empty()).map(group_entry).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub(super) fn group(gv: GroupVersion) -> Value {
    let mut group = group_entry(gv);
    group["kind"] = json!("APIGroup");
    group["apiVersion"] = json!("v1");
    group
}

fn group_entry(gv: GroupVersion) -> Value {
    let version = json!({"groupVersion": gv.name(), "version": gv.version});
    json!({"name": gv.group, "versions": [version], "preferredVersion": version})
}

/// `/api/v1`, `/apis/GROUP/VERSION`.
pub(super) fn kinds(gv: GroupVersion) -> Value {
    let mut resources = Vec::new();
    for kind in gv.kinds() {
        let names = names(kind);
        let mut resource = json!({
            "name": kind.plural(),
            "singularName": names.singular,
            "namespaced": kind.namespaced(),
            "kind": kind.name(),
            "verbs": VERBS,
        });
        if !names.short.is_empty() {
            resource["shortNames"] = json!(names.short);
        }
        resources.push(resource);
        if has_status(kind) {
            resources.push(json!({
                "name": format!("{}/status", kind.plural()),
                "singularName": "",
                "namespaced": kind.namespaced(),
                "kind": kind.name(),
                "verbs": ["get", "update"],
            }));
        }
    }
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": gv.name(), "resources": resources})
}
