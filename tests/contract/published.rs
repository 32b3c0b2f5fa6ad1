//! Copies of the vocabulary: in the schemas, the receivers' configurations, the READMEs, the
//! messages and the completions. `src/` is the definition, and `make bless` rewrites the copies.

use crate::common::trials;
use docglow_telemetry::commands::init::SHELLS;
use docglow_telemetry::payload::vocabulary::{Adapter, Feature};
use docglow_telemetry::payload::{Count, ProjectShape};
use std::fs;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![every_copy_of_the_vocabulary_is_current,]
}

/// A copy in a file: the text between `before` and `after`, which may occur several times.
struct Copy {
    file: &'static str,
    before: &'static str,
    after: &'static str,
    text: String,
}

impl Copy {
    /// The file's text with this copy rewritten.
    fn renewed(&self, text: &str) -> String {
        let mut renewed = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(self.before) {
            let (kept, old) = rest.split_at(start + self.before.len());
            let end = old.find(self.after).unwrap_or_else(|| panic!("{}: no end", self.file));
            renewed += kept;
            renewed += &self.text;
            rest = &old[end..];
        }
        assert!(!renewed.is_empty(), "{}: {:?} is not in it", self.file, self.before);
        renewed + rest
    }
}

fn every_copy_of_the_vocabulary_is_current() {
    let is_blessing = std::env::var_os("BLESS").is_some();
    let mut stale = Vec::new();
    for copy in copies() {
        let path = path(copy.file);
        let text = read(copy.file);
        let renewed = copy.renewed(&text);
        if renewed != text && is_blessing {
            fs::write(&path, renewed).expect(copy.file);
        } else if renewed != text {
            stale.push(format!("{}, after {:?}", copy.file, copy.before));
        }
    }
    assert!(stale.is_empty(), "run `make bless`; it will change:\n{}", stale.join("\n"));
}

pub fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

pub fn read(file: &str) -> String {
    fs::read_to_string(path(file)).expect(file)
}

/// Each word in this form, with `separator` between two words.
fn each(words: &[&str], separator: &str, form: impl Fn(&str) -> String) -> String {
    words.iter().map(|word| form(word)).collect::<Vec<_>>().join(separator)
}

/// Words in quotation marks, in lines of at most 100 columns.
fn lines_of_words(words: &[&str], indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in words {
        let item = format!(" \"{word}\",");
        let last = lines.last_mut().expect("a line");
        if indent.len() + last.len() + item.len() > 100 {
            lines.push(item);
        } else {
            *last += &item;
        }
    }
    let lines: Vec<String> =
        lines.iter().map(|line| format!("{indent}{}", line.trim_start())).collect();
    lines.join("\n").trim_end_matches(',').to_owned()
}

fn in_words(number: usize) -> &'static str {
    const NUMBERS: [&str; 16] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen",
    ];
    NUMBERS[number]
}

/// `a, b and c`, each in this form.
fn sentence(words: &[&str], form: impl Fn(&str) -> String) -> String {
    let (last, others) = words.split_last().expect("a word");
    format!("{} and {}", each(others, ", ", &form), form(last))
}

/// The counts of the sample project. A count that is not in this list is 0.
fn sample(name: &str) -> u32 {
    const SAMPLE: [(&str, u32); 5] =
        [("models", 13), ("sources", 6), ("seeds", 1), ("tests", 27), ("macros", 786)];
    SAMPLE.iter().find(|count| count.0 == name).map_or(0, |count| count.1)
}

pub fn features() -> Vec<String> {
    let word = |feature| serde_json::to_value(feature).expect("JSON").as_str().map(str::to_owned);
    Feature::ALL.iter().map(|feature| word(feature).expect("a word")).collect()
}

fn copies() -> Vec<Copy> {
    let features = features();
    let features: Vec<&str> = features.iter().map(String::as_str).collect();
    let features = features.as_slice();
    let counts = ProjectShape::NAMES;
    let adapters: Vec<&str> = Adapter::published().collect();

    let double_quoted = |word: &str| format!("\"{word}\"");
    let single_quoted = |word: &str| format!("'{word}'");
    // One digit fewer than the limit has, after the first digit.
    let digits = Count::MAX.to_string().len() - 1;
    let number = format!("(?:0|[1-9][0-9]{{0,{digits}}})");
    // docglow itself writes a blank after each colon and comma.
    let counts_pattern =
        |quote: &str| each(counts, ", ?", |name| format!("{quote}{name}{quote}: ?{number}"));
    let ordered_pattern =
        |quote: &str| each(features, "", |name| format!("(?:{quote}{name}{quote},? ?)?"));
    let features_pattern = |quote: &str| {
        let word = format!("{quote}(?:{}){quote}", features.join("|"));
        format!("(?:{word}(?:, ?{word}){{0,{}}})?", features.len() - 1)
    };
    let count_column = |kind: &'static str| move |name: &str| format!("{name} {kind}");

    let mut copies = Vec::new();
    let mut copy = |file, before, after, text| copies.push(Copy { file, before, after, text });

    let schema = "hooks/payload.schema.json";
    copy(schema, "null, \"other\",\n", "\n      ]", lines_of_words(&adapters, "        "));
    copy(
        schema,
        "\"required\": [\"models\"",
        "],\n      \"properties\"",
        each(&counts[1..], "", |name| format!(", \"{name}\"")),
    );
    let property = |name: &str| format!("        \"{name}\": {{ \"$ref\": \"#/$defs/count\" }}");
    let properties = each(&counts[1..], ",\n", property);
    for schema in [schema, "hooks/event.schema.json"] {
        let before = "        \"models\": { \"$ref\": \"#/$defs/count\" },\n";
        copy(schema, before, "\n      }", properties.clone());
    }
    copy(schema, "\"items\": {\n        \"enum\": [", "]", each(features, ", ", double_quoted));

    let nginx = "tests/receivers/nginx/docglow.conf";
    let escaped = "\\\"";
    copy(nginx, "\\\"project_shape\\\": ?\\{", "\\}, ?\\\"features", counts_pattern(escaped));
    let listed = format!("(?={}\\]){}", ordered_pattern(escaped), features_pattern(escaped));
    copy(nginx, "\\\"features_used\\\": ?\\[", "\\]\\})\\z", listed);

    let caddy = "tests/receivers/caddy/Caddyfile";
    copy(caddy, "\"project_shape\": ?\\{", "\\}, ?\"features", counts_pattern("\""));
    copy(caddy, "\"features_used\": ?\\[(?P<features>", ")\\]\\})$", features_pattern("\""));
    copy(caddy, "{http.regexp.event.features} `^", "$`", ordered_pattern("\""));
    for views in ["tests/receivers/caddy/events.sql", "tests/receivers/nginx/events.sql"] {
        let columns = each(counts, ", ", |name| format!("\"{name}\": \"BIGINT\""));
        copy(views, "\"project_shape\": {", "}", columns);
    }

    let postgres = "tests/receivers/postgres/schema.sql";
    copy(postgres, "unnest(ARRAY[\n    ", "])", each(features, ", ", single_quoted));
    copy(
        postgres,
        "adapter_type text REFERENCES adapter,\n",
        "    features_used",
        each(counts, "", |name| format!("    {name} amount,\n")),
    );
    let words = lines_of_words(&adapters, "    ").replace('"', "'");
    copy(postgres, "ARRAY['other',\n", "\n]", words);
    let questions = "tests/receivers/postgres/questions.sql";
    copy(questions, "DISTINCT ON (instance_id) ", "\n", counts.join(", "));
    let named = each(counts, ", ", |name| format!("('{name}', {name})"));
    copy(questions, "LATERAL (VALUES\n    ", "\n", named);

    let clickhouse = "tests/receivers/clickhouse/schema.sql";
    copy(clickhouse, "project_shape Tuple(", ")", each(counts, ", ", count_column("UInt64")));
    copy(
        clickhouse,
        "CHECK greatest(",
        ")",
        each(counts, ", ", |name| format!("project_shape.{name}")),
    );
    let questions = "tests/receivers/clickhouse/questions.sql";
    copy(questions, "ARRAY JOIN\n    [", "] AS measure", each(counts, ", ", single_quoted));
    let amounts = each(counts, ", ", |name| format!("project.{name}"));
    copy(questions, "AS measure,\n    [", "] AS amount", amounts);
    copy(
        clickhouse,
        "has(features_used, feature),\n        [",
        "]",
        each(features, ", ", single_quoted),
    );

    let plain = |word: &str| word.to_owned();
    let question = "src/commands/prompt.rs";
    copy(question, "adapter, the number of ", ", which of", sentence(counts, plain));
    let dropped = "src/event/dropped.rs";
    copy(dropped, "has only counts of ", "\"", sentence(counts, plain));
    let spaced = each(counts, ", ", |name| format!("\"{name}\": {}", sample(name)));
    copy("src/commands/preview.rs", "\"project_shape\": {", "}", spaced.clone());
    copy("README.md", "\"project_shape\": {", "}", spaced);
    let compact = each(counts, ",", |name| format!("\"{name}\":{}", sample(name)));
    copy("tests/contract/request.rs", "\"project_shape\":{", "}", compact);
    let zeros = each(counts, ",", |name| format!("\"{name}\":0"));
    copy("src/payload/mod.rs", "\"project_shape\":{", "}", zeros);
    copy(
        "hooks/README.md",
        "- **Counts:** ",
        ", each",
        sentence(counts, |name| format!("`{name}`")),
    );
    let shells = each(&SHELLS.map(|shell| shell.name), " ", plain);
    let completions = [
        (".package/completions/_docglow-telemetry", "local -a shells=(", ")"),
        (".package/completions/docglow-telemetry.bash", "init)\n      words='", "'"),
        (".package/completions/docglow-telemetry.fish", "_from init' -a '", "'"),
    ];
    for (file, before, after) in completions {
        copy(file, before, after, shells.clone());
    }
    copy("README.md", "| some of ", " words |", in_words(features.len()).to_owned());
    copy("README.md", "| `project_shape` | ", " numbers |", in_words(counts.len()).to_owned());
    copies
}
