//! The binary for Windows as wine runs it, from this side: at a console, with streams that are missing, and with TLS. What can be
//! tried from inside Windows, the other suites do there.

#[path = "../common/mod.rs"]
mod common;
mod console;
mod machine;
#[allow(dead_code)] // the network's trials use all of it
#[path = "../network/support/tls.rs"]
mod tls;
mod trust;

fn main() -> std::process::ExitCode {
    common::conclude([console::trials(), trust::trials()].into_iter().flatten().collect())
}
