//! The command sees no difference: it gets the same as without `run`.

use crate::common::{Invocation, Outcome, trials};
use crate::scene::{BY_RUN, By, Scene, executable, spawn};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::process::Stdio;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        arguments_arrive_byte_for_byte,
        the_environment_is_the_same_but_for_the_kill_switch,
        groups_limits_and_signals_are_the_callers_own,
        the_working_folder_is_the_callers_own,
        signals_that_the_caller_ignores_or_blocks_stay_so,
        files_that_the_caller_left_open_are_open_and_closed_ones_closed,
        input_output_and_errors_pass_through,
        a_binary_stream_passes_through_whole,
        a_script_without_a_first_line_is_run_by_the_shell,
        a_command_is_found_as_the_shell_finds_it,
        a_folder_on_a_server_that_is_gone_is_skipped needs ["strace"],
    ]
}

fn bytes(text: &[u8]) -> OsString {
    OsString::from_vec(text.to_vec())
}

fn arguments_arrive_byte_for_byte() {
    let scene = Scene::new();
    let odd = [
        b"".as_slice(),
        b" ",
        b"a b",
        b"two\nlines\n",
        b"\xff\xfe",
        b"--wait",
        b"--",
        b"*",
        b"$HOME",
        b"\\",
        b"-",
    ];
    let odd: Vec<OsString> = odd.iter().map(|text| bytes(text)).collect();
    let stub = r#"printf '%s\0' "$@""#;
    let expected = |arguments: &[OsString]| {
        arguments.iter().flat_map(|a| [a.as_encoded_bytes(), b"\0"].concat()).collect::<Vec<_>>()
    };
    // All of them in one line that docglow would refuse, and then each one as a title.
    let mut lines = vec![odd.clone()];
    lines.extend(odd.iter().map(|title| vec!["generate".into(), "--title".into(), title.clone()]));
    for by in BY_RUN {
        for line in &lines {
            let words: Vec<OsString> =
                [OsString::from("docglow")].into_iter().chain(line.iter().cloned()).collect();
            let outcome = scene.call(by, &words).env("STUB", stub).run();
            assert_eq!(outcome.assert_success().stdout, expected(line), "{by:?}");
        }
    }
}

/// The output of the command, run in this way by a shell that first runs this code.
fn seen(scene: &Scene, by: By, prepare: &str, stub: &str) -> String {
    let call = scene.call(by, &["docglow", "generate"]).env("STUB", stub);
    prepared(call, prepare).run().assert_success().stdout().to_owned()
}

/// The call, made by a shell that first runs this code.
fn prepared(call: Invocation, prepare: &str) -> Invocation {
    let mut shell = call.clone();
    shell.program = "/bin/sh".into();
    shell.arguments = vec![
        "-c".into(),
        format!("{prepare}\nexec \"$@\"").into(),
        "sh".into(),
        call.program.into(),
    ];
    shell.args(call.arguments)
}

#[track_caller]
fn assert_same(prepare: &str, stub: &str) -> String {
    let scene = Scene::new();
    let directly = seen(&scene, By::Itself, prepare, stub);
    assert!(!directly.is_empty());
    for by in BY_RUN {
        assert_eq!(seen(&scene, by, prepare, stub), directly, "{by:?}, {prepare}");
    }
    directly
}

fn the_environment_is_the_same_but_for_the_kill_switch() {
    let scene = Scene::new();
    let stub = "cat /proc/$$/environ";
    for kill_switch in [None, Some("0"), Some("")] {
        let environment = |by: By| {
            let call = scene
                .call(by, &["docglow", "generate"])
                .env("STUB", stub)
                .env("AA", bytes(b"\xff=\n"));
            let call = match kill_switch {
                Some(value) => call.env("DOCGLOW_NO_TELEMETRY", value),
                None => call,
            };
            let outcome = call.run();
            let entries =
                outcome.assert_success().stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec);
            // Without the variable that `call` sets to turn telemetry on or off.
            entries.filter(|entry| !entry.starts_with(b"DOCGLOW_TELEMETRY=")).collect::<Vec<_>>()
        };
        let directly = environment(By::Itself);
        assert_eq!(environment(By::RunOff), directly);
        let is_switch = |entry: &Vec<u8>| entry.starts_with(b"DOCGLOW_NO_TELEMETRY=");
        let (switches, mut others): (Vec<_>, Vec<_>) =
            environment(By::RunOn).into_iter().partition(is_switch);
        assert_eq!(switches, [b"DOCGLOW_NO_TELEMETRY=1"]);
        let mut expected: Vec<_> = directly.into_iter().filter(|entry| !is_switch(entry)).collect();
        others.sort();
        expected.sort();
        assert_eq!(others, expected);
    }
}

/// The state of a process in `/proc` that does not differ between processes anyway: user, groups,
/// signal masks and limits; and from `stat`, the process group, session, terminal, foreground
/// group, priority and niceness.
const STATE: &str = "exec cat /proc/self/status /proc/self/limits /proc/self/stat";

fn state(scene: &Scene, by: By, prepare: &str) -> Vec<String> {
    let seen = seen(scene, by, prepare, STATE);
    let (lines, stat) = seen.trim_end().rsplit_once('\n').expect("lines");
    let fields = stat.rsplit_once(") ").expect("fields").1.split(' ').collect::<Vec<_>>();
    let names = ["Umask", "Uid", "Gid", "Groups", "Sig", "Cap", "NoNewPrivs", "Seccomp", "Max "];
    let is_kept =
        |line: &&str| names.iter().any(|name| line.starts_with(name)) && !line.starts_with("SigQ");
    let numbers = [5, 6, 7, 8, 18, 19].map(|number: usize| fields[number - 3].to_owned());
    lines.lines().filter(is_kept).map(str::to_owned).chain(numbers).collect()
}

#[track_caller]
fn assert_same_state(prepare: &str) -> Vec<String> {
    let scene = Scene::new();
    let directly = state(&scene, By::Itself, prepare);
    for by in BY_RUN {
        assert_eq!(state(&scene, by, prepare), directly, "{by:?}, {prepare}");
    }
    directly
}

fn groups_limits_and_signals_are_the_callers_own() {
    assert_same_state("");
    let state = assert_same_state("umask 027; ulimit -n 100; ulimit -c 0");
    assert!(state.contains(&"Umask:\t0027".to_owned()), "{state:?}");
}

fn the_working_folder_is_the_callers_own() {
    assert_eq!(assert_same("cd /tmp", "pwd"), "/tmp\n");
}

/// The masks of ignored and of blocked signals in a command that runs after `env` with this option.
/// The command is a `cat` of its own status, because a shell changes its signals.
fn masks(by: By, option: &str) -> [u64; 2] {
    let scene = Scene::new();
    fs::remove_file(scene.bin().join("docglow")).expect("the script is gone");
    std::os::unix::fs::symlink("/bin/cat", scene.bin().join("docglow")).expect("a link");
    std::os::unix::fs::symlink("/proc/self/status", scene.sandbox.project().join("generate"))
        .expect("a link");
    let call = scene.call(by, &["docglow", "generate"]);
    let outcome = prepared(call, &format!("set -- env {option} \"$@\"")).run();
    ["SigIgn:", "SigBlk:"].map(|name| {
        let line =
            outcome.assert_success().stdout().lines().find_map(|line| line.strip_prefix(name));
        u64::from_str_radix(line.expect("the mask").trim(), 16).expect("the mask")
    })
}

fn signals_that_the_caller_ignores_or_blocks_stay_so() {
    let [ignored, blocked] = masks(By::Itself, "");
    for (signal, number) in [
        ("PIPE", 13),
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("TERM", 15),
        ("TSTP", 20),
        ("XFSZ", 25),
        ("CHLD", 17),
    ] {
        let bit = 1 << (number - 1);
        for by in [By::Itself, By::RunOff, By::RunOn] {
            assert_eq!(
                masks(by, &format!("--ignore-signal={signal}")),
                [ignored | bit, blocked],
                "{by:?} {signal}"
            );
            assert_eq!(
                masks(by, &format!("--block-signal={signal}")),
                [ignored, blocked | bit],
                "{by:?} {signal}"
            );
        }
    }
}

fn files_that_the_caller_left_open_are_open_and_closed_ones_closed() {
    let stub = "for n in 0 1 2 3 4 5 6 7 8 9 100; do [ ! -e /proc/$$/fd/$n ] || echo $n $(readlink /proc/$$/fd/$n | sed 's/[0-9]*//g'); done";
    for prepare in [
        "exec 3</dev/null 5<>/dev/zero 9>&1",
        "exec 0<&- 4</dev/null",
        "exec 2>&-",
        "exec 0<&- 2>&- 3<&1",
        "ulimit -n 200; exec 3</dev/null",
    ] {
        let seen = assert_same(prepare, stub);
        assert_eq!(seen.contains("0 "), !prepare.contains("0<&-"), "{seen}");
    }
    // With a closed standard output, the command reports in another way.
    let scene = Scene::new();
    let stub = "open=; for n in 0 1 2 3; do [ ! -e /proc/$$/fd/$n ] || open=\"$open $n\"; done; echo \"$open\" >&2";
    for by in [By::Itself, By::RunOff, By::RunOn] {
        let call = scene.call(by, &["docglow", "generate"]).env("STUB", stub);
        assert_eq!(prepared(call, "exec 1>&-").run().stderr(), " 0 2\n", "{by:?}");
    }
}

fn input_output_and_errors_pass_through() {
    let scene = Scene::new();
    for by in BY_RUN {
        let call = scene
            .call(by, &["docglow", "health"])
            .env("STUB", "cat; echo error >&2; exit 3")
            .stdin("some input");
        let Outcome { status, stdout, stderr, .. } = call.run();
        assert_eq!(
            (status.code(), stdout, stderr),
            (Some(3), b"some input".to_vec(), b"error\n".to_vec()),
            "{by:?}"
        );
    }
}

fn a_binary_stream_passes_through_whole() {
    let scene = Scene::new();
    let stream: Vec<u8> = (0..1_000_003_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    for by in BY_RUN {
        let outcome =
            scene.call(by, &["docglow", "generate"]).env("STUB", "cat").stdin(stream.clone()).run();
        assert!(outcome.assert_success().stdout == stream, "{by:?}");
    }
    // If the reader goes away, the command ends as it would without `run`.
    for by in [By::Itself, By::RunOff, By::RunOn] {
        let call = scene.call(by, &["docglow", "generate"]).env("STUB", "exec cat /dev/zero");
        let mut command = call.as_command();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the call");
        drop(child.stdout.take());
        let status = child.wait().expect("its end");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(13), "{by:?}");
    }
    // If the command closes its output early, its reader waits no longer.
    let call = scene
        .call(By::RunOn, &["docglow", "generate"])
        .env("STUB", "exec >&-; read -r line; exit 4");
    let mut child = spawn(&call);
    let mut output = Vec::new();
    std::io::Read::read_to_end(&mut child.stdout.take().expect("its output"), &mut output)
        .expect("the end of it");
    child.stdin.take().expect("its input").write_all(b"go\n").expect("it still reads");
    assert_eq!(child.wait().expect("its end").code(), Some(4));
}

fn a_script_without_a_first_line_is_run_by_the_shell() {
    let scene = Scene::new();
    let script = scene.bin().join("docglow");
    executable(&script, "echo \"$@\"; exit 7\n");
    for by in [By::Itself, By::RunOff, By::RunOn] {
        let outcome = scene.call(by, &["docglow", "generate", "--title", "x y"]).run();
        assert_eq!(
            (outcome.status.code(), outcome.stdout()),
            (Some(7), "generate --title x y\n"),
            "{by:?}"
        );
    }
}

fn a_command_is_found_as_the_shell_finds_it() {
    let scene = Scene::new();
    let [first, second] = ["first", "second"].map(|name| scene.sandbox.project().join(name));
    for folder in [&first, &second] {
        fs::create_dir(folder).expect("a folder");
        executable(&folder.join("docglow"), "#!/bin/sh\neval \"$STUB\"\n");
    }
    let may_not_run = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(first.join("docglow"), may_not_run).expect("the mode");
    for path in ["first:second", "missing:second", "second", "/etc/passwd:second:/usr/bin"] {
        for by in [By::Itself, By::RunOff, By::RunOn] {
            let call = scene.call(by, &[OsStr::new("docglow"), OsStr::new("generate")]);
            let outcome = call.env("STUB", "echo $0").env("PATH", path).run();
            assert_eq!(outcome.assert_success().stdout(), "second/docglow\n", "{by:?} {path}");
        }
    }
    // `env` gives up at this error; shells do not.
    for too_long in ["x".repeat(300), "x/".repeat(5000)] {
        for by in BY_RUN {
            let call = scene.call(by, &["docglow", "generate"]).env("STUB", "echo $0");
            let outcome = call.env("PATH", format!("{too_long}:second")).run();
            assert_eq!(outcome.assert_success().stdout(), "second/docglow\n", "{by:?}");
        }
    }
    for by in BY_RUN {
        let here = scene
            .call(by, &["docglow", "generate"])
            .env("STUB", "echo $0")
            .env("PATH", "")
            .folder(&second);
        assert!(here.run().assert_success().stdout().ends_with("docglow\n"), "{by:?}");
    }
}

fn a_folder_on_a_server_that_is_gone_is_skipped() {
    let scene = Scene::new();
    let folder = scene.sandbox.project().join("second");
    fs::create_dir(&folder).expect("a folder");
    executable(&folder.join("docglow"), "#!/bin/sh\necho $0\n");
    let path = format!("{}:{}", scene.bin().display(), folder.display());
    for (error, is_skipped) in
        [("ESTALE", true), ("ENODEV", true), ("ETIMEDOUT", true), ("EACCES", true), ("EIO", false)]
    {
        // strace does not count the execve(2) of `run` itself.
        let inject = format!("inject=execve:error={error}:when=1");
        let options = ["-qq", "-o", "/dev/null", "-e", "trace=execve", "-e", &inject];
        let call = scene.call(By::RunOff, &["docglow", "generate"]).env("PATH", &path);
        let outcome = call.under("strace", options).run();
        let second = format!("{}\n", folder.join("docglow").display());
        let expected = if is_skipped { (Some(0), &*second) } else { (Some(126), "") };
        assert_eq!((outcome.status.code(), outcome.stdout()), expected, "{error} {outcome:?}");
    }
}
