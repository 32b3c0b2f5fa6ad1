//! `docglow` as a small script that records its calls.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Records a call before it does anything else. RECORDS is replaced by a folder. STUB_DOES is
/// further code, and STUB_STATUS is the exit status.
const DOCGLOW: &str = r#"#!/bin/sh
number=1
while [ -e "RECORDS/$number.name" ]; do number=$((number + 1)); done
record="RECORDS/$number"
/usr/bin/env -0 >"$record.environment"
for argument; do printf '%s\0' "$argument"; done >"$record.arguments"
if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then : >"$record.terminal"; fi
: >"$record.name"
PATH=/usr/bin:/bin
printf 'docglow:'
printf ' <%s>' "$@"
printf '\n'
echo "docglow's stderr" >&2
case ${STUB_DOES-} in
  read) cat ;;
  ask) read -r answer && echo "answer=$answer" ;;
  ask-twice) for _ in 1 2; do read -r answer && echo "answer=$answer"; done ;;
  serve) trap 'echo stopped; exit 0' INT TERM; echo serving; while :; do sleep 0.05; done ;;
  abort) trap 'echo Aborted; exit 1' INT; echo working; while :; do sleep 0.05; done ;;
  hang) echo working; exec sleep 100 ;;
esac
exit "${STUB_STATUS-0}"
"#;

/// One recorded call of docglow.
#[derive(Debug)]
pub struct Call {
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// Whether stdin, stdout and stderr were a terminal.
    pub at_terminal: bool,
}

impl Call {
    /// The value of the kill switch in this call.
    pub fn kill_switch(&self) -> Option<&str> {
        self.environment.get("DOCGLOW_NO_TELEMETRY").map(String::as_str)
    }
}

pub fn install(folder: &Path, records: &Path) {
    let records = records.to_str().expect("a UTF-8 path");
    let file = folder.join("docglow");
    fs::write(&file, DOCGLOW.replace("RECORDS", records)).expect("a stub");
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
        arguments: read("arguments").split_terminator('\0').map(String::from).collect(),
        environment: environment
            .split_terminator('\0')
            .filter_map(|variable| variable.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        at_terminal: record.with_extension("terminal").exists(),
    }
}
