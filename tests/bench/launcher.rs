//! The two small C programs in this folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::subject::{Program, Subject, Workshop};

pub struct Launcher {
    /// The empty program, built with each C library.
    pub floors: Vec<Program>,
    /// The smallest program that starts itself detached, with musl: by fork and by vfork.
    pub starts: Vec<(&'static str, Program)>,
    launch: PathBuf,
}

/// The resources that one process used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub wall: Duration,
    pub peak_bytes: u64,
    pub processor: Duration,
}

impl Launcher {
    /// Builds the programs, if that is possible.
    pub fn build(cc: &Path, workshop: &Workshop) -> Option<Self> {
        let build_with = |name: &str, source: &Path, libc: Option<&Path>, flag: &str| {
            let program = workshop.path(name);
            let mut compiler = Command::new(cc);
            compiler.args(["-O2", "-static", "-s", flag, "-o"]).args([program.as_path(), source]);
            if let Some(libc) = libc {
                compiler
                    .arg("-nostdlib")
                    .args(["crt1.o", "crti.o", "libc.a", "crtn.o"].map(|part| libc.join(part)));
            }
            compiler.status().is_ok_and(|status| status.success()).then_some(program)
        };
        let build = |name: &str, source: &Path, libc| build_with(name, source, libc, "-Wall");
        let launch = build("launch", &workshop.write("launch.c", include_str!("launch.c")), None)?;
        let floor = workshop.write("floor.c", include_str!("floor.c"));
        let start = workshop.write("start.c", include_str!("start.c"));
        let objects = musl();
        let starts = ["fork", "vfork"].into_iter().filter_map(|call| {
            let flag = format!("-DSTART={call}");
            let built = build_with(call, &start, Some(objects.as_deref()?), &flag)?;
            Some((call, Program::new(built, workshop.path(&format!("start-{call}/start")))))
        });
        let starts = starts.collect();
        let musl = objects.as_deref().and_then(|libc| build("musl", &floor, Some(libc)));
        let built = [musl, build("glibc", &floor, None)].into_iter().flatten().enumerate();
        let floors = built
            .map(|(i, source)| Program::new(source, workshop.path(&format!("floor-{i}/floor"))))
            .collect();
        Some(Self { floors, starts, launch })
    }

    /// The empty program with this C library, otherwise the one with any C library.
    pub fn floor(&self, libc: &str) -> &Path {
        &self.floors.iter().find(|floor| floor.libc == libc).unwrap_or(&self.floors[0]).path
    }

    /// The resources used by the program, and then by each process that outlived it.
    pub fn usage(&self, subject: &Subject) -> Vec<Usage> {
        let mut command = subject.under(&self.launch, &[]).command();
        let output = command.stderr(Stdio::piped()).output().expect("the launcher");
        // The launcher prints its lines after the program's own output.
        let said = String::from_utf8_lossy(&output.stderr);
        said.lines().filter_map(Usage::parse).collect()
    }

    /// The medians over several runs, for the program and for the one process that outlives it.
    pub fn typical(&self, subject: &Subject, runs: usize) -> (Usage, Usage) {
        let (mut callers, mut senders) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let mut usages = self.usage(subject).into_iter();
            callers.extend(usages.next());
            senders.extend(usages.next());
        }
        (Usage::median(&callers), Usage::median(&senders))
    }
}

/// The folder of musl's object files, which come with Rust's target.
fn musl() -> Option<PathBuf> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", &target])
        .output()
        .ok()?;
    Some(Path::new(str::from_utf8(&output.stdout).ok()?.trim()).join("self-contained"))
        .filter(|folder| folder.is_dir())
}

impl Usage {
    fn parse(line: &str) -> Option<Self> {
        let numbers: Vec<u64> =
            line.split(' ').map(|word| word.parse().ok()).collect::<Option<_>>()?;
        let &[wall, peak, processor] = numbers.as_slice() else { return None };
        Some(Self {
            wall: Duration::from_micros(wall),
            peak_bytes: peak << 10,
            processor: Duration::from_micros(processor),
        })
    }

    fn median(usages: &[Self]) -> Self {
        fn middle<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
            let mut values: Vec<T> = values.collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or_default()
        }
        Self {
            wall: middle(usages.iter().map(|usage| usage.wall)),
            peak_bytes: middle(usages.iter().map(|usage| usage.peak_bytes)),
            processor: middle(usages.iter().map(|usage| usage.processor)),
        }
    }
}
