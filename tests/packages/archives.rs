//! The contents of the wheels, the archives and the Linux packages.

use crate::common::sandbox::binary;
use crate::common::trials::trials;
use crate::{given, only_file, succeed};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A wheel: the part of its file name that is unique, Rust's target, and the systems in its tags.
struct Wheel {
    word: &'static str,
    target: &'static str,
    tags: &'static [&'static str],
}

const WHEELS: [Wheel; 5] = [
    Wheel {
        word: "manylinux2014_x86_64",
        target: "x86_64-unknown-linux-musl",
        tags: &["manylinux2014_x86_64", "manylinux_2_17_x86_64", "musllinux_1_1_x86_64"],
    },
    Wheel {
        word: "manylinux2014_aarch64",
        target: "aarch64-unknown-linux-musl",
        tags: &["manylinux2014_aarch64", "manylinux_2_17_aarch64", "musllinux_1_1_aarch64"],
    },
    Wheel { word: "win_amd64", target: "x86_64-pc-windows-gnu", tags: &["win_amd64"] },
    Wheel { word: "_arm64", target: "aarch64-apple-darwin", tags: &["macosx_11_0_arm64"] },
    Wheel {
        word: "macosx_10_12_x86_64",
        target: "x86_64-apple-darwin",
        tags: &["macosx_10_12_x86_64"],
    },
];

/// PyPI's own limit is far higher. A wheel above this limit contains something unexpected.
const LARGEST_WHEEL_BYTES: u64 = 1_000_000;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        every_wheel_carries_the_binary_that_was_built needs ["python3"],
        every_wheel_has_the_tags_of_its_system needs ["python3"],
        every_wheel_names_every_licence needs ["python3"],
        every_wheel_has_the_manual_page_and_a_page_for_pypi needs ["python3"],
        deb_and_tar_carry_the_binary_and_its_manual needs ["dpkg-deb", "tar"],
        lintian_finds_no_error needs ["lintian"],
        rpmlint_finds_no_error needs ["rpmlint"],
    ]
}

/// All wheels that were built, unpacked. There is always one for this machine.
fn wheels() -> Vec<(&'static Wheel, Unpacked)> {
    let files = fs::read_dir(given("PACKAGES")).expect("the packages");
    let files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    let is_wheel = |file: &&PathBuf| file.extension() == Some(OsStr::new("whl"));
    let built: Vec<_> =
        files.iter().filter(is_wheel).map(|file| (wheel_of(file), unpack(file))).collect();
    assert!(built.iter().any(|(wheel, _)| wheel.target.starts_with("x86_64-unknown-linux")));
    built
}

fn wheel_of(file: &Path) -> &'static Wheel {
    let name = file.file_name().expect("a name").to_string_lossy();
    let wheel = WHEELS.iter().find(|wheel| name.contains(wheel.word));
    wheel.unwrap_or_else(|| panic!("a wheel for another system: {name}"))
}

struct Unpacked {
    folder: tempfile::TempDir,
    bytes: u64,
}

impl Unpacked {
    fn read(&self, file: &str) -> Vec<u8> {
        let version = env!("CARGO_PKG_VERSION");
        let path = self.folder.path().join(format!("docglow_telemetry-{version}.{file}"));
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn text(&self, file: &str) -> String {
        String::from_utf8(self.read(file)).expect("text")
    }
}

fn unpack(wheel: &Path) -> Unpacked {
    let folder = tempfile::tempdir().expect("a temporary folder");
    succeed(Command::new("python3").args(["-m", "zipfile", "-e"]).args([wheel, folder.path()]));
    Unpacked { folder, bytes: fs::metadata(wheel).expect("the wheel").len() }
}

fn every_wheel_carries_the_binary_that_was_built() {
    for (Wheel { target, .. }, unpacked) in wheels() {
        let suffix = if target.contains("windows") { ".exe" } else { "" };
        let name = format!("docglow-telemetry{suffix}");
        let built = given("BUILDS").join(target).join("release").join(&name);
        let carried = unpacked.read(&format!("data/scripts/{name}"));
        assert!(
            carried == fs::read(built).expect("the binary"),
            "{target}: not the binary that was built"
        );
        println!("{target}: the binary has {} bytes, its wheel {}", carried.len(), unpacked.bytes);
        assert!(unpacked.bytes < LARGEST_WHEEL_BYTES, "{target}: {} bytes", unpacked.bytes);
    }
}

fn every_wheel_has_the_tags_of_its_system() {
    for (Wheel { target, tags, .. }, unpacked) in wheels() {
        let text = unpacked.text("dist-info/WHEEL");
        let found: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("Tag: ")).collect();
        let expected: Vec<_> = tags.iter().map(|tag| format!("py3-none-{tag}")).collect();
        assert_eq!(found, expected, "{target}");
    }
}

fn every_wheel_names_every_licence() {
    for (Wheel { target, .. }, unpacked) in wheels() {
        let notices = unpacked.text("dist-info/licenses/NOTICES");
        let mut parts = vec!["rustls 0.", "ring 0.", "ISC License", "minreq 3.", "serde_yaml 0."];
        if target.contains("musl") {
            parts.extend(["musl: MIT", "Rich Felker"]);
        }
        for part in parts {
            assert!(notices.contains(part), "{target}: {part} is not in NOTICES");
        }
        assert!(!notices.contains("aws-lc"), "{target}");
        unpacked.read("dist-info/licenses/LICENSE");
    }
}

fn every_wheel_has_the_manual_page_and_a_page_for_pypi() {
    for (Wheel { target, .. }, unpacked) in wheels() {
        assert!(unpacked.text("data/data/share/man/man1/docglow-telemetry.1").starts_with(".TH"));
        let metadata = unpacked.text("dist-info/METADATA");
        let mut links = metadata.split("](").skip(1);
        let relative = links.find(|link| !link.starts_with("https://") && !link.starts_with('#'));
        assert_eq!(relative, None, "{target}: a link that PyPI cannot follow");
        for field in
            ["Author: ", "Classifier: Typing :: Typed", "Description-Content-Type: text/markdown"]
        {
            assert!(metadata.contains(&format!("\n{field}")), "{target}: no {field}");
        }
    }
}

fn deb_and_tar_carry_the_binary_and_its_manual() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (deb, tar) = (folder.path().join("deb"), folder.path().join("tar"));
    let package = only_file(&given("PACKAGES"), &["_amd64.deb"]);
    succeed(Command::new("dpkg-deb").arg("-x").args([&package, &deb]));
    fs::create_dir(&tar).expect("a folder");
    let archive = only_file(&given("PACKAGES"), &["docglow-telemetry-", "x86_64", ".tar.gz"]);
    succeed(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&tar));
    let common = [
        "bash-completion/completions/docglow-telemetry",
        "fish/vendor_completions.d/docglow-telemetry.fish",
        "doc/docglow-telemetry/NOTICES",
    ];
    let of_deb = [
        "man/man1/docglow-telemetry.1.gz",
        "zsh/vendor-completions/_docglow-telemetry",
        "doc/docglow-telemetry/copyright",
    ];
    let of_tar = [
        "man/man1/docglow-telemetry.1",
        "zsh/site-functions/_docglow-telemetry",
        "doc/docglow-telemetry/LICENSE",
    ];
    for (prefix, files) in [(deb.join("usr"), of_deb), (tar, of_tar)] {
        let carried = fs::read(prefix.join("bin/docglow-telemetry")).expect("the binary");
        assert!(carried == fs::read(binary()).expect("the binary"), "{}", prefix.display());
        for file in common.into_iter().chain(files) {
            assert!(prefix.join("share").join(file).is_file(), "{file} in {}", prefix.display());
        }
    }
}

fn lintian_finds_no_error() {
    let package = only_file(&given("PACKAGES"), &["_amd64.deb"]);
    let mut lintian = Command::new("lintian");
    lintian.args(["--fail-on", "error", "--allow-root"]);
    // The owner chooses the address. `metadata.sh check` refuses a release without one.
    if !env!("CARGO_PKG_AUTHORS").contains('@') {
        lintian.args(["--suppress-tags", "malformed-contact"]);
    }
    succeed(lintian.arg(package));
}

fn rpmlint_finds_no_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let configuration = folder.path().join("rpmlint.toml");
    // The binary is static on purpose, and the owner decides who signs the package.
    let filters = "Filters = ['statically-linked-binary', 'no-signature']\n";
    fs::write(&configuration, filters).expect("a file");
    let package = only_file(&given("PACKAGES"), &[".x86_64.rpm"]);
    succeed(Command::new("rpmlint").arg("--config").args([&configuration, &package]));
}
