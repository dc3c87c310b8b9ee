//! Keys and certificates of one rig: made new for each, gone with it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

use super::folder::RunFolder;

/// The address of kube-apiserver inside the box. The Calico API server is reached there too, and it may not be a loopback address.
pub(super) const ADDRESS: &str = "10.0.9.10";

/// The name under which kube-apiserver calls the Calico API server.
pub(super) const FRONT_PROXY: &str = "front-proxy-client";

/// Where the files are.
pub(super) struct Certificates(PathBuf);

impl Certificates {
    pub(super) fn of(run: &RunFolder) -> Self {
        Self(run.certificates())
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The administrator's token, which stands alone in its file.
    pub(super) fn token(&self) -> Result<String> {
        fs::read_to_string(self.file("token")).context("reading the administrator's token")
    }
}

/// Writes them all: an authority, kube-apiserver's own certificate, its client certificate for the Calico API server, the key of service
/// accounts, and the administrator's token.
pub(super) fn write(run: &RunFolder) -> Result<()> {
    let files = Certificates::of(run);
    let key = KeyPair::generate()?;
    let mut authority = named("portcullis-rig", &[])?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(files.file("ca.crt"), authority.self_signed(&key)?.pem())?;
    let authority = Issuer::new(authority, key);

    let server = named("kube-apiserver", &["localhost", "127.0.0.1", ADDRESS, "kubernetes.default.svc", "10.20.0.1"])?;
    signed(&authority, server, ExtendedKeyUsagePurpose::ServerAuth, &files.file("apiserver"))?;
    signed(&authority, named(FRONT_PROXY, &[])?, ExtendedKeyUsagePurpose::ClientAuth, &files.file("front-proxy"))?;

    let accounts = KeyPair::generate()?;
    fs::write(files.file("accounts.key"), accounts.serialize_pem())?;
    fs::write(files.file("accounts.pub"), accounts.public_key_pem())?;

    let token = random_hex()?;
    fs::write(files.file("tokens.csv"), format!("{token},rig-admin,rig-admin,\"system:masters\"\n"))?;
    fs::write(files.file("token"), token)?;
    Ok(())
}

fn named(name: &str, alternatives: &[&str]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(alternatives.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn signed(authority: &Issuer<'_, KeyPair>, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose, file: &Path) -> Result<()> {
    params.extended_key_usages.push(usage);
    let key = KeyPair::generate()?;
    fs::write(file.with_extension("crt"), params.signed_by(&key, authority)?.pem())?;
    fs::write(file.with_extension("key"), key.serialize_pem())?;
    Ok(())
}

fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
