//! Wires the modules together. Whatever happens, the exit status is 0.

#![no_main] // platform/ has it

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use docglow_telemetry::cli::{self, HELP, Invocation, Report, Shell, UsageError};
use docglow_telemetry::commands::consent;
use docglow_telemetry::commands::hook::{self, Options};
use docglow_telemetry::commands::log;
use docglow_telemetry::commands::prompt;
use docglow_telemetry::commands::run;
use docglow_telemetry::commands::status::{self, SAMPLE_EVENT, Status};
use docglow_telemetry::decision::context::Context;
use docglow_telemetry::decision::environment::Environment;
use docglow_telemetry::decision::state::Consent;
use docglow_telemetry::docglow::command_line::CommandLine;
use docglow_telemetry::event::dropped::unused;
use docglow_telemetry::event::stdin;
use docglow_telemetry::payload::Event;
use docglow_telemetry::platform::input::{self, Input};
use docglow_telemetry::platform::memory::Memory;
use docglow_telemetry::platform::process;
use docglow_telemetry::sender;

#[cfg(lean)]
mod lean;

#[global_allocator]
static MEMORY: Memory = Memory;

docglow_telemetry::program!(run);

fn run(arguments: Vec<OsString>) {
    // A bug of ours is no reason for a build to fail.
    std::panic::set_hook(Box::new(|_| process::end()));
    let may_take_an_event = cli::may_take_an_event(&arguments);
    match cli::parse(arguments) {
        Ok(Invocation::Hook(_)) if input::is_terminal() => print(HELP),
        Ok(Invocation::Hook(options)) => hook::run(&context(&options), &options),
        Ok(Invocation::Send) => sender::main::run(),
        Ok(Invocation::Preview(options)) => preview(&context(&options), &options),
        Ok(Invocation::Status { options, json: true }) => {
            print(&Status::of(&context(&options)).to_json())
        }
        Ok(Invocation::Status { options, json: false }) => {
            print(&Status::of(&context(&options)).to_text())
        }
        Ok(Invocation::Log { json }) => print(&log::text(&context(&Options::default()), json)),
        Ok(Invocation::Enable(options)) => consent::record(&context(&options), Consent::Yes),
        Ok(Invocation::Disable(options)) => consent::record(&context(&options), Consent::No),
        Ok(Invocation::Prompt { options, arguments: None }) => prompt::prompt(&context(&options)),
        Ok(Invocation::Prompt { arguments: Some(arguments), .. }) => ask_before(&arguments),
        Ok(Invocation::Report(report)) => self::report(&report),
        Ok(Invocation::PreviewReport(report)) => preview_report(report),
        Ok(Invocation::Run { words, wait }) => run::run(&words, wait),
        Ok(Invocation::Init(Shell::Posix)) => print(include_str!("../hooks/docglow.sh")),
        Ok(Invocation::Init(Shell::Fish)) => print(include_str!("../hooks/docglow.fish")),
        Ok(Invocation::Init(Shell::PowerShell)) => print(include_str!("../hooks/docglow.ps1")),
        Ok(Invocation::Help) => print(HELP),
        Ok(Invocation::Version) => {
            print(concat!("docglow-telemetry ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        Err(UsageError(message)) => {
            complain(message);
            if may_take_an_event && !input::is_terminal() {
                stdin::discard(&mut Input::standard());
            }
        }
    }
}

fn context(options: &Options) -> Context {
    Context::new(Environment::read(), Path::new(&options.project_dir))
}

fn preview(context: &Context, options: &Options) {
    let text = if input::is_terminal() {
        print("# A sample event. For your own: docglow-telemetry preview < event.json\n");
        Ok(SAMPLE_EVENT.to_owned())
    } else {
        stdin::read_first_object(&mut Input::standard())
            .inspect(|(_, is_followed)| {
                if *is_followed {
                    complain("only the first object is an event: the rest is dropped");
                }
            })
            .map(|(text, _)| text)
            .map_err(|unreadable| unreadable.to_string())
    };
    let event = text.and_then(|text| {
        unused(&text).iter().for_each(|line| complain(line));
        Event::parse(&text).map_err(|rejection| rejection.to_string())
    });
    match event {
        Ok(event) => print(&status::preview(context, hook::handover(context, options, event))),
        Err(reason) => complain(&reason),
    }
}

/// The context of a docglow command line.
fn context_of(line: &CommandLine) -> Context {
    Context::new(Environment::read(), line.project_dir())
}

fn report(report: &Report) {
    match CommandLine::parse(&report.arguments) {
        Ok(line) => {
            hook::report(&context_of(&line), &report.options, &line, report.status, &report.elapsed)
        }
        Err(reason) => hook::tell(&Environment::read(), Err(reason.to_string())),
    }
}

fn preview_report(report: Report) {
    let line = match CommandLine::parse(&report.arguments) {
        Ok(line) => line,
        Err(reason) => return complain(&reason.to_string()),
    };
    let docglow = match hook::located(report.options.docglow.as_deref()) {
        Ok(docglow) => docglow,
        Err(missing) => return complain(missing),
    };
    let context = context_of(&line);
    let options = Options { target_dir: Some(line.target_dir().into()), docglow, ..report.options };
    match hook::event(&context, &line, report.status, &report.elapsed) {
        Ok(event) => print(&status::preview(&context, hook::handover(&context, &options, event))),
        Err(reason) => complain(&reason),
    }
}

/// Asks before a command line that could be reported.
fn ask_before(arguments: &[OsString]) {
    if let Ok(line) = CommandLine::parse(arguments) {
        hook::ask(&context_of(&line), &line);
    }
}

// Nobody may be listening, which is no reason to fail.

fn print(text: &str) {
    let mut stdout = io::stdout();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "docglow-telemetry: {message}");
}
