//! The view knows the core by its door alone, and pure modules know no browser.

use std::{fs, path::Path};

fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), &mut found);
    found.retain(|(path, _)| !path.contains("tests"));
    found
}

/// What follows `volly_core::`, with the members of a group each on its own.
fn core_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for rest in code.split("volly_core::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            paths.push(rest.to_owned());
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ if start && !letter.is_whitespace() => {
                    start = false;
                    paths.push(group[at..].to_owned());
                }
                _ => {}
            }
        }
    }
    paths
}

#[test]
fn the_core_is_known_by_its_door_alone() {
    let mut seen = 0;
    for (path, code) in sources("") {
        for used in core_paths(&code) {
            seen += 1;
            let allowed = used.starts_with("api") || used.starts_with("limits");
            assert!(allowed, "{path} uses volly_core::{}", used.lines().next().unwrap());
        }
    }
    assert!(seen > 20);
    assert!(core_paths("use volly_core::{api::{A, B}, engine::C};")[1].starts_with("engine"));
}

#[test]
fn state_and_components_keep_to_their_layer() {
    for (folder, forbidden) in [
        (
            "state",
            &["yew", "web_sys", "js_sys", "crate::browser", "crate::hooks", "crate::core"][..],
        ),
        ("components", &["crate::core", "crate::hooks", "hooks::", "pages::", "use_context"][..]),
        ("hooks", &["crate::pages", "crate::components"][..]),
    ] {
        for (path, code) in sources(folder) {
            for word in forbidden {
                assert!(!code.contains(word), "{path} mentions {word}");
            }
        }
    }
}

#[test]
fn files_stay_short() {
    for (path, code) in sources("") {
        let limit = if path.contains("/components/") { 150 } else { 400 };
        let lines = code.lines().count();
        assert!(lines <= limit, "{path} has {lines} lines");
    }
}
