//! An operator's machine in a temporary folder. It has the configuration files of the repository,
//! with paths and ports of the test.

use crate::readme;
use crate::service::{free_port, plain_folder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Site {
    disk: Option<SmallDisk>,
    folder: tempfile::TempDir,
    pub port: u16,
}

impl Site {
    /// A folder that the servers' users may enter, with a certificate for `localhost` and its CA's
    /// certificate.
    pub fn new() -> Site {
        Site::on(|_| None)
    }

    /// The same, on a disk of this size.
    pub fn on_a_small_disk(megabytes: u32) -> Site {
        Site::on(|folder| Some(SmallDisk::mount(folder, megabytes)))
    }

    fn on(disk: impl Fn(&Path) -> Option<SmallDisk>) -> Site {
        let folder = plain_folder();
        let disk = disk(folder.path());
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an open folder");
        let site = Site { disk, folder, port: free_port() };
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

    /// Adds an adapter to the list, as a new release of the hook would.
    pub fn add_adapter(&self, name: &str) {
        let list = File::options().append(true).open(self.path("adapters.txt"));
        writeln!(list.expect("the list of adapters"), "{name}").expect("a line");
    }

    /// Leaves no byte free on the small disk.
    pub fn fill_the_disk(&self) {
        assert!(self.disk.is_some(), "this would fill the machine's disk");
        let mut filler = File::create(self.path("filler")).expect("a file");
        for size in [1 << 16, 1 << 10, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    pub fn free_the_disk(&self) {
        fs::remove_file(self.path("filler")).expect("the disk is full");
    }

    /// Copies a configuration file of the repository, with each first text replaced by the second.
    pub fn install(&self, source: &str, name: &str, changes: &[(&str, String)]) -> PathBuf {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers").join(source);
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        fs::write(self.path(name), changed(text, changes)).expect("a configuration file");
        self.path(name)
    }
}

/// A tmpfs that is unmounted when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, megabytes: u32) -> SmallDisk {
        let options = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        readme::run(mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder));
        SmallDisk(folder.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(&self.0).status().ok();
    }
}

/// `text` with each first text replaced by the second. Panics if a first text is not found.
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

/// The certificate of a new CA, a certificate for `name` that it has signed, and the latter's key;
/// as PEM.
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
