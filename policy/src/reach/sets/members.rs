//! Which addresses a selector means.

use super::budget::TooMuch;
use super::kept::{Selected, is_selected};
use super::world::{Universe, World};
use crate::cidr::{Cidr, CidrSet, Family};
use crate::object::{AnyObject, GlobalNetworkSet, Kept, Kind, NetworkSet, Object, ObjectKey, ServiceMatch, ServiceRef};
use crate::selector::Selector;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// A net as Felix reads it: an address is a net of one, and what stands behind the prefix does not count
/// (`ParseCIDROrIP`, libcalico-go/lib/net/ipnet.go at v3.28.5).
pub(super) fn net(text: &str) -> Option<Cidr> {
    let net = text.parse::<ipnet::IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(ipnet::IpNet::from))?;
    Cidr::try_from(net.trunc()).ok()
}

impl World<'_> {
    /// The addresses among those asked about that a selector of a rule means: of pods and HostEndpoints, and the nets of sets.
    pub(super) fn members(&self, selector: &Selector, among: &Universe) -> Result<Arc<CidrSet>, TooMuch> {
        let key = (selector.clone(), among.id);
        if let Some(known) = self.memo.borrow().selectors.get(&key) {
            return Ok(known.clone());
        }
        let mut ranges = Vec::new();
        if let Some(selected) = self.selection(selector, among)? {
            ranges.extend(selected.endpoints.numbers(among.family));
            for key in &selected.sets {
                ranges.extend(self.nets_of(key)?.numbers(among.family));
            }
        } else {
            let mut seen = 0;
            for (first, last) in among.addresses.numbers(among.family) {
                let ends = (address(among.family, first), address(among.family, last));
                for (found, key) in self.snapshot.endpoints_between(ends.0, ends.1) {
                    seen += 1;
                    if self.is_selected(selector, key) {
                        ranges.push((number(found), number(found)));
                    }
                }
                seen += 1;
            }
            self.spend(seen, || format!("the endpoints that `{selector}` is tried on"))?;
            for key in self.sets().filter(|key| self.is_selected(selector, key)) {
                ranges.extend(self.nets_of(&key)?.numbers(among.family));
            }
        }
        self.spend(ranges.len(), || format!("the addresses of `{selector}`"))?;
        let found = Arc::new(CidrSet::of_numbers(among.family, ranges).intersection(&among.addresses));
        self.memo.borrow_mut().selectors.insert(key, found.clone());
        Ok(found)
    }

    /// What a selector selects: what is known, or what its labels lead to, or of everything where everyone is asked about. None where
    /// looking at what is asked about is less.
    fn selection(&self, selector: &Selector, among: &Universe) -> Result<Option<Arc<Selected>>, TooMuch> {
        let known = self.kept.borrow().get(selector);
        if let Some(known) = known {
            self.spend(known.tried, || format!("the endpoints and sets with labels of `{selector}`"))?;
            return Ok(Some(known));
        }
        let selected = match selector.anchors() {
            Some(anchors) => {
                let carriers: BTreeSet<&ObjectKey> = anchors.iter().flat_map(|anchor| self.snapshot.carriers_at(anchor)).collect();
                Selected::among(self.snapshot, selector, carriers.into_iter())
            }
            None if *among.addresses == CidrSet::from(Cidr::all(among.family)) => {
                let (first, last) = (address(Family::V4, 0), address(Family::V6, u128::MAX));
                let endpoints: BTreeSet<&ObjectKey> = self.snapshot.endpoints_between(first, last).map(|(_, key)| key).collect();
                let sets: Vec<ObjectKey> = self.sets().collect();
                Selected::among(self.snapshot, selector, endpoints.into_iter().chain(&sets))
            }
            None => return Ok(None),
        };
        self.spend(selected.tried, || format!("the endpoints and sets with labels of `{selector}`"))?;
        Ok(Some(self.kept.borrow_mut().keep(selector, selected)))
    }

    /// Whether a selector of a rule means this address.
    pub(super) fn means(&self, selector: &Selector, address: IpAddr) -> Result<bool, TooMuch> {
        let key = (selector.clone(), address);
        if let Some(known) = self.memo.borrow().held.get(&key) {
            return Ok(*known);
        }
        let mut endpoints = self.snapshot.endpoints_between(address, address);
        let mut found = endpoints.any(|(_, key)| self.is_selected(selector, key));
        if !found {
            for key in self.sets_of(selector) {
                if self.is_selected(selector, &key) && self.nets_of(&key)?.contains(address) {
                    found = true;
                    break;
                }
            }
        }
        self.memo.borrow_mut().held.insert(key, found);
        Ok(found)
    }

    /// The addresses of a Service's EndpointSlices, ready or not (felix/serviceindex/serviceindex.go:195 at v3.28.5).
    pub(super) fn endpoints_of(&self, services: &ServiceMatch) -> CidrSet {
        let Ok(service) = ServiceRef::new(&services.namespace, &services.name) else { return CidrSet::new() };
        let slices = self.snapshot.endpoint_slices(&service);
        slices.flat_map(|slice| &slice.endpoints).flat_map(|endpoint| &endpoint.addresses).filter_map(|text| net(text)).collect()
    }

    /// Whether a selector selects the object, as Felix has it.
    pub(super) fn is_selected(&self, selector: &Selector, key: &ObjectKey) -> bool {
        is_selected(self.snapshot, selector, key)
    }

    fn sets(&self) -> impl Iterator<Item = ObjectKey> {
        let global = self.snapshot.iter::<Kept<GlobalNetworkSet>>().map(|set| set.key());
        global.chain(self.snapshot.iter::<NetworkSet>().map(|set| set.key()))
    }

    /// The sets that a selector may select.
    fn sets_of(&self, selector: &Selector) -> Vec<ObjectKey> {
        let Some(anchors) = selector.anchors() else { return self.sets().collect() };
        let is_set = |key: &&ObjectKey| matches!(key.kind, Kind::NetworkSet | Kind::GlobalNetworkSet);
        let carriers = anchors.iter().flat_map(|anchor| self.snapshot.carriers_at(anchor));
        carriers.filter(is_set).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// The nets of a set; those that do not parse are left out (updateprocessors/networksetprocessor.go at v3.28.5).
    fn nets_of(&self, key: &ObjectKey) -> Result<Arc<CidrSet>, TooMuch> {
        let Some(object) = self.snapshot.find(key) else { return Ok(Arc::default()) };
        let (identity, nets) = match &object {
            AnyObject::GlobalNetworkSet(set) => (Arc::as_ptr(set).addr(), &set.spec.nets),
            AnyObject::NetworkSet(set) => (Arc::as_ptr(set).addr(), &set.spec.nets),
            _ => return Ok(Arc::default()),
        };
        if let Some((_, known)) = self.memo.borrow().nets.get(&identity) {
            return Ok(known.clone());
        }
        self.spend(nets.len(), || format!("the nets of {key}"))?;
        let found: Arc<CidrSet> = Arc::new(nets.iter().filter_map(|text| net(text)).collect());
        self.memo.borrow_mut().nets.insert(identity, (object.clone(), found.clone()));
        Ok(found)
    }
}

pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => address.into(),
    }
}

pub(super) fn address(family: Family, number: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(u32::try_from(number).unwrap_or(u32::MAX).into()),
        Family::V6 => IpAddr::V6(number.into()),
    }
}
