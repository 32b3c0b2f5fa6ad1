//! A copy of the project with all mutants in it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::mutate::{Mutant, mutate};

/// Each build that fails removes at least one mutant.
const MAX_BUILDS: usize = 20;

pub struct Tree {
    root: PathBuf,
    target: PathBuf,
    /// Contains the number of the active mutant.
    active: PathBuf,
    files: Vec<PathBuf>,
}

impl Tree {
    pub fn new(folder: &Path, files: Vec<PathBuf>) -> Self {
        let folder = std::path::absolute(folder).expect("a path");
        let (root, target) = (folder.join("tree"), folder.join("target"));
        fs::create_dir_all(&root).expect("a folder for the mutated tree");
        Self { root, target, active: folder.join("active"), files }
    }

    /// Makes a mutant the active one; 0 is the original program.
    pub fn activate(&self, number: u32) {
        fs::write(&self.active, number.to_string()).expect("the active mutant's file");
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// cargo, in the mutated tree.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("CARGO_PROFILE_TEST_DEBUG", "false")
            .env("ACTIVE_MUTANT", &self.active)
            .stderr(Stdio::inherit());
        cargo
    }

    /// Writes and checks the mutated tree, without the mutants that do not compile.
    pub fn build(&mut self) -> Vec<Mutant> {
        self.activate(0);
        self.copy_project();
        let mut skipped = HashSet::new();
        for _ in 0..MAX_BUILDS {
            let mutants = self.write(&skipped);
            let places = self.errors();
            if places.is_empty() {
                println!("{} mutants do not compile", skipped.len());
                return mutants;
            }
            let before = skipped.len();
            skipped.extend(blamed(&mutants, &self.root, &places));
            assert!(skipped.len() > before, "the mutated tree does not compile: {places:?}");
        }
        panic!("the mutated tree still does not compile");
    }

    fn copy_project(&self) {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .expect("git ls-files");
        let mutated: HashSet<&PathBuf> = self.files.iter().collect();
        let listed = String::from_utf8(listed.stdout).expect("names of files");
        for path in listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from) {
            if !mutated.contains(&path) && path != Path::new("src/lib.rs") && path.is_file() {
                self.update(&path, &fs::read(&path).expect("a file of the project"));
                let permissions = fs::metadata(&path).expect("its permissions").permissions();
                fs::set_permissions(self.root.join(&path), permissions).expect("its permissions");
            }
        }
        let library = fs::read_to_string("src/lib.rs").expect("lib.rs");
        self.update(Path::new("src/lib.rs"), format!("{library}\npub mod mutant;\n").as_bytes());
        self.update(Path::new("src/mutant.rs"), include_bytes!("switch.rs"));
    }

    /// Leaves an unchanged file alone, so that cargo need not compile it again.
    fn update(&self, path: &Path, content: &[u8]) {
        let path = self.root.join(path);
        if fs::read(&path).is_ok_and(|old| old == content) {
            return;
        }
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file of the mutated tree");
    }

    fn write(&self, skipped: &HashSet<String>) -> Vec<Mutant> {
        let mut mutants: Vec<Mutant> = Vec::new();
        for path in &self.files {
            let source = fs::read_to_string(path).expect("a file to mutate");
            let used = mutants.last().map_or(0, |mutant| mutant.number);
            let is_skipped = |key: &str| skipped.contains(key);
            let (more, text) =
                mutate(path.to_str().expect("a UTF-8 path"), &source, used, &is_skipped);
            mutants.extend(more);
            self.update(path, text.as_bytes());
        }
        mutants
    }

    /// The files and byte ranges of the compiler's errors.
    fn errors(&self) -> Vec<(String, usize, usize)> {
        let output = self
            .cargo(&["check", "--locked", "--quiet", "--lib", "--message-format=json"])
            .output()
            .expect("cargo");
        let places = RefCell::new(Vec::new());
        let text = String::from_utf8_lossy(&output.stdout);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for message in messages.filter(|message| message["message"]["level"] == "error") {
            for span in message["message"]["spans"].as_array().into_iter().flatten() {
                let number = |name: &str| span[name].as_u64().unwrap_or(0) as usize;
                let file = span["file_name"].as_str().unwrap_or_default().to_owned();
                places.borrow_mut().push((file, number("byte_start"), number("byte_end")));
            }
        }
        assert!(output.status.success() || !places.borrow().is_empty(), "cargo check failed");
        if output.status.success() { Vec::new() } else { places.into_inner() }
    }
}

/// The mutants whose switch is nearest to an error.
fn blamed(mutants: &[Mutant], root: &Path, places: &[(String, usize, usize)]) -> HashSet<String> {
    let mut keys = HashSet::new();
    for (file, start, end) in places {
        let Ok(text) = fs::read_to_string(root.join(file)) else { continue };
        // The switch in the error's line, else the last one before it.
        let line_end = text[*end..].find('\n').map_or(text.len(), |length| end + length);
        let inside = numbers(text.get(*start..*end).unwrap_or_default());
        let before = numbers(&text[..*start]).pop();
        let after = numbers(&text[*start..line_end]);
        let chosen = if inside.is_empty() {
            before.into_iter().chain(after.first().copied()).collect()
        } else {
            inside
        };
        keys.extend(
            mutants.iter().filter(|mutant| chosen.contains(&mutant.number)).map(Mutant::key),
        );
    }
    keys
}

/// The numbers of the switches in a piece of mutated source.
fn numbers(text: &str) -> Vec<u32> {
    let parts = text.split("crate::mutant::is(").skip(1);
    parts.filter_map(|part| part.split_once(')')?.0.parse().ok()).collect()
}
