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
: >"$record.stdin"
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
  hang) echo working; exec sleep 100 ;;
esac
exit "${STUB_STATUS-0}"
"#;

/// `init` prints the hook file, as the real one does; `prompt` reads nothing; everything else has an event on stdin. It prints and
/// fails as the real one never would.
const HOOK: &str = r#"case ${1-} in
  init) cat 'HOOK_FILE'; exit ;;
esac
for last; do :; done
[ "${last-}" != prompt ] || { printf NAME >"$record.name"; exit; }
cat >"$record.stdin"
printf NAME >"$record.name"
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
    pub stdin: String,
    /// Stdin, stdout and stderr were a terminal.
    pub at_terminal: bool,
}

impl Call {
    /// The value of the kill switch that this call saw.
    pub fn kill_switch(&self) -> Option<&str> {
        self.environment.get("DOCGLOW_NO_TELEMETRY").map(String::as_str)
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
    let read = |extension: &str| fs::read_to_string(record.with_extension(extension)).expect("a whole record");
    let environment = read("environment");
    Call {
        name: read("name"),
        arguments: read("arguments").split_terminator('\0').map(String::from).collect(),
        environment: environment
            .split_terminator('\0')
            .filter_map(|variable| variable.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        stdin: read("stdin"),
        at_terminal: PathBuf::from(record).with_extension("terminal").exists(),
    }
}
