//! Instructions and system calls, which do not depend on how busy the machine is.

use std::process::Stdio;

use crate::Bench;
use crate::endpoint::{Endpoint, Manner};
use crate::subject::{Program, Subject, which};
use crate::table::{Table, grouped};

pub fn measure(bench: &Bench) {
    let workshop = &bench.workshop;
    let endpoint = Endpoint::start(Manner::Answering);
    let floor = |floor: &Program| workshop.subject(&format!("{}: floor", floor.libc), &floor.path);
    let mut subjects: Vec<Subject> = bench.launcher.floors.iter().map(floor).collect();
    for Program { libc, path, .. } in &workshop.hooks {
        let hook = |name: &str| workshop.subject(&format!("{libc}: {name}"), path);
        subjects.extend([
            hook("off: default"),
            hook("off: kill switch").env("DOCGLOW_NO_TELEMETRY", "1"),
            hook("off: docglow.yml").docglow_yml("telemetry: {enabled: false}\n"),
            workshop.on(&format!("{libc}: on"), path, endpoint.url()),
        ]);
    }
    // A call under strace sends an event, too. Under valgrind, /proc/self/exe is another program.
    let sent = which("strace").map_or(0, |_| workshop.hooks.len());
    let mut table = Table::new(
        "Work",
        &[
            "",
            "caller's instructions",
            "caller's system calls",
            "new process, before `execve`",
            "sender's system calls",
        ],
    );
    for subject in &subjects {
        let calls = system_calls(bench, subject);
        let shown =
            |count: Option<usize>| count.map_or("–".to_owned(), |count| count.to_string());
        table.row([
            subject.name.clone(),
            instructions(bench, subject).map_or("–".to_owned(), grouped),
            shown(calls.map(|calls| calls.caller)),
            shown(calls.map(|calls| calls.starting)),
            shown(calls.map(|calls| calls.sender)),
        ]);
    }
    table.arrived("on", sent, endpoint.await_requests(sent));
    table.note(
        "Instructions by `valgrind --tool=callgrind`, system calls by `strace -f`. – means that the tool is not installed.",
    );
    table.print();
}

fn instructions(bench: &Bench, subject: &Subject) -> Option<u64> {
    let output_file =
        format!("--callgrind-out-file={}", bench.workshop.path("callgrind").display());
    let valgrind = subject.under(&which("valgrind")?, &["--tool=callgrind", &output_file]);
    let output = valgrind.command().stderr(Stdio::piped()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

#[derive(Clone, Copy, Default)]
struct Calls {
    caller: usize,
    /// Calls between the creation of the sender's process and its `execve`. The caller does not
    /// wait for them.
    starting: usize,
    sender: usize,
}

fn system_calls(bench: &Bench, subject: &Subject) -> Option<Calls> {
    let log = bench.workshop.path("strace");
    let strace = subject.under(&which("strace")?, &["-f", "-o", &log.display().to_string()]);
    strace.command().output().ok()?;
    let log = std::fs::read_to_string(log).ok()?;
    let caller = log.split(' ').next()?.to_owned();
    let mut calls = Calls::default();
    let mut started = false;
    for line in log.lines() {
        let (process, call) = line.split_once(' ')?;
        let call = call.trim_start();
        let begins = call.starts_with(|c: char| c.is_ascii_lowercase());
        match begins {
            true if process == caller => calls.caller += 1,
            true if started => calls.sender += 1,
            true => {
                calls.starting += 1;
                started = call.starts_with("execve(");
            }
            false => {}
        }
    }
    Some(calls)
}
