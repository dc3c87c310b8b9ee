//! Whose an object is: what Portcullis wrote for a Service, and objects of others with labels that its rules go by.

use crate::names;
use crate::object::{AnyObject, Labels};

/// Of a set of ours, the Service that it belongs to.
pub(super) fn owner(object: &AnyObject) -> Labels {
    let AnyObject::GlobalNetworkSet(set) = object else { return Labels::default() };
    let service = set.metadata.annotations.get_key_value(names::SERVICE_ANNOTATION).filter(|_| names::is_ours(&set.metadata));
    service.map(|(key, value)| (key.clone(), value.clone())).into_iter().collect()
}

/// Of a pod or a set of others, the labels that are Portcullis' to give.
pub(super) fn strange(object: &AnyObject) -> Labels {
    let ours = matches!(object, AnyObject::GlobalNetworkSet(set) if names::is_ours(&set.metadata));
    let labels = object.meta().labels.iter().filter(|(key, _)| !ours && names::is_our_label(key));
    labels.map(|(key, value)| (key.clone(), value.clone())).collect()
}
