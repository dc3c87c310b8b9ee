//! What the form of many Services says: ranges as they are pasted, each line with the ports that it is for.

use policy::access::{Bulk, How, Port};
use policy::cidr::list::parse;
use std::collections::BTreeMap;

/// Reads the form. `ranges` is a list with ports behind the ranges of a line, as `50.60.0.0/16 TCP/443 # office`; without any, all ports.
///
/// # Errors
/// What cannot be read, with the rule that it breaks.
pub(crate) fn read(services: &str, how: How, ranges: &str, groups: &[String], group_ports: &str) -> Result<Bulk, String> {
    let (list, ports) = split(ranges);
    if how == How::Remove
        && let Some(line) = ports.keys().next()
    {
        return Err(format!("line {line}: ranges are taken away on every port, so no port is named beside them"));
    }
    // Groups need no range beside them.
    let groups_alone = !groups.is_empty() && list.trim().is_empty();
    let read = if groups_alone { Bulk::read(services, How::Open, "") } else { Bulk::read(services, how, &list) };
    let mut bulk = read.map_err(|error| error.to_string())?;
    // The entries are the same again, with the lines that they stand in.
    for (client, entry) in bulk.clients.iter_mut().zip(parse(&list).entries) {
        client.ports = ports.get(&entry.line).cloned().unwrap_or_default();
    }
    let groups = groups.iter().map(|name| name.parse().map_err(|error: policy::access::NotAGroupName| error.to_string()));
    let named = words(group_ports).map(|word| word.parse::<Port>().map_err(|error| error.to_string()));
    Ok(Bulk { how, groups: groups.collect::<Result<_, _>>()?, group_ports: sorted(named.collect::<Result<_, _>>()?), ..bulk })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t', '\n', '\r']).filter(|word| !word.is_empty())
}

fn sorted(mut ports: Vec<Port>) -> Vec<Port> {
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The list without its ports, and the ports by line, from 1.
fn split(text: &str) -> (String, BTreeMap<u32, Vec<Port>>) {
    let mut ports = BTreeMap::new();
    let line = |(at, line): (u32, &str)| {
        let (ranges, note) = line.split_once('#').map_or((line, None), |(ranges, note)| (ranges, Some(note)));
        let (named, rest): (Vec<&str>, Vec<&str>) = words(ranges).partition(|word| word.parse::<Port>().is_ok());
        if named.is_empty() {
            return line.to_owned();
        }
        ports.insert(at, sorted(named.iter().filter_map(|word| word.parse().ok()).collect()));
        note.map_or_else(|| rest.join(" "), |note| format!("{} #{note}", rest.join(" ")))
    };
    let list: Vec<String> = (1_u32..).zip(text.split('\n')).map(line).collect();
    (list.join("\n"), ports)
}

#[cfg(test)]
mod tests {
    use super::read;
    use policy::access::How;

    #[test]
    fn a_line_names_the_ports_of_its_ranges() {
        let text = "50.60.0.0/16 TCP/443 tcp/80 # office\n\n203.0.113.0/24, 198.51.100.0/24 UDP/53\n192.0.2.7";
        let bulk = read("a/b a/c", How::Add, text, &["office".to_owned()], "TCP/443").unwrap();
        let ports = |at: usize| bulk.clients[at].ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!([ports(0), ports(1), ports(2), ports(3)], ["TCP/80 TCP/443", "UDP/53", "UDP/53", ""]);
        assert_eq!(bulk.clients[0].note, "office");
        assert_eq!((bulk.groups.len(), bulk.group_ports.len()), (1, 1));
    }

    #[test]
    fn what_breaks_a_rule_is_named_with_its_line() {
        let said = |how, text: &str, groups: &[String], ports: &str| read("a/b", how, text, groups, ports).unwrap_err();
        assert!(said(How::Add, "50.60.0.0/16 TCP/443\n50.60.0.1/24 TCP/443", &[], "").contains("line 2"));
        assert!(said(How::Add, "50.60.0.0/16 TCP/99999", &[], "").contains("line 1"));
        assert_eq!(
            said(How::Remove, "\n50.60.0.0/16 TCP/443", &[], ""),
            "line 2: ranges are taken away on every port, so no port is named beside them"
        );
        assert!(said(How::Add, "", &["The Office".to_owned()], "").contains("The Office"));
        assert!(said(How::Add, "", &["office".to_owned()], "https").contains("https"));
        assert!(said(How::Add, "", &[], "").contains("the list is empty"));
    }

    #[test]
    fn groups_need_no_range_beside_them() {
        let bulk = read("a/b", How::Add, "\n", &["office".to_owned()], "").unwrap();
        assert_eq!((bulk.how, bulk.clients.len(), bulk.groups.len()), (How::Add, 0, 1));
    }
}
