//! Reproducible builds, and a program that is built from the sdist.

use crate::common::sandbox::binary;
use crate::common::trials;
use crate::{given, only_file, succeed};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        the_same_source_makes_the_same_bytes_anywhere needs ["make", "cc"],
        no_path_of_the_builder_is_in_the_binary,
        the_sdist_builds needs ["cc"],
    ]
}

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");

fn cargo_home() -> PathBuf {
    let usual = || Path::new(&std::env::var_os("HOME").expect("HOME")).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(usual, PathBuf::from)
}

/// Removes the variables that `make` and cargo set for their child processes.
fn outside_of_make(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_theirs = ["CARGO", "MAKE", "MFLAGS", "TARGET", "RUSTFLAGS", "SOURCE_DATE_EPOCH"];
        if is_theirs.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

fn copy(from: &Path, to: &Path) {
    succeed(Command::new("cp").arg("-pR").args([from, to]));
}

fn the_same_source_makes_the_same_bytes_anywhere() {
    let root =
        tempfile::Builder::new().prefix("another place ").tempdir().expect("a temporary folder");
    let (source, home) = (root.path().join("the source"), root.path().join("the cargo home"));
    fs::create_dir(&source).expect("a folder");
    fs::create_dir_all(home.join("registry")).expect("a folder");
    for entry in fs::read_dir(SOURCE).expect("the source").map(|entry| entry.expect("an entry")) {
        if ![".git", "dist", "target"].iter().any(|made| entry.file_name() == *made) {
            copy(&entry.path(), &source);
        }
    }
    for downloaded in ["cache", "index"] {
        copy(&cargo_home().join("registry").join(downloaded), &home.join("registry"));
    }
    let mut make = outside_of_make("make");
    make.current_dir(&source).env("CARGO_HOME", &home).env("CARGO_NET_OFFLINE", "true");
    // make's own linker is used, whatever the user's environment and cargo's configuration say.
    let linker =
        format!("CARGO_TARGET_{}_UNKNOWN_LINUX_MUSL_LINKER", std::env::consts::ARCH.to_uppercase());
    let others = ["TARGET", "HOST", "TARGET_CC", "CARGO_BUILD_TARGET_DIR", &linker]
        .map(|name| (name, "theirs"));
    succeed(make.envs(others));
    let again = fs::read(source.join("dist/docglow-telemetry")).expect("the binary");
    assert!(
        again == fs::read(binary()).expect("the binary"),
        "another folder's build has other bytes"
    );
    makes_the_same_packages(&source, &home);
}

/// Uses the tools of the first build, so that PyPI is not needed again. The time, the time zone and
/// the umask are different.
fn makes_the_same_packages(source: &Path, home: &Path) {
    let tools = given("PYTHON_TOOLS");
    let tools = tools.parent().expect("the tools' folder");
    symlink(tools, source.join("target/python-tools")).expect("a link to the tools");
    let mut make = outside_of_make("sh");
    make.args(["-c", "umask 077 && exec make wheel sdist archives"]);
    make.current_dir(source).env("CARGO_HOME", home).env("CARGO_NET_OFFLINE", "true");
    succeed(make.env("TZ", "Pacific/Kiritimati"));
    let packages = [
        ["manylinux2014_x86_64", ".whl"],
        ["docglow_telemetry-", ".tar.gz"],
        ["docglow-telemetry-", "x86_64-unknown-linux-musl.tar.gz"],
        ["_amd64", ".deb"],
        [".x86_64", ".rpm"],
    ];
    for words in packages {
        let file = only_file(&given("PACKAGES"), &words);
        let again = only_file(&source.join("dist"), &words);
        assert!(fs::read(&file).ok() == fs::read(again).ok(), "other bytes: {}", file.display());
    }
}

fn no_path_of_the_builder_is_in_the_binary() {
    let bytes = fs::read(binary()).expect("the binary");
    for path in [Path::new(SOURCE), &cargo_home()] {
        let path = path.as_os_str().as_encoded_bytes();
        assert!(
            !bytes.windows(path.len()).any(|window| window == path),
            "{}",
            String::from_utf8_lossy(path)
        );
    }
}

fn the_sdist_builds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sdist = only_file(&given("PACKAGES"), &["docglow_telemetry-", ".tar.gz"]);
    let mut pip = outside_of_make(given("PYTHON_TOOLS").join("pip"));
    pip.args(["install", "--no-deps", "--no-cache-dir", "--target"]).args([folder.path(), &sdist]);
    // Only whether it builds is tested, so the program need not be fast.
    pip.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    succeed(pip.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"));
    let said = succeed(Command::new(folder.path().join("bin/docglow-telemetry")).arg("--version"));
    assert_eq!(said, concat!("docglow-telemetry ", env!("CARGO_PKG_VERSION"), "\n"));
}
