//! The release workflow: whether a release may be made, and the files for other package managers.

use crate::common::trials::trials;
use crate::succeed;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");
const REPOSITORY: &str = "https://example.com/owner/docglow-telemetry";

/// The archives that the workflow makes, by the target in their names.
const ARCHIVES: [(&str, &str); 4] = [
    ("x86_64-unknown-linux-musl", "tar.gz"),
    ("aarch64-unknown-linux-musl", "tar.gz"),
    ("universal-apple-darwin", "tar.gz"),
    ("x86_64-pc-windows-gnu", "zip"),
];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        a_release_without_an_address_is_stopped_and_told_why,
        formula_and_manifest_name_the_archives_and_their_sums needs ["python3"],
        the_formula_is_ruby needs ["python3", "ruby"],
        binstall_looks_for_the_archives_that_are_made needs ["python3"],
        the_same_files_make_the_same_archive needs ["python3"],
    ]
}

/// A copy of the files that decide whether a release may be made.
fn source_with(repository: &str, authors: &str, changelog: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in [".package", ".github"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    let script = Path::new(SOURCE).join(".package/metadata.sh");
    fs::copy(script, folder.path().join(".package/metadata.sh")).expect("the script");
    let manifest = fs::read_to_string(Path::new(SOURCE).join("Cargo.toml")).expect("Cargo.toml");
    let is_set = |line: &&str| line.starts_with("repository = ") || line.starts_with("authors = ");
    let rest: Vec<_> =
        manifest.lines().filter(|line| !is_set(line) && *line != "[package]").collect();
    let manifest =
        format!("[package]\n{repository}\nauthors = [\"{authors}\"]\n{}", rest.join("\n"));
    fs::write(folder.path().join("Cargo.toml"), manifest).expect("Cargo.toml");
    fs::write(folder.path().join(".github/CHANGELOG.md"), changelog).expect("a changelog");
    folder
}

fn check(source: &Path, tag: &str) -> Result<(), String> {
    let script = source.join(".package/metadata.sh");
    let output = Command::new("sh").arg(script).args(["check", tag]).output().expect("sh");
    let told = String::from_utf8(output.stderr).expect("text");
    if output.status.success() { Ok(()) } else { Err(told) }
}

fn a_release_without_an_address_is_stopped_and_told_why() {
    let (repository, authors) =
        (format!("repository = \"{REPOSITORY}\""), "A Name <name@example.com>");
    let (changelog, tag) =
        (format!("# Changelog\n\n## {VERSION} - 2026-11-28\n"), format!("v{VERSION}"));
    let complete = source_with(&repository, authors, &changelog);
    assert_eq!(check(complete.path(), &tag), Ok(()));
    let cases = [
        (source_with("", authors, &changelog), &*tag, "`repository` is not set"),
        (source_with("# repository = \"x\"", authors, &changelog), &tag, "`repository` is not set"),
        (source_with(&repository, "A Name", &changelog), &tag, "`authors` has no address"),
        (source_with(&repository, authors, "## Unreleased\n"), &tag, "there is no section for"),
        (source_with(&repository, authors, &changelog), "v9.9.9", "but the tag is v9.9.9"),
    ];
    for (source, tag, reason) in cases {
        let told = check(source.path(), tag).expect_err(reason);
        assert!(told.contains(reason) && told.lines().count() == 1, "{told}");
    }
}

fn archive(target: &str, suffix: &str) -> String {
    format!("docglow-telemetry-{VERSION}-{target}.{suffix}")
}

/// A folder with archives of any content, and the completed files.
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (target, suffix) in ARCHIVES {
        fs::write(folder.path().join(archive(target, suffix)), target).expect("an archive");
    }
    let script = Path::new(SOURCE).join(".package/fill.py");
    succeed(Command::new("python3").arg(script).args([REPOSITORY, VERSION]).arg(folder.path()));
    folder
}

fn url(target: &str, suffix: &str) -> String {
    format!("{REPOSITORY}/releases/download/v{VERSION}/{}", archive(target, suffix))
}

fn formula_and_manifest_name_the_archives_and_their_sums() {
    let folder = filled();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    let (formula, manifest) = (read("docglow-telemetry.rb"), read("docglow-telemetry.json"));
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    let windows = &manifest["architecture"]["64bit"];
    for (target, suffix) in ARCHIVES {
        let path = folder.path().join(archive(target, suffix));
        let sum = succeed(Command::new("sha256sum").arg(path));
        let sum = sum.split(' ').next().expect("a sum");
        if target.contains("windows") {
            assert_eq!(
                (&windows["url"], &windows["hash"]),
                (&url(target, suffix).into(), &sum.into())
            );
        } else {
            let lines: Vec<_> = formula.lines().map(str::trim).collect();
            let expected =
                [format!("url \"{}\"", url(target, suffix)), format!("sha256 \"{sum}\"")];
            assert!(lines.windows(2).any(|pair| pair == expected), "{expected:?} in\n{formula}");
        }
    }
    assert!(!formula.contains('@'), "{formula}");
}

fn the_formula_is_ruby() {
    succeed(Command::new("ruby").arg("-c").arg(filled().path().join("docglow-telemetry.rb")));
}

fn binstall_looks_for_the_archives_that_are_made() {
    let manifest = fs::read_to_string(Path::new(SOURCE).join("Cargo.toml")).expect("Cargo.toml");
    let urls =
        manifest.lines().filter_map(|line| line.strip_prefix("pkg-url = \"")?.strip_suffix('"'));
    let urls: Vec<String> = urls
        .map(|url| url.replace("{ repo }", REPOSITORY).replace("{ version }", VERSION))
        .map(|url| url.replace("{ name }", "docglow-telemetry"))
        .collect();
    for (target, suffix) in ARCHIVES {
        let by_target = url("{ target }", suffix);
        assert!(
            urls.contains(&url(target, suffix)) || urls.contains(&by_target),
            "{target} in {urls:?}"
        );
    }
}

fn the_same_files_make_the_same_archive() {
    let script = Path::new(SOURCE).join(".package/archive.py");
    let pack = |suffix: &str| -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (files, archive): (PathBuf, PathBuf) =
            (folder.path().join("files"), folder.path().join(format!("archive.{suffix}")));
        fs::create_dir_all(files.join("bin")).expect("a folder");
        fs::write(files.join("bin/program"), "a program").expect("a file");
        fs::write(files.join("README.md"), "a page").expect("a file");
        succeed(Command::new("python3").arg(&script).args([&archive, &files]));
        fs::read(archive).expect("the archive")
    };
    for suffix in ["tar.gz", "zip"] {
        assert!(pack(suffix) == pack(suffix), "{suffix}");
    }
}
