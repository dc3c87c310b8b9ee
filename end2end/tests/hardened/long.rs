//! The same on the second line of Calico, with iptables and with its own nftables.

use anyhow::Result;
use end2end::operator::on_eth0;
use end2end::proof::Run;
use end2end::world::{DataPlane, Line, World};
use policy::access::HostEndpoints;

use super::{AUTOMATIC, EVERY_ADDRESS, FAILSAFES, PLAIN, THEIRS, WEB_VXLAN, alone, guards};

fn on_3_30(text: &str, data_plane: DataPlane) -> Result<World> {
    World::read(text)?.on(Some(Line::V3_30), Some(data_plane))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn a_plain_cluster_with_nftables() -> Result<()> {
    guards("plain", on_3_30(PLAIN, DataPlane::Nftables)?, on_eth0()?, Run::Long).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn vxlan_with_nftables() -> Result<()> {
    guards("web-vxlan", on_3_30(WEB_VXLAN, DataPlane::Nftables)?, on_eth0()?, Run::Long).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn vxlan_with_iptables_nft() -> Result<()> {
    guards("web-vxlan", on_3_30(WEB_VXLAN, DataPlane::IptablesNft)?, on_eth0()?, Run::Long).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn host_endpoints_that_somebody_named_with_nftables() -> Result<()> {
    guards("theirs", on_3_30(THEIRS, DataPlane::Nftables)?, HostEndpoints::Existing, Run::Long).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn automatic_host_endpoints_with_iptables() -> Result<()> {
    guards("automatic", on_3_30(AUTOMATIC, DataPlane::IptablesLegacy)?, HostEndpoints::Existing, Run::Long).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn every_address_of_a_service_with_nftables() -> Result<()> {
    guards("every-address", on_3_30(EVERY_ADDRESS, DataPlane::Nftables)?, on_eth0()?, Run::Long).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn failsafe_ports_with_nftables() -> Result<()> {
    guards("failsafes", on_3_30(FAILSAFES, DataPlane::Nftables)?, on_eth0()?, Run::Long).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the rig, and `--long`"]
async fn the_pods_alone_with_nftables() -> Result<()> {
    alone::guards("pods-alone", on_3_30(&alone::local(EVERY_ADDRESS)?, DataPlane::Nftables)?, Run::Long).await
}
