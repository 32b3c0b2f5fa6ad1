//! An operator's machine in a temporary folder: the configuration files of the repository with this machine's paths and ports.

use crate::service::{free_port, plain_folder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub struct Site {
    folder: tempfile::TempDir,
    pub port: u16,
}

impl Site {
    /// A folder that servers' users may enter, with a certificate for `localhost` and the CA it comes from.
    pub fn new() -> Site {
        let folder = plain_folder();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an open folder");
        let site = Site { folder, port: free_port() };
        let (authority, certificate, key) = certificate_for("localhost");
        for (name, pem) in
            [("ca.pem", authority), ("fullchain.pem", certificate), ("privkey.pem", key)]
        {
            fs::write(site.path(name), pem).expect("a PEM file");
        }
        fs::copy(adapters(), site.path("adapters.txt")).expect("the list of adapters");
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, for a configuration file.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a path in UTF-8").to_owned()
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}/v1/telemetry/events", self.port)
    }

    /// Puts a configuration file of the repository here, with each text on the left, which must be there, replaced.
    pub fn install(&self, source: &str, name: &str, changes: &[(&str, String)]) -> PathBuf {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers").join(source);
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        fs::write(self.path(name), changed(text, changes)).expect("a configuration file");
        self.path(name)
    }
}

/// `text` with each text on the left replaced; panics where there is none.
pub fn changed(mut text: String, changes: &[(&str, String)]) -> String {
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} is not in it:\n{text}");
        text = text.replace(from, to);
    }
    text
}

pub fn adapters() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/adapters.txt")
}

/// A CA's certificate, one that it signs for `name`, and its key, as PEM.
fn certificate_for(name: &str) -> (String, String, String) {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, "an authority for one test");
    let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key"))
        .expect("a CA");
    let key = KeyPair::generate().expect("a key");
    let parameters = CertificateParams::new([name.to_owned()]).expect("a host name");
    let certificate = parameters.signed_by(&key, &authority).expect("a certificate");
    (authority.pem(), certificate.pem(), key.serialize_pem())
}
