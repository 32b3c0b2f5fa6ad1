//! Random projects and command lines, the same for the same seed.

use crate::oracle::{Kind, Options};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

const PROJECTS: usize = 60;

/// Spellings in docglow.yml of true, of false, and of neither.
const SCALARS: &[&str] = &[
    "true",
    "false",
    "True",
    "FALSE",
    "yes",
    "no",
    "YES",
    "No",
    "on",
    "off",
    "oN",
    "oFF",
    "y",
    "n",
    "'no'",
    "\"off\"",
    "'false'",
    "''",
    "\"\"",
    "\"n\\x6f\"",
    "",
    "~",
    "null",
    "0",
    "1",
    "2",
    "-1",
    "00",
    "0_0",
    "0x0",
    "-0",
    "0.0",
    "0.5",
    ".nan",
    "'0'",
    "[]",
    "[0]",
    "{}",
    "{a: b}",
    "never",
    "2001-01-01",
];

/// Whole files. docglow 0.9.2 fails to load some of them.
pub const FILES: &[&[u8]] = &[
    b"",
    b"# nothing\n",
    b"- slim\n",
    b"slim\n",
    b"slim: [\n",
    b"slim: true\n---\nslim: true\n",
    b"slim: !x true\n",
    b"slim: \xff\n",
    b"\xef\xbb\xbfslim: 'no'\ncolumn_lineage: no\n",
    b"ai: true\n",
    b"health:\n",
    b"health: []\n",
    b"profiling: true\n",
    b"insights: text\n",
    b"lineage_layers: [1]\n",
    b"a: &a off\nslim: true\ncolumn_lineage: *a\n",
    b"slim: *unknown\n",
    b"\"slim\": true\n'column_lineage': \"no\"\n",
    b"{slim: true, ai: {enabled: on}}\n",
];

const TEXTS: &[&[u8]] = &[
    b"orders",
    b"+orders+1",
    b"",
    b" ",
    b"--slim",
    b"--help",
    b"--",
    b"-",
    b"=",
    b"a=b",
    b"-x",
    b"\xff\xfe",
    b"\xc3\xbc",
];
const INTEGERS: &[&[u8]] = &[
    b"0",
    b"3",
    b"-1",
    b"+7",
    b"007",
    b"1_000",
    b" 5 ",
    b"8081",
    b"x",
    b"",
    b"1.5",
    b"1__0",
    b"_1",
    b"0x10",
    b"1e3",
    b"--1",
    b"\xff",
    b"99999999999999999999",
];
const NUMBERS: &[&[u8]] = &[
    b"0", b"60", b"49.5", b"nan", b"-inf", b"1e3", b"1e999", b"-.5", b"5.", b"1_0.0_1", b" 7", b"",
    b"60%", b"1,5", b".", b"e1", b"1e", b"infin", b"0x10", b"\xff",
];
const PATHS: &[&str] = &[
    ".",
    "..",
    "target",
    "./other",
    "missing",
    "missing/deep",
    "",
    "dbt_project.yml",
    "target/docglow",
    "/",
];
const WORDS: &[&str] = &[
    "word",
    "",
    "-",
    "--",
    "-h",
    "-v",
    "--bogus",
    "--Static",
    "--static=1",
    "--no-slim",
    "--format",
    "--=",
    "--verbos",
];
const COMMANDS: &[&str] = &[
    "",
    "Generate",
    "telemetry",
    "profile",
    "publish",
    "generat",
    "--version",
    "--help",
    "--static",
    "-",
];

/// The random number generator xorshift64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        let mut random = Random(seed ^ 0x9e37_79b9_7f4a_7c15);
        random.below(1);
        random
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// Projects below `root`. Each has its own docglow.yml, and manifests that can be distinguished.
pub fn projects(random: &mut Random, root: &Path) -> Vec<PathBuf> {
    let projects: Vec<PathBuf> = (0..PROJECTS)
        .map(|i| {
            root.join(OsString::from_vec(if i == 0 {
                b"p\xff".to_vec()
            } else {
                format!("p{i}").into_bytes()
            }))
        })
        .collect();
    for (i, project) in projects.iter().enumerate() {
        for (j, target) in ["target", "other"].iter().enumerate() {
            fs::create_dir_all(project.join(target)).expect("a target folder");
            fs::write(project.join(target).join("manifest.json"), manifest(1 + 2 * i + j))
                .expect("a manifest");
        }
        if random.percent(70) {
            fs::create_dir(project.join("target/docglow")).expect("a site");
        }
        fs::write(project.join("dbt_project.yml"), "name: shop\n").expect("a file");
        let name = if random.percent(80) { "docglow.yml" } else { "docglow.yaml" };
        fs::write(project.join(name), docglow_yml(random, i)).expect("docglow.yml");
        if random.percent(10) {
            fs::write(project.join("docglow.yaml"), docglow_yml(random, PROJECTS))
                .expect("docglow.yaml");
        }
    }
    projects
}

fn manifest(models: usize) -> String {
    let nodes: Vec<String> =
        (0..models).map(|i| format!(r#""m{i}":{{"resource_type":"model"}}"#)).collect();
    format!(r#"{{"metadata":{{"adapter_type":"duckdb"}},"nodes":{{{}}}}}"#, nodes.join(","))
}

fn docglow_yml(random: &mut Random, i: usize) -> Vec<u8> {
    if let Some(file) = FILES.get(i) {
        return file.to_vec();
    }
    let mut entries = vec!["title: Caf\u{e9} # \"no\"".to_owned()];
    let keys = [
        "slim",
        "column_lineage",
        "ai",
        "ai.enabled",
        "profiling",
        "insights",
        "health",
        "telemetry",
    ];
    for _ in 0..random.below(6) {
        let (key, scalar) = (*random.of(&keys), *random.of(SCALARS));
        // A repeated key makes the file unreadable for the hook, but not for docglow.
        let name = key.split('.').next().unwrap_or(key);
        if entries.iter().any(|entry| entry.starts_with(&format!("{name}:"))) {
            continue;
        }
        let falsy = *random.of(&["", "no", "{}", "''", "0"]);
        entries.push(match key {
            "ai.enabled" if random.percent(50) => format!("ai:\n  model: x\n  enabled: {scalar}"),
            "ai.enabled" => format!("ai: {{enabled: {scalar}}}"),
            "health" => "health: {weights: {naming: 0.5}}".to_owned(),
            "telemetry" => "telemetry: {enabled: true, endpoint: ''}".to_owned(),
            "slim" | "column_lineage" => format!("{key}: {scalar}"),
            _ => format!("{key}: {falsy}"),
        });
    }
    let first = random.below(entries.len());
    entries.rotate_left(first);
    (entries.join("\n") + "\n").into_bytes()
}

/// A docglow command line for the project in `folder`.
pub fn command_line(
    random: &mut Random,
    commands: &Options,
    folder: &Path,
    projects: &[PathBuf],
) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if random.percent(3) {
        words.push(random.of(&["--", "--version", "--help", "--bogus"]).into());
    }
    let names: Vec<&String> = commands.keys().collect();
    if random.percent(4) {
        words.push(random.of(COMMANDS).into());
    } else {
        words.push(random.of(&["generate", "generate", "generate", "health", "serve"]).into());
    }
    let own = words.last().and_then(|word| word.to_str()).and_then(|word| commands.get(word));
    for _ in 0..random.below(7) {
        let foreign = &commands[*random.of(&names)];
        let options = if random.percent(97) { own.unwrap_or(foreign) } else { foreign };
        if random.percent(3) {
            words.push(random.of(WORDS).into());
            continue;
        }
        let options: Vec<(&String, &Kind)> = options.iter().collect();
        let (name, kind) = *random.of(&options);
        match kind {
            Kind::Flag if random.percent(2) => words.push(format!("{name}=").into()),
            Kind::Flag => words.push(name.into()),
            _ if random.percent(2) => words.push(name.into()),
            kind => {
                let value = value(random, name, kind, folder, projects);
                if random.percent(50) {
                    words.push([OsString::from(name), "=".into(), value].into_iter().collect());
                } else {
                    words.extend([name.into(), value]);
                }
            }
        }
    }
    words
}

fn value(
    random: &mut Random,
    name: &str,
    kind: &Kind,
    folder: &Path,
    projects: &[PathBuf],
) -> OsString {
    let bytes = |bytes: &&[u8]| OsString::from_vec(bytes.to_vec());
    // The first values of a list are valid. Most command lines are to be accepted.
    let is_good = random.percent(85);
    let few = |random: &mut Random, list: &[&[u8]], good: usize| {
        let list = if is_good { &list[..good] } else { list };
        bytes(random.of(list))
    };
    match kind {
        Kind::Flag | Kind::Text => bytes(random.of(TEXTS)),
        Kind::Integer => few(random, INTEGERS, 8),
        Kind::Number => few(random, NUMBERS, 11),
        Kind::Choice(choices) if is_good => random.of(choices).into(),
        Kind::Choice(choices) => {
            let choice = random.of(choices);
            random
                .of(&[
                    choice.to_uppercase(),
                    format!("{choice} "),
                    choice[1..].to_owned(),
                    String::new(),
                ])
                .into()
        }
        Kind::Path if name == "--project-dir" && is_good => {
            let project = random.of(projects);
            let sibling = Path::new("..")
                .join(project.strip_prefix(folder.parent().expect("a parent")).expect("a sibling"));
            random.of(&[".".into(), project.clone(), sibling]).into()
        }
        Kind::Path if random.percent(20) => random.of(projects).join("other").into(),
        Kind::Path => random.of(PATHS).into(),
    }
}

/// Each word, after an "x", in hexadecimal, as the oracle reads it.
pub fn encoded<'a>(words: impl Iterator<Item = &'a OsString>) -> String {
    let hexadecimal = |word: &OsString| {
        word.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    words.map(|word| format!("x{}", hexadecimal(word))).collect::<Vec<_>>().join(" ")
}

/// The path that the oracle writes in hexadecimal.
pub fn decoded(hexadecimal: &str) -> OsString {
    let byte = |at: usize| u8::from_str_radix(&hexadecimal[at..at + 2], 16).expect("hexadecimal");
    OsString::from_vec((0..hexadecimal.len()).step_by(2).map(byte).collect())
}
