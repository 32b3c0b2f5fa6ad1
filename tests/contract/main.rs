//! §1 to §4 of the contract, tested from outside: the real binary, its stdin, its files, and the
//! requests that arrive.

#[path = "../common/mod.rs"]
mod common;
mod config_file;
mod decision;
mod described;
mod event;
mod harness;
mod log;
mod platform;
mod published;
mod report;
mod request;
mod simultaneous;
mod state;
mod status;
mod stdin;
mod unwritable;

fn main() -> std::process::ExitCode {
    let parts = [
        harness::trials(),
        event::trials(),
        report::trials(),
        request::trials(),
        stdin::trials(),
        decision::trials(),
        status::trials(),
        config_file::trials(),
        state::trials(),
        unwritable::trials(),
        log::trials(),
        simultaneous::trials(),
        published::trials(),
        described::trials(),
        platform::trials(),
    ];
    common::conclude(parts.into_iter().flatten().collect())
}

/// Panics unless this is a random UUID in its usual lower-case form.
#[track_caller]
fn assert_uuid4(id: &str) {
    let is_expected = |(index, byte): (usize, u8)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => b"89ab".contains(&byte),
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    };
    let good = id.len() == 36 && id.bytes().enumerate().all(is_expected);
    assert!(good, "no UUID4: {id:?}");
}
