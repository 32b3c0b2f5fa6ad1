//! What is in a wheel.

use crate::common::sandbox::binary;
use crate::common::trials;
use crate::{given, only_file, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![the_wheel_carries_the_very_binary, a_wheel_names_every_linux_and_every_licence needs ["python3"]]
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
        assert!(carried == fs::read(built).expect("the binary"), "{processor}: not the binary that make built");
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
        let notices = String::from_utf8(read(folder.path(), "dist-info/licenses/NOTICES")).expect("text");
        for part in ["musl: MIT", "Rich Felker", "rustls 0.", "ring 0.", "ISC License", "minreq 3.", "serde_yaml 0."] {
            assert!(notices.contains(part), "{part} is not in NOTICES");
        }
        assert!(!notices.contains("aws-lc"));
        read(folder.path(), "dist-info/licenses/LICENSE");
    }
}
