//! Who may use whom inside the crate, and what the pure modules never touch.
//!
//! The test reads the sources: every path from `crate::` on outside of `#[cfg(test)]` modules,
//! `use crate::{a, b::C}` included, and every word of the code outside of comments.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each module, and the modules it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("limits", &[]),
    ("crypto", &["limits"]),
    ("wire", &["crypto", "address", "limits"]),
    ("address", &["crypto", "limits"]),
    ("identity", &["crypto", "wire", "limits"]),
    ("handshake", &["crypto", "wire", "identity", "limits"]),
    ("ratchet", &["crypto", "wire", "limits"]),
    ("session", &["crypto", "wire", "identity", "handshake", "ratchet", "limits"]),
    // The door: besides its own types it hands on the driver's handle.
    ("api", &["limits", "driver"]),
    ("engine", &["api", "address", "identity", "session", "wire", "limits", "crypto"]),
    ("key_wrap", &["crypto", "wire", "limits"]),
    ("backup", &["engine", "key_wrap", "crypto", "wire", "limits"]),
    ("platform", &[]),
    ("store", &["engine", "crypto", "platform", "limits"]),
    ("net", &["api", "engine", "address", "crypto", "wire", "limits", "platform"]),
    ("rpc", &["api", "platform", "limits"]),
    ("driver", ANY),
];

const ANY: &[&str] = &["*"];

/// The modules that are functions of (state, input, now, rng).
const PURE: &[&str] = &[
    "limits",
    "crypto",
    "wire",
    "address",
    "identity",
    "handshake",
    "ratchet",
    "session",
    "api",
    "engine",
    "key_wrap",
    "backup",
];

/// What a pure module never names.
const IMPURE_WORDS: &[&str] =
    &["futures", "web_sys", "js_sys", "wasm_bindgen", "libp2p", "rexie", "std::time"];

#[test]
fn every_module_uses_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (module, path, code) in sources() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{} is in no row of the table", path.display()));
            continue;
        };
        for used in used_modules(&code) {
            let known = MAY_USE.iter().any(|(name, _)| *name == used);
            if known && used != module && *allowed != ANY && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {module} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_modules_know_no_clock_no_browser_and_no_network() {
    let mut wrong = Vec::new();
    for (module, path, code) in sources() {
        for word in IMPURE_WORDS {
            if PURE.contains(&module.as_str()) && code.contains(word) {
                wrong.push(format!("{} names {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_read_from_grouped_nested_and_inline_paths() {
    let code = without_tests_and_comments(
        "use crate::{crypto::{kem, dh}, store::Y,\n wire};\n\
         fn f() { crate::net::g(); } // crate::rpc\n\
         #[cfg(test)]\nmod tests {\n    use crate::driver;\n}\n",
    );
    let used = used_modules(&code);
    assert_eq!(used.into_iter().collect::<Vec<_>>(), ["crypto", "net", "store", "wire"]);
}

/// Every source file below `src` but `lib.rs` and test modules: its module, path and code.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if name != "tests" {
                    folders.push(path);
                }
            } else if !["lib.rs", "tests.rs"].contains(&name) {
                let inside = path.strip_prefix(&root).unwrap();
                let module = inside.iter().next().unwrap().to_str().unwrap();
                let code = without_tests_and_comments(&fs::read_to_string(&path).unwrap());
                found.push((module.trim_end_matches(".rs").to_owned(), path, code));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// Leaves out comments, and every module behind `#[cfg(test)]`: rustfmt closes it with a brace at
/// the indentation of its `mod`.
fn without_tests_and_comments(source: &str) -> String {
    let mut code = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let item = lines.next().unwrap_or_default();
            if item.ends_with('{') {
                let indentation = item.len() - item.trim_start().len();
                let end = format!("{}}}", " ".repeat(indentation));
                let _ = lines.find(|line| *line == end);
            }
            continue;
        }
        code.push_str(line.split("//").next().unwrap_or_default());
        code.push('\n');
    }
    code
}

/// The first segment behind each `crate::`, and of each member of `crate::{…}`.
fn used_modules(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        let path = &code[start + "crate::".len()..];
        let Some(group) = path.strip_prefix('{') else {
            used.insert(first_word(path));
            continue;
        };
        let mut depth = 1;
        let mut at_member = true;
        for (i, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => at_member = true,
                _ if at_member && !character.is_whitespace() => {
                    used.insert(first_word(&group[i..]));
                    at_member = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    used
}

fn first_word(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
