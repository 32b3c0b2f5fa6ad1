//! §5 and §6 of the contract in a hostile network: the real binary, its detached sender, and
//! obstacles.

mod addresses;
mod bypass_token;
mod caller;
mod closed_loopback;
#[path = "../common/mod.rs"]
mod common;
mod containers;
mod delivery;
mod descriptors;
mod load;
mod lookups;
mod machine;
mod names;
mod near;
mod outside_text;
mod peers;
mod proxies;
mod proxy_replies;
mod random_names;
mod redirects;
mod servers;
mod socks;
mod support;
mod system_calls;
mod tls;
mod way_out;

use libtest_mimic::Trial;
use std::process::ExitCode;

/// Most trials only wait for a sender's 3 s. With two busy loops on two processors, some trials
/// fail at 12 at once, but not at 6 or fewer. On an idle machine, 4 at once take 10 s longer than
/// 12.
const WAITING_TRIALS_AT_ONCE: usize = 4;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [support::namespace::INSIDE, name] => return succeed(|| run_inside_namespaces(name)),
        [support::ThreeSeconds::ARGUMENT] => {
            return succeed(support::ThreeSeconds::run);
        }
        _ => {}
    }
    let mut arguments = common::arguments();
    let waiting: [Vec<Trial>; 22] = [
        servers::trials(),
        lookups::trials(),
        names::trials(),
        near::trials(),
        closed_loopback::trials(),
        random_names::trials(),
        proxy_replies::trials(),
        delivery::trials(),
        caller::trials(),
        descriptors::trials(),
        redirects::trials(),
        bypass_token::trials(),
        tls::trials(),
        proxies::trials(),
        system_calls::trials(),
        machine::trials(),
        way_out::trials(),
        containers::trials(),
        addresses::trials(),
        socks::trials(),
        outside_text::trials(),
        peers::trials(),
    ];
    // Trials that measure time, or that use the whole machine, run alone.
    let alone = [delivery::timed_trials(), load::trials()];
    let threads = arguments.test_threads;
    arguments.test_threads = threads.or(Some(WAITING_TRIALS_AT_ONCE));
    let together = libtest_mimic::run(&arguments, waiting.into_iter().flatten().collect());
    arguments.test_threads = Some(1);
    let alone = libtest_mimic::run(&arguments, alone.into_iter().flatten().collect());
    if together.has_failed() || alone.has_failed() {
        ExitCode::from(101)
    } else {
        ExitCode::SUCCESS
    }
}

/// Trials start this binary again to run a part of them.
fn succeed(part: impl FnOnce()) -> ExitCode {
    part();
    ExitCode::SUCCESS
}

/// Runs the part of a trial with this name, in its own namespaces.
fn run_inside_namespaces(name: &str) {
    let part = lookups::part(name)
        .or_else(|| names::part(name))
        .or_else(|| near::part(name))
        .or_else(|| closed_loopback::part(name))
        .or_else(|| random_names::part(name))
        .or_else(|| addresses::part(name))
        .or_else(|| socks::part(name))
        .or_else(|| peers::part(name));
    part.unwrap_or_else(|| panic!("{name}: nothing of that name"))();
}
