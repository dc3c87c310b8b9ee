//! Every fact again on the second line of Calico, with iptables and with its own nftables, and what only that line has.

use anyhow::{Result, bail};
use end2end::proof::Run;
use end2end::world::{DataPlane, Line, World};

use super::{PAGE, failsafes, odd, of_the_page, tiers, traffic_policies, tunnels};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn calico_3_30_with_iptables() -> Result<()> {
    everything(DataPlane::IptablesLegacy).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn calico_3_30_with_nftables() -> Result<()> {
    everything(DataPlane::Nftables).await
}

/// All worlds, also after one on which packets say otherwise.
async fn everything(data_plane: DataPlane) -> Result<()> {
    let world = |text: &str| World::read(text)?.on(Some(Line::V3_30), Some(data_plane));
    let held = [
        of_the_page(&world(PAGE)?, Run::Long).await,
        failsafes::of_some(world(PAGE)?, Run::Long).await,
        tunnels::in_vxlan(&world(tunnels::VXLAN)?, Run::Long).await,
        traffic_policies::by_policy(&world(traffic_policies::WORLD)?, Run::Long).await,
        odd::of_it(&world(odd::ODD)?, Run::Long).await,
        tiers::of_the_page(&world(PAGE)?, Run::Long).await,
    ];
    let failed: Vec<String> = held.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n\n")) }
}
