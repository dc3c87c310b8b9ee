//! More worlds, on the second line of Calico: with iptables and with its own nftables, in VXLAN and without.

use anyhow::{Result, bail};
use end2end::proof::Run;
use end2end::world::{DataPlane, Encapsulation, Line};

use super::{Size, holds, seed};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn calico_3_30_with_iptables() -> Result<()> {
    everywhere(DataPlane::IptablesLegacy).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn calico_3_30_with_nftables() -> Result<()> {
    everywhere(DataPlane::Nftables).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn calico_3_30_where_it_once_was_not_so() -> Result<()> {
    super::judged::on_3_30().await
}

/// All worlds, also after one in which packets say otherwise.
async fn everywhere(data_plane: DataPlane) -> Result<()> {
    let (seed, size) = (seed(Run::Long)?, Size { situations: 12, packets: 300 });
    let mut failed = Vec::new();
    for (more, encapsulation) in (0..).zip([Encapsulation::None, Encapsulation::Vxlan]) {
        let held = holds(seed.wrapping_add(more), (Line::V3_30, data_plane, encapsulation), size, Run::Long).await;
        failed.extend(held.err().map(|error| format!("{error:#}")));
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n\n")) }
}
