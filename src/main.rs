//! Runs the subcommand that the arguments name. The exit status is 0, except for `run`.

// Rust's own runtime ignores SIGPIPE before `main`, so `run` could not restore the caller's
// disposition of that signal. `platform/` has a `main` for each system.
#![no_main]

use std::ffi::OsString;
use std::path::Path;

use docglow_telemetry::cli::{self, HELP, Invocation, UsageError};
use docglow_telemetry::commands::source::{Options, Source};
use docglow_telemetry::commands::status::Status;
use docglow_telemetry::commands::{
    consent, hook, log, preview, print, print_error, prompt, run as run_command,
};
use docglow_telemetry::decision::context::Context;
use docglow_telemetry::decision::environment::Environment;
use docglow_telemetry::decision::state::Consent;
use docglow_telemetry::event::stdin;
use docglow_telemetry::platform::arena::BumpAllocator;
use docglow_telemetry::platform::input::{self, Input};
use docglow_telemetry::platform::memory::NeverAbort;
use docglow_telemetry::platform::process;
use docglow_telemetry::sender;

#[cfg(lean)]
mod lean;

#[global_allocator]
static ALLOCATOR: NeverAbort<BumpAllocator> = NeverAbort(BumpAllocator);

docglow_telemetry::program!(run);

fn run(arguments: Vec<OsString>) {
    // A bug in this program must not fail a build, so a panic ends it with status 0.
    std::panic::set_hook(Box::new(|_| process::end()));
    let may_have_event = cli::may_have_event(&arguments);
    match cli::parse(arguments) {
        Ok(invocation) => invoke(invocation),
        Err(UsageError(message)) => {
            print_error(message);
            if may_have_event && !input::is_terminal() {
                stdin::discard(&mut Input::standard());
            }
        }
    }
}

fn invoke(invocation: Invocation) {
    match invocation {
        Invocation::Hook(_) if input::is_terminal() => print(HELP),
        Invocation::Hook(options) => hook::run(Ok(Source::stdin(options))),
        Invocation::Report(report) => hook::run(Source::command_line(report)),
        Invocation::Run { words, wait } => run_command::run(&words, wait),
        Invocation::Preview(options) => preview::event(options),
        Invocation::PreviewReport(report) => preview::report(report),
        Invocation::Status { options, json } => {
            let status = Status::of(&context(&options));
            print(&if json { status.to_json() } else { status.to_text() });
        }
        Invocation::Log { json } => print(&log::text(&context(&Options::default()), json)),
        Invocation::Enable(options) => {
            consent::record(&context(&options), Consent::Yes);
        }
        Invocation::Disable(options) => {
            consent::record(&context(&options), Consent::No);
        }
        Invocation::Prompt(options) => {
            prompt::prompt(&context(&options));
        }
        Invocation::Init(shell) => print(shell.text),
        Invocation::Help => print(HELP),
        Invocation::Version => {
            print(concat!("docglow-telemetry ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        Invocation::Send => sender::main::run(),
    }
}

fn context(options: &Options) -> Context {
    Context::new(Environment::read(), Path::new(&options.project_dir))
}
