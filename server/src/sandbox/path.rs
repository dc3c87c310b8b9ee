//! What a URL's path means.

use super::resource::{GROUPS, GroupVersion};
use super::status::ApiError;
use policy::object::{Kind, ObjectKey};

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `/livez`, `/readyz`, `/healthz`.
    Health,
    /// `/version`.
    Version,
    /// `/api`: the versions of the core group.
    CoreVersions,
    /// `/apis`: every other group.
    Groups,
    /// `/apis/GROUP`.
    Group(GroupVersion),
    /// `/api/v1`, `/apis/GROUP/VERSION`: the kinds of a group.
    Kinds(GroupVersion),
    /// All objects of a kind, in one namespace or (none) in all.
    Collection { kind: Kind, namespace: Option<String> },
    /// One object.
    Object(ObjectKey),
    /// The status of one object.
    Status(ObjectKey),
}

impl Target {
    /// The kind it asks for, if it asks for objects.
    pub(super) const fn kind(&self) -> Option<Kind> {
        match self {
            Self::Collection { kind, .. } => Some(*kind),
            Self::Object(key) | Self::Status(key) => Some(key.kind),
            _ => None,
        }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// [`ApiError::UnknownPath`]: no group, version or kind of that name, or a namespace where there can be none.
    pub(super) fn parse(path: &str) -> Result<Self, ApiError> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, rest) = match parts.as_slice() {
            ["livez" | "readyz" | "healthz"] => return Ok(Self::Health),
            ["version"] => return Ok(Self::Version),
            ["api"] => return Ok(Self::CoreVersions),
            ["apis"] => return Ok(Self::Groups),
            ["apis", name] => return find(|gv| !name.is_empty() && gv.group == *name).map(Self::Group),
            ["api", version, rest @ ..] => (find(|gv| gv.group.is_empty() && gv.version == *version)?, rest),
            ["apis", name, version, rest @ ..] => (find(|gv| !name.is_empty() && gv.group == *name && gv.version == *version)?, rest),
            _ => return Err(ApiError::UnknownPath),
        };
        let kind = |plural: &str| group.find(plural).ok_or(ApiError::UnknownPath);
        let within = |plural: &str, namespace: &str, name: &str| {
            let kind = kind(plural)?;
            // A cluster-wide kind has no paths under a namespace, and the other way round.
            if kind.namespaced() == namespace.is_empty() {
                return Err(ApiError::UnknownPath);
            }
            Ok(ObjectKey::new(kind, namespace, name))
        };
        match rest {
            [] => Ok(Self::Kinds(group)),
            [plural] => Ok(Self::Collection { kind: kind(plural)?, namespace: None }),
            ["namespaces", name] if group.group.is_empty() => Ok(Self::Object(within("namespaces", "", name)?)),
            ["namespaces", name, "status"] if group.group.is_empty() => Ok(Self::Status(within("namespaces", "", name)?)),
            ["namespaces", namespace, plural] => {
                let key = within(plural, namespace, "")?;
                Ok(Self::Collection { kind: key.kind, namespace: Some(key.namespace) })
            }
            ["namespaces", namespace, plural, name] => Ok(Self::Object(within(plural, namespace, name)?)),
            ["namespaces", namespace, plural, name, "status"] => Ok(Self::Status(within(plural, namespace, name)?)),
            [plural, name] => Ok(Self::Object(within(plural, "", name)?)),
            [plural, name, "status"] => Ok(Self::Status(within(plural, "", name)?)),
            _ => Err(ApiError::UnknownPath),
        }
    }
}

fn find(wanted: impl Fn(&GroupVersion) -> bool) -> Result<GroupVersion, ApiError> {
    GROUPS.into_iter().find(wanted).ok_or(ApiError::UnknownPath)
}
