//! Hostile input and a broken machine: whatever is wrong around the real binary, it exits with 0, in time and without a word.

mod arguments;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod home;
mod input;
mod limits;
mod machine;
mod pipes;
mod project;
mod stdio;
mod wrapped;

fn main() -> std::process::ExitCode {
    let parts = [
        arguments::trials(),
        files::trials(),
        home::trials(),
        input::trials(),
        limits::trials(),
        machine::trials(),
        pipes::trials(),
        project::trials(),
        stdio::trials(),
    ];
    common::conclude(parts.into_iter().flatten().collect())
}
