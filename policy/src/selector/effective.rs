//! What the selectors of an object mean once Calico has put them together: the namespace of a NetworkPolicy, the prefixes of
//! `namespaceSelector` and `serviceAccountSelector`, and the label selectors of Kubernetes.
//!
//! Sources, all at v3.28: `updateprocessors/{selectors,rules,globalnetworkpolicyprocessor,networkpolicyprocessor}.go` and
//! `conversion.go:387-435`.

use super::labels::{NAMESPACE, NAMESPACE_PREFIX, ORCHESTRATOR, SERVICE_ACCOUNT, SERVICE_ACCOUNT_PREFIX};
use super::node::Node;
use super::{Selector, SelectorError, equal, label, lexer, quotable};
use crate::object::{EntityRule, LabelSelector, PolicySpec, ServiceAccounts};

impl Selector {
    /// Which endpoints a policy applies to. `namespace` is that of a NetworkPolicy, empty for a GlobalNetworkPolicy.
    ///
    /// # Errors
    /// A selector of the policy does not parse, or they are too large together.
    pub fn of_policy(spec: &PolicySpec, namespace: &str) -> Result<Self, SelectorError> {
        let mut parts = Vec::new();
        if !spec.selector.is_empty() {
            parts.push(tree(&spec.selector)?);
        }
        if !namespace.is_empty() {
            parts.push(equal(NAMESPACE, namespace)?);
            if !spec.service_account_selector.is_empty() {
                parts.push(prefixed(&spec.service_account_selector, SERVICE_ACCOUNT_PREFIX)?);
            }
            return Self::new(nest(parts));
        }
        // In a GlobalNetworkPolicy a namespaceSelector also turns the `all()` of its selector into "in any namespace",
        // then a serviceAccountSelector what is left of them into "with a service account".
        if !spec.namespace_selector.is_empty() {
            parts.push(prefixed(&spec.namespace_selector, NAMESPACE_PREFIX)?);
            parts = parts.iter().map(|part| with_all(part, &Node::Has(NAMESPACE.into()))).collect();
        }
        if !spec.service_account_selector.is_empty() {
            parts.push(prefixed(&spec.service_account_selector, SERVICE_ACCOUNT_PREFIX)?);
            parts = parts.iter().map(|part| with_all(part, &Node::Has(SERVICE_ACCOUNT.into()))).collect();
        }
        Self::new(nest(parts))
    }

    /// Which endpoints and sets one side of a rule means by its `selector`, `namespaceSelector` and `serviceAccounts`; none if the side
    /// has none of them. `namespace` is that of a NetworkPolicy, empty for a GlobalNetworkPolicy.
    ///
    /// `notSelector` is not part of it: it is matched by itself, without any namespace.
    ///
    /// # Errors
    /// A selector of the rule does not parse, or they are too large together.
    pub fn of_side(side: &EntityRule, namespace: &str) -> Result<Option<Self>, SelectorError> {
        let mut parts = Vec::new();
        if !side.namespace_selector.is_empty() {
            let global = Node::Has(NAMESPACE.into()).negated();
            let selector = with_all(&prefixed(&side.namespace_selector, NAMESPACE_PREFIX)?, &Node::Has(NAMESPACE.into()));
            parts.push(selector.map(&|leaf| if *leaf == Node::Global { global.clone() } else { leaf.clone() }));
        } else if !namespace.is_empty() {
            parts.push(equal(NAMESPACE, namespace)?);
        }
        let accounts = side.service_accounts.as_ref().map(of_service_accounts).transpose()?.flatten();
        if side.selector.is_empty() && side.not_selector.is_empty() && side.namespace_selector.is_empty() && accounts.is_none() {
            return Ok(None);
        }
        let mut own = Vec::from_iter(accounts);
        if !side.selector.is_empty() {
            own.push(tree(&side.selector)?);
        }
        if !own.is_empty() {
            parts.push(nest(own));
        }
        if parts.is_empty() { Ok(None) } else { Self::new(nest(parts)).map(Some) }
    }

    /// A label selector of Kubernetes; `all()` for an empty one. With the sources of this module it is also what Calico makes of it,
    /// but for an operator that Kubernetes does not have, which Calico leaves out and which is an error here.
    ///
    /// # Errors
    /// A selector can not name a label or quote a value of it, or an operator is unknown.
    pub fn of_labels(selector: &LabelSelector) -> Result<Self, SelectorError> {
        Self::new(Node::and(requirements(selector)?))
    }

    /// Which Pods a Kubernetes NetworkPolicy in `namespace` applies to.
    ///
    /// # Errors
    /// As for [`Selector::of_labels`].
    pub fn of_kubernetes_policy(pods: &LabelSelector, namespace: &str) -> Result<Self, SelectorError> {
        let mut parts = vec![equal(ORCHESTRATOR, "k8s")?];
        parts.extend(requirements(pods)?);
        Self::new(nest(vec![Node::and(parts), equal(NAMESPACE, namespace)?]))
    }
}

fn tree(text: &str) -> Result<Node, SelectorError> {
    Ok(Selector::parse(text)?.root.as_ref().clone())
}

/// `((a && b) && c)`, as Calico puts selectors together one by one.
fn nest(parts: Vec<Node>) -> Node {
    parts.into_iter().reduce(|left, right| Node::and(vec![left, right])).unwrap_or(Node::All)
}

fn prefixed(text: &str, prefix: &str) -> Result<Node, SelectorError> {
    let root = tree(text)?.map(&|leaf| leaf.renamed(&|key| format!("{prefix}{key}").into()));
    // A label of nearly 512 characters is too long with the prefix: Felix could not read the result either.
    match root.leaves().iter().filter_map(|leaf| leaf.key()).find(|key| !lexer::is_label(key)) {
        Some(key) => Err(SelectorError::Label { key: key.to_owned() }),
        None => Ok(root),
    }
}

fn with_all(node: &Node, all: &Node) -> Node {
    node.map(&|leaf| if *leaf == Node::All { all.clone() } else { leaf.clone() })
}

fn of_service_accounts(accounts: &ServiceAccounts) -> Result<Option<Node>, SelectorError> {
    let mut parts = Vec::new();
    if !accounts.selector.is_empty() {
        parts.push(prefixed(&accounts.selector, SERVICE_ACCOUNT_PREFIX)?);
    }
    if !accounts.names.is_empty() {
        parts.push(Node::In { key: SERVICE_ACCOUNT.into(), values: values(SERVICE_ACCOUNT, &accounts.names)? });
    }
    Ok(if parts.is_empty() { None } else { Some(nest(parts)) })
}

fn requirements(selector: &LabelSelector) -> Result<Vec<Node>, SelectorError> {
    let mut parts = selector.match_labels.iter().map(|(key, value)| equal(key, value)).collect::<Result<Vec<_>, _>>()?;
    for requirement in &selector.match_expressions {
        let key = label(&requirement.key)?;
        parts.push(match requirement.operator.as_str() {
            "In" => Node::In { key, values: values(&requirement.key, &requirement.values)? },
            "NotIn" => Node::NotIn { key, values: values(&requirement.key, &requirement.values)? },
            "Exists" => Node::Has(key),
            "DoesNotExist" => Node::Has(key).negated(),
            operator => return Err(SelectorError::Operator { key: requirement.key.clone(), operator: operator.to_owned() }),
        });
    }
    Ok(parts)
}

fn values(key: &str, texts: &[String]) -> Result<Vec<Box<str>>, SelectorError> {
    Ok(Node::set(texts.iter().map(|text| quotable(key, text)).collect::<Result<_, _>>()?))
}
