//! Staged policies on HostEndpoints: none of their rules decides, but that there is one does.

use super::host_endpoint::Host;
use super::policies::Bucket;
use super::world::World;
use crate::object::{AnyObject, Kind, Object, ObjectKey, PolicySpec, StagedGlobalNetworkPolicy};
use crate::reach::verdict::Unknown;
use crate::selector::Selector;
use crate::validate::dropped_by_felix;

impl World<'_> {
    /// A staged policy of a bucket that is on a HostEndpoint, in either direction.
    pub(super) fn staged(&self, host: Host<'_>, bucket: Bucket) -> Result<Option<ObjectKey>, Unknown> {
        if !self.settings.line.value.has_staged_policies() {
            return Ok(None);
        }
        let kinds = [Kind::StagedGlobalNetworkPolicy];
        if let Some(why) = self.not_read(&kinds).or_else(|| self.unreadable(&kinds, None)) {
            return Err(why);
        }
        let labels = self.host_labels(host);
        for staged in self.snapshot.iter::<StagedGlobalNetworkPolicy>() {
            let Some(spec) = staged.heard_of().filter(|spec| is_in(spec, bucket)) else { continue };
            if !spec.namespace_selector.is_empty() && host.profile_namespace().is_some() && self.snapshot.unknown(Kind::Namespace).is_some()
            {
                return Err(Unknown::NotRead(Kind::Namespace));
            }
            let Ok(selector) = Selector::of_policy(spec, "") else { continue };
            if selector.matches(&labels) && dropped_by_felix(&AnyObject::StagedGlobalNetworkPolicy(staged.clone())).is_empty() {
                return Ok(Some(staged.key()));
            }
        }
        Ok(None)
    }
}

fn is_in(spec: &PolicySpec, bucket: Bucket) -> bool {
    match bucket {
        Bucket::Untracked => spec.do_not_track,
        // It has no egress.
        Bucket::PreDnat => spec.pre_dnat && !spec.do_not_track && spec.governs("Ingress"),
        Bucket::Forward => spec.apply_on_forward && !spec.pre_dnat && !spec.do_not_track,
        Bucket::Normal => !spec.pre_dnat && !spec.do_not_track,
    }
}
