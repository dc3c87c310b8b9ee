//! The faults, each one line.

use anyhow::{Result, ensure};

/// The law that holds both engines to each other.
const EQUAL: &str = "equal::";
/// The facts that hold both to what packets did.
const FACTS: &str = "facts::";

/// A fault.
pub(super) struct Mutant {
    /// What it does, in a word or two.
    pub(super) name: &'static str,
    /// The file, below `policy/src/reach`.
    pub(super) file: &'static str,
    /// The line that is taken out, without its indentation. It stands once in its file.
    pub(super) old: &'static str,
    /// The line that is put in its place.
    pub(super) new: &'static str,
    /// The tests of `policy/tests/reach` that catch it.
    pub(super) caught_by: &'static str,
}

/// The faults, in both engines: what is easily mistaken, and was.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "equal orders backwards",
        file: "trace/policies.rs",
        old: "by_order(self.order, other.order).then_with(|| self.backend_name.cmp(&other.backend_name))",
        new: "by_order(self.order, other.order).then_with(|| other.backend_name.cmp(&self.backend_name))",
        caught_by: FACTS,
    },
    Mutant {
        name: "failsafe ports open to every net",
        file: "trace/host_policy.rs",
        old: "failsafe.protocol == self.packet.protocol && failsafe.port == port && failsafe.net.is_none_or(|net| net.contains(end))",
        new: "failsafe.protocol == self.packet.protocol && failsafe.port == port && failsafe.net.is_none_or(|net| net.contains(end) || true)",
        caught_by: FACTS,
    },
    Mutant {
        name: "forward policy in spite of the mark",
        file: "trace/host_policy.rs",
        old: "if marked {",
        new: "if marked && self.hops.is_empty() {",
        caught_by: EQUAL,
    },
    Mutant {
        name: "nobody asks whether the answer gets back",
        file: "trace/answer.rs",
        old: "self.untracked_in(via)?;",
        new: "self.arrive(via)?;",
        caught_by: EQUAL,
    },
    Mutant {
        name: "a named HostEndpoint hides `*`",
        file: "trace/host_policy.rs",
        old: "for host in [own, of_all(self.world, self.node)].into_iter().flatten() {",
        new: "for host in own.or_else(|| of_all(self.world, self.node)) {",
        caught_by: FACTS,
    },
    Mutant {
        name: "the node's address in place of the tunnel's",
        file: "trace/route.rs",
        old: "Some(tunnel) => node.tunnel(tunnel, family),",
        new: "Some(_) => node.main(family),",
        caught_by: FACTS,
    },
    Mutant {
        name: "any protocol is the rule's",
        file: "trace/rule.rs",
        old: "let is = |protocol: &crate::object::IntOrString| ports::protocol(protocol) == Some(packet.protocol);",
        new: "let is = |protocol: &crate::object::IntOrString| ports::protocol(protocol).is_some();",
        caught_by: EQUAL,
    },
    Mutant {
        name: "`notNets` unread",
        file: "sets/rules.rs",
        old: "if !from.not_nets.is_empty() {",
        new: "if from.not_nets.len() > 9 {",
        caught_by: EQUAL,
    },
    Mutant {
        name: "`notPorts` unread",
        file: "sets/rules.rs",
        old: "(to.ports.is_empty() || named || numbered(&to.ports)) && !numbered(&to.not_ports)",
        new: "to.ports.is_empty() || named || numbered(&to.ports)",
        caught_by: EQUAL,
    },
    Mutant {
        name: "Pass allows",
        file: "sets/policies.rs",
        old: "Effect::Pass => next.extend(ranges),",
        new: "Effect::Pass => allowed.extend(ranges),",
        caught_by: EQUAL,
    },
    Mutant {
        name: "a tier's end denies nothing that is forwarded",
        file: "sets/policies.rs",
        old: "let ends = matches!(stage, Stage::Forward | Stage::Normal) && tier.first().is_some_and(|policy| self.tier_denies(&policy.tier));",
        new: "let ends = matches!(stage, Stage::Normal) && tier.first().is_some_and(|policy| self.tier_denies(&policy.tier));",
        caught_by: EQUAL,
    },
    Mutant {
        name: "normal policy on what is forwarded",
        file: "sets/policies.rs",
        old: "Stage::Forward => spec.apply_on_forward && !spec.pre_dnat && !spec.do_not_track,",
        new: "Stage::Forward => !spec.pre_dnat && !spec.do_not_track,",
        caught_by: EQUAL,
    },
    Mutant {
        name: "a profile that does not exist allows",
        file: "sets/hosts.rs",
        old: "None => name == \"projectcalico-default-allow\",",
        new: "None => !name.is_empty(),",
        caught_by: EQUAL,
    },
    Mutant {
        name: "endpoints that end are passed over where none is ready",
        file: "sets/topology.rs",
        old: "return sure(here().filter(|(_, back)| back.last_resort).map(|(at, _)| at).collect());",
        new: "return sure(ready);",
        caught_by: EQUAL,
    },
    Mutant {
        name: "zones that endpoints are meant for unread",
        file: "sets/topology.rs",
        old: "Hints::Zones => (false, whole.1),",
        new: "Hints::Zones => (false, false),",
        caught_by: EQUAL,
    },
    Mutant {
        name: "nodes that endpoints are meant for unread",
        file: "trace/topology.rs",
        old: "Hints::NodesAndZones => (true, true),",
        new: "Hints::NodesAndZones => (false, true),",
        caught_by: EQUAL,
    },
    Mutant {
        name: "`externalTrafficPolicy: Local` unread",
        file: "sets/proxy.rs",
        old: "_ => service.spec.external_traffic_policy == \"Local\",",
        new: "_ => false,",
        caught_by: FACTS,
    },
];

impl Mutant {
    /// The text of its file with the fault in it.
    ///
    /// # Errors
    /// When the line does not stand in it once.
    pub(super) fn put_into(&self, text: &str) -> Result<String> {
        let Self { name, file, old, new, .. } = self;
        let count = text.lines().filter(|line| line.trim() == *old).count();
        ensure!(count == 1, "the mutant `{name}` replaces a line that stands {count} times in policy/src/reach/{file}, not once: {old}");
        let line = |line: &str| if line.trim() == *old { line.replace(old, new) } else { line.to_owned() };
        Ok(text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    const MUTANT: Mutant = Mutant { name: "a fault", file: "x.rs", old: "if a {", new: "if !a {", caught_by: EQUAL };

    #[test]
    fn a_fault_takes_the_place_of_its_line_and_of_nothing_else() {
        assert_eq!(MUTANT.put_into("let b = 1;\n    if a {\n    } else if a {\n").unwrap(), "let b = 1;\n    if !a {\n    } else if a {\n");
    }

    #[test]
    fn a_line_that_is_not_there_once_is_named() {
        for (text, count) in [("if b {\n", 0), ("if a {\n  if a {\n", 2)] {
            let error = MUTANT.put_into(text).unwrap_err().to_string();
            assert!(error.contains("`a fault`") && error.contains(&format!("stands {count} times")) && error.contains("x.rs"), "{error}");
        }
    }

    #[test]
    fn every_fault_can_be_put_in() {
        let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy/src/reach");
        for mutant in MUTANTS {
            mutant.put_into(&fs::read_to_string(engine.join(mutant.file)).unwrap()).unwrap();
        }
        assert_eq!(MUTANTS.iter().map(|mutant| mutant.name).collect::<BTreeSet<_>>().len(), MUTANTS.len());
        for engine in ["trace/", "sets/"] {
            assert!(MUTANTS.iter().filter(|mutant| mutant.file.starts_with(engine)).count() >= 6, "faults in {engine}");
        }
    }
}
