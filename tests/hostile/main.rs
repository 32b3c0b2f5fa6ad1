//! Hostile input and a broken machine: the real binary always exits with 0, in time and without
//! output.

mod arguments;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod home;
mod input;
mod limits;
mod machine;
mod others;
mod pipes;
mod power;
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
        others::trials(),
        pipes::trials(),
        power::trials(),
        project::trials(),
        stdio::trials(),
    ];
    common::conclude(parts.into_iter().flatten().collect())
}
