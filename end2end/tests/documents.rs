//! What the documents say of tests is so: each fact that they quote stands in the file that they name.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

#[test]
fn facts_about_calico_are_held_by_the_tests_that_are_named() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let document = fs::read_to_string(docs.join("calico-behaviour.md"))?;
    let (with_packets, _) =
        document.split_once("\n## Held by source alone").context("the document has no section for what no packet showed")?;
    let mut quoted = 0;
    for item in with_packets.split("\n- ").skip(1) {
        let item = item.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, packets) = item.split_once(" Packets: ").with_context(|| format!("no packets hold this: {item}"))?;
        for file in packets.split("](").skip(1) {
            let (path, names) = file.split_once(')').context("a link has no end")?;
            let source = fs::read_to_string(docs.join(path)).with_context(|| format!("reading {path}"))?;
            for name in names.split('“').skip(1).filter_map(|rest| rest.split('”').next()) {
                let there = source.contains(&format!("\"{name}\"")) || source.contains(&format!("fn {name}("));
                ensure!(there, "{path} has no fact and no test \"{name}\"");
                quoted += 1;
            }
        }
    }
    ensure!(quoted > 30, "only {quoted} facts were found in the document");
    Ok(())
}
