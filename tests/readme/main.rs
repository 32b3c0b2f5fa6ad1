//! The programs and the targets of make that the READMEs show, run as they stand there.

#[path = "../common/mod.rs"]
mod common;
mod make;
mod programs;

fn main() -> std::process::ExitCode {
    common::conclude([programs::trials(), make::trials()].into_iter().flatten().collect())
}
