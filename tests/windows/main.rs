//! The binary for Windows, run by wine but tested from Linux: at a console, with missing streams,
//! and with TLS. The other suites run inside wine.

#[path = "../common/mod.rs"]
mod common;
mod console;
mod machine;
#[allow(dead_code)] // the network's tests use all of it
#[path = "../network/support/tls.rs"]
mod tls;
mod trust;

fn main() -> std::process::ExitCode {
    common::conclude([console::trials(), trust::trials()].into_iter().flatten().collect())
}
