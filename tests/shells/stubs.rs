//! `docglow` and `docglow-telemetry` as small scripts that record how they were called.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Records a call whole before anything else happens; RECORDS and NAME are replaced.
const RECORD: &str = r#"#!/bin/sh
number=1
while [ -e "RECORDS/$number.name" ]; do number=$((number + 1)); done
record=RECORDS/$number
/usr/bin/env -0 >"$record.environment"
PATH=/usr/bin:/bin
for argument; do printf '%s\0' "$argument"; done >"$record.arguments"
if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then : >"$record.terminal"; fi
"#;

/// STUB_DOES: what it does besides; STUB_STATUS: its exit status.
const DOCGLOW: &str = r#"printf NAME >"$record.name"
printf 'docglow:'
printf ' <%s>' "$@"
printf '\n'
echo "docglow's stderr" >&2
case ${STUB_DOES-} in
  read) cat ;;
  sleep) sleep 0.1 ;;
  ask) read -r answer && echo "answer=$answer" ;;
  serve) trap 'echo stopped; exit 0' INT; echo serving; while :; do sleep 0.05; done ;;
  abort) trap 'echo Aborted; exit 1' INT; echo working; while :; do sleep 0.05; done ;;
  graceful) trap 'echo stopped; exit 7' TERM; echo $$ >pid; while :; do sleep 0.05; done ;;
  hang) [ -t 1 ] && echo working; echo $$ >pid; exec sleep 100 ;;
esac
exit "${STUB_STATUS-0}"
"#;

/// `init` prints the hook file, as the real one does. It prints and fails as the real one never would.
const HOOK: &str = r#"case ${1-} in
  init) cat 'HOOK_FILE'; exit ;;
esac
printf NAME >"$record.name"
[ "${1-}" != prompt ] || exit
echo "never to be seen"
[ -z "${DOCGLOW_TELEMETRY_DEBUG-}" ] || echo "telemetry: sent" >&2
exit 9
"#;

/// One recorded call.
#[derive(Debug)]
pub struct Call {
    /// `docglow` or `docglow-telemetry`.
    pub name: String,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// Stdin, stdout and stderr were a terminal.
    pub at_terminal: bool,
}

impl Call {
    /// The value of the kill switch that this call saw.
    pub fn kill_switch(&self) -> Option<&str> {
        self.environment.get("DOCGLOW_NO_TELEMETRY").map(String::as_str)
    }
}

/// What `docglow-telemetry report` was told.
#[derive(Debug)]
pub struct Report {
    pub status: String,
    /// Empty where none was told.
    pub started: String,
    pub docglow: String,
    /// docglow's own.
    pub arguments: Vec<String>,
}

impl Report {
    /// `None` for another call.
    pub fn of(call: &Call) -> Option<Self> {
        let mut words = call.arguments.iter().map(String::as_str);
        (words.next()? == "report").then_some(())?;
        let mut report = Self {
            status: String::new(),
            started: String::new(),
            docglow: String::new(),
            arguments: Vec::new(),
        };
        loop {
            let place = match words.next()? {
                "--" => break,
                "--status" => &mut report.status,
                "--started" => &mut report.started,
                "--docglow" => &mut report.docglow,
                option => panic!("{option}: {call:?}"),
            };
            *place = words.next()?.to_owned();
        }
        report.arguments = words.map(String::from).collect();
        Some(report)
    }
}

pub fn install(name: &str, folder: &Path, records: &Path, hook_file: &Path) {
    let body = if name == "docglow" { DOCGLOW } else { HOOK };
    let script = format!("{RECORD}{body}")
        .replace("NAME", name)
        .replace("RECORDS", records.to_str().expect("a UTF-8 path"))
        .replace("HOOK_FILE", hook_file.to_str().expect("a UTF-8 path"));
    let file = folder.join(name);
    fs::write(&file, script).expect("a stub");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("an executable stub");
}

/// The calls so far, in order.
pub fn calls(records: &Path) -> Vec<Call> {
    (1..)
        .map(|number: u32| records.join(number.to_string()))
        .take_while(|record| record.with_extension("name").exists())
        .map(|record| read_call(&record))
        .collect()
}

fn read_call(record: &Path) -> Call {
    let read = |extension: &str| {
        fs::read_to_string(record.with_extension(extension)).expect("a whole record")
    };
    let environment = read("environment");
    Call {
        name: read("name"),
        arguments: read("arguments").split_terminator('\0').map(String::from).collect(),
        environment: environment
            .split_terminator('\0')
            .filter_map(|variable| variable.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        at_terminal: PathBuf::from(record).with_extension("terminal").exists(),
    }
}
