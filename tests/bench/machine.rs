//! The machine and the time of the measurement.

use std::fs;
use std::process::Command;

pub fn describe() {
    let hardware = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor =
        hardware.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let processor =
        processor.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("Processor: {processor}, {processors} used. Kernel: {}.", output("uname", &["-sr"]));
    println!("Date: {}. Commit: {}.", output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]), commit());
    println!("Load before: {}.", load.split(' ').next().unwrap_or("unknown"));
}

fn commit() -> String {
    let changed = !output("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    let commit = output("git", &["rev-parse", "--short=12", "HEAD"]);
    if changed { format!("{commit} with changes") } else { commit }
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
