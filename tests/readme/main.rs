//! Runs the programs and the targets of make in the READMEs, exactly as they are shown.

#[path = "../common/mod.rs"]
mod common;
mod make;
mod programs;

fn main() -> std::process::ExitCode {
    common::conclude([programs::trials(), make::trials()].into_iter().flatten().collect())
}
