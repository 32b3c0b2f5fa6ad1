//! What is in a wheel, a .deb and a .tar.gz.

use crate::common::sandbox::binary;
use crate::common::trials;
use crate::{given, only_file, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_wheel_carries_the_very_binary needs ["python3"],
        a_wheel_names_every_linux_and_every_licence needs ["python3"],
        deb_and_tar_carry_the_very_binary_and_its_manual needs ["dpkg-deb", "tar"],
    ]
}

fn unpacked(processor: &str) -> (tempfile::TempDir, PathBuf) {
    let wheel = only_file(&given("PACKAGES"), &[".whl", processor]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    succeed(Command::new("python3").args(["-m", "zipfile", "-e"]).args([&wheel, folder.path()]));
    (folder, wheel)
}

fn read(folder: &Path, file: &str) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let path = folder.join(format!("docglow_telemetry-{version}.{file}"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn the_wheel_carries_the_very_binary() {
    for (processor, built) in [("x86_64", binary()), ("aarch64", given("FOREIGN_BINARY"))] {
        let (folder, _) = unpacked(processor);
        let carried = read(folder.path(), "data/scripts/docglow-telemetry");
        assert!(
            carried == fs::read(built).expect("the binary"),
            "{processor}: not the binary that make built"
        );
    }
}

fn a_wheel_names_every_linux_and_every_licence() {
    for processor in ["x86_64", "aarch64"] {
        let (folder, wheel) = unpacked(processor);
        assert!(fs::metadata(&wheel).expect("the wheel").len() < 1_000_000, "{}", wheel.display());
        let tags = String::from_utf8(read(folder.path(), "dist-info/WHEEL")).expect("text");
        for tag in ["manylinux2014", "manylinux_2_17", "musllinux_1_1"] {
            assert!(tags.contains(&format!("Tag: py3-none-{tag}_{processor}\n")), "{tags}");
        }
        let notices =
            String::from_utf8(read(folder.path(), "dist-info/licenses/NOTICES")).expect("text");
        for part in [
            "musl: MIT",
            "Rich Felker",
            "rustls 0.",
            "ring 0.",
            "ISC License",
            "minreq 3.",
            "serde_yaml 0.",
        ] {
            assert!(notices.contains(part), "{part} is not in NOTICES");
        }
        assert!(!notices.contains("aws-lc"));
        read(folder.path(), "dist-info/licenses/LICENSE");
    }
}

fn deb_and_tar_carry_the_very_binary_and_its_manual() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (deb, tar) = (folder.path().join("deb"), folder.path().join("tar"));
    succeed(
        Command::new("dpkg-deb")
            .arg("-x")
            .args([&only_file(&given("PACKAGES"), &["_amd64.deb"]), &deb]),
    );
    fs::create_dir(&tar).expect("a folder");
    let archive = only_file(&given("PACKAGES"), &["docglow-telemetry-", "x86_64", ".tar.gz"]);
    succeed(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&tar));
    for prefix in [deb.join("usr"), tar] {
        let carried = fs::read(prefix.join("bin/docglow-telemetry")).expect("the binary");
        assert!(carried == fs::read(binary()).expect("the binary"), "{}", prefix.display());
        for file in [
            "man/man1/docglow-telemetry.1",
            "bash-completion/completions/docglow-telemetry",
            "zsh/site-functions/_docglow-telemetry",
            "fish/vendor_completions.d/docglow-telemetry.fish",
            "doc/docglow-telemetry/LICENSE",
            "doc/docglow-telemetry/NOTICES",
        ] {
            assert!(prefix.join("share").join(file).is_file(), "{file} in {}", prefix.display());
        }
    }
}
