//! Facts, records and the document that is made of them.

use std::net::Ipv4Addr;

use anyhow::Result;

use super::*;
use crate::agent::Outcome;
use crate::world::{DataPlane, Line, World};

const PAGE: &str = include_str!("../../worlds/page.yaml");

fn record(data_plane: DataPlane, differences: &[&str]) -> Result<Record> {
    of(&World::read(PAGE)?.on(None, Some(data_plane))?, Run::Every, differences)
}

fn long(data_plane: DataPlane) -> Result<Record> {
    of(&World::read(PAGE)?.on(Some(Line::V3_30), Some(data_plane))?, Run::Long, &[])
}

fn of(world: &World, run: Run, differences: &[&str]) -> Result<Record> {
    let mut record = Record::new("page", "page", world, run);
    record.add("a fact", 4, Vec::new());
    record.add("another", 3, differences.iter().map(|text| (*text).to_owned()).collect());
    Ok(record)
}

#[test]
fn an_outcome_is_what_was_expected_or_not() {
    let seen = Ipv4Addr::new(10, 0, 1, 1);
    let allowed = Outcome::Allowed { by: "shop/web".to_owned(), seen: seen.into() };
    for (expected, holds) in [
        (Expected::Reached, true),
        (Expected::Seen(seen.into()), true),
        (Expected::Seen(Ipv4Addr::LOCALHOST.into()), false),
        (Expected::AnsweredBy("shop/web".to_owned()), true),
        (Expected::AnsweredBy("shop/other".to_owned()), false),
        (Expected::Cut, false),
    ] {
        assert_eq!(expected.holds(&allowed), holds, "{expected:?}");
    }
    assert!(Expected::Cut.holds(&Outcome::Denied));
    for other in [Outcome::Refused, Outcome::Silent, Outcome::Unsent(String::new())] {
        assert!(!Expected::Cut.holds(&other) && !Expected::Reached.holds(&other), "{other:?} is neither");
    }
}

#[test]
fn the_document_names_each_fact_once_with_where_it_was_seen() -> Result<()> {
    let matrix = Matrix::of(vec![record(DataPlane::IptablesNft, &[])?, record(DataPlane::IptablesLegacy, &[])?]);
    let document = matrix.document(None)?;
    assert!(document.contains("| page | 3.28.5 | iptables-legacy | no encapsulation | `page` | 2 | 7 | all |\n"), "{document}");
    assert!(document.contains("\n- a fact (iptables-legacy, iptables-nft)\n"), "{document}");
    assert!(document.contains("| eBPF |"), "{document}");
    assert_eq!(matrix.differences(), Vec::<String>::new());
    Ok(())
}

#[test]
fn what_did_not_hold_is_said() -> Result<()> {
    let matrix = Matrix::of(vec![record(DataPlane::IptablesLegacy, &["a to b"])?]);
    let document = matrix.document(None)?;
    assert!(document.contains("- another (iptables-legacy): **packets say otherwise**\n"), "{document}");
    assert!(document.contains("| 2 | 7 | **1** |"), "{document}");
    assert_eq!(matrix.differences(), ["page, page: another: a to b"]);
    Ok(())
}

#[test]
fn what_longer_runs_add_is_kept_by_a_run_that_is_none() -> Result<()> {
    let every = record(DataPlane::IptablesLegacy, &[])?;
    let none = Matrix::of(vec![every.clone()]).document(None)?;
    assert!(none.contains("`cargo xtask test --only rig --long` was not run"), "{none}");
    let all = Matrix::of(vec![long(DataPlane::Nftables)?, every.clone(), long(DataPlane::IptablesLegacy)?]).document(Some(&none))?;
    assert!(all.contains("\n- a fact (iptables-legacy)\n"), "{all}");
    assert!(all.contains("\n- a fact (3.30.1 iptables-legacy, 3.30.1 nftables)\n"), "{all}");
    assert!(all.contains("| page | 3.30.1 | nftables | no encapsulation | `page` | 2 | 7 | all |\n"), "{all}");
    assert!(!all.contains("was not run"), "{all}");
    assert_eq!(Matrix::of(vec![every]).document(Some(&all))?, all);
    // Of its own rows a run keeps nothing.
    let other = Matrix::of(vec![record(DataPlane::IptablesNft, &[])?]).document(Some(&all))?;
    assert!(other.contains("\n- a fact (iptables-nft)\n") && !other.contains("\n- a fact (iptables-legacy)\n"), "{other}");
    assert!(other.contains("\n- a fact (3.30.1 iptables-legacy, 3.30.1 nftables)\n"), "{other}");
    Ok(())
}

#[test]
fn longer_runs_alone_are_no_document() -> Result<()> {
    let refused = Matrix::of(vec![long(DataPlane::Nftables)?]).document(None).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|text| text.contains("nothing was run")));
    Ok(())
}

#[test]
fn nothing_run_is_no_document() {
    let refused = Matrix::of(Vec::new()).document(None).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|text| text.contains("nothing was run")));
}
