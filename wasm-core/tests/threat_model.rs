//! The threat model names a test beside everything that it says cannot happen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, fs, path::Path};

/// Every function with `#[test]` or inside `proptest!` looks like this.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let code = fs::read_to_string(&path).unwrap();
            let names = code.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut tests = BTreeSet::new();
    for folder in ["wasm-core/src", "wasm-core/tests", "relay/src", "relay/tests", "web/src"] {
        functions(&root.join(folder), &mut tests);
    }
    let text = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let mut count = 0;
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.ends_with("shown by |"));
    for row in rows.filter(|row| !row.starts_with("| ---")) {
        let names: Vec<_> = row.rsplit('|').nth(1).unwrap().split_whitespace().collect();
        assert!(!names.is_empty(), "nothing shows: {row}");
        for name in names {
            assert!(tests.contains(name.trim_matches('`')), "there is no test {name}");
            count += 1;
        }
    }
    assert!(count > 30, "{count} tests are named");
}
