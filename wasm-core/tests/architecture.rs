//! Who may use whom inside the crate, what the pure modules never touch, what is compared byte by
//! byte, and which crate may be unsafe.
//!
//! The tests read the sources: every path from `crate::` on outside of `#[cfg(test)]` modules,
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
    ("data_channel", &[]),
    ("identity", &["crypto", "wire", "limits"]),
    ("handshake", &["crypto", "wire", "identity", "limits"]),
    ("ratchet", &["crypto", "wire", "limits"]),
    ("session", &["crypto", "wire", "identity", "handshake", "ratchet", "limits"]),
    // The door: besides its own types it hands on the driver's handle, and what a passkey is asked.
    ("api", &["limits", "driver", "key_wrap"]),
    ("engine", &["api", "address", "identity", "session", "wire", "limits", "crypto"]),
    ("key_wrap", &["crypto", "wire", "limits"]),
    ("backup", &["engine", "key_wrap", "crypto", "wire", "limits"]),
    ("platform", &[]),
    ("store", &["engine", "crypto", "key_wrap", "platform", "limits"]),
    ("net", &["api", "engine", "address", "crypto", "data_channel", "wire", "limits", "platform"]),
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
    "data_channel",
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

/// Types that hold bytes and derive `PartialEq`, which stops at the first byte that differs: what is
/// in them is public, or sealed. A secret is a `Secret`, which takes the same time for all.
const COMPARED_BYTEWISE: &[&str] = &[
    "AddressPublicKeys",
    "BackupPart",
    "Announced",
    "Bound",
    "Ciphertext",
    "ContactView",
    "DeviceCertificate",
    "DirectFrame",
    "Enclosed",
    "EnvelopeId",
    "FileFrame",
    "Fingerprint",
    "Frame",
    "Incoming",
    "Message",
    "Op",
    "PresenceRecord",
    "Profile",
    "Prologue",
    "PublicKey",
    "Record",
    "RelayStatus",
    "Scan",
    "SessionId",
    "SessionState",
    "Set",
    "Signature",
    "VerifyingKey",
    "WrappedKey",
];

/// Those that may hold a secret: rows, what is in them, and what goes to another tab. They are compared
/// with others of this device, by tests for the most part; nobody outside gives the other side.
const COMPARED_AMONG_OURS: &[&str] = &[
    "BackupKey",
    "Body",
    "DatabaseKey",
    "FileBody",
    "FileDescription",
    "FileInfo",
    "FilePart",
    "FileView",
    "LockKey",
    "Parcel",
    "Row",
    "Said",
    "ToClients",
];

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
fn what_is_compared_byte_by_byte_is_public() {
    let mut found = BTreeSet::new();
    for (_, path, code) in sources() {
        let by_hand = code.contains("PartialEq for");
        // The second compares two `Secret`s, beside which it keeps what follows from them.
        let known = ["crypto/secret.rs", "crypto/kem.rs"].iter().any(|known| path.ends_with(known));
        assert!(!by_hand || known, "{}", path.display());
        let compared = comparing_items(&code);
        let bytes =
            |item: &&String| ["[u8", "Vec<u8>", "Zeroizing"].iter().any(|b| item.contains(b));
        found.extend(compared.iter().filter(bytes).map(|item| first_word(item)));
    }
    let listed = COMPARED_BYTEWISE.iter().chain(COMPARED_AMONG_OURS);
    let listed: BTreeSet<String> = listed.map(|&name| name.to_owned()).collect();
    assert_eq!(found, listed);
    let secret = include_str!("../src/crypto/secret.rs");
    assert!(
        secret.contains("self.0.ct_eq(other.0.as_ref()).into()"),
        "a Secret takes the same time"
    );
}

#[test]
fn items_that_compare_are_read_whole() {
    let code = "#[derive(Debug, PartialEq)]\npub struct A(Vec<u8>);\n\
                #[derive(\n    Clone,\n    PartialEq,\n)]\n#[repr(u8)]\nenum B<'a> {\n    C([u8; 3]),\n}\n\
                #[derive(Debug)]\nstruct D([u8; 3]);\n";
    let items = comparing_items(code);
    let [a, b] = &items[..] else { panic!("{items:?}") };
    assert_eq!((a.as_str(), first_word(b).as_str()), ("A(Vec<u8>);", "B"));
    assert!(b.contains("[u8; 3]") && !b.contains("struct D"));
}

/// `erasure` looks at memory that was given back. Its lints are those of the workspace but for one.
#[test]
fn one_crate_alone_may_be_unsafe() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = |folder: &str| fs::read_to_string(root.join(folder).join("Cargo.toml")).unwrap();
    let workspace = manifest("");
    for member in [
        "wasm-core",
        "web",
        "relay",
        "fuzz",
        "bench/wasm",
        "e2e/nat",
        "e2e/proxy",
        "e2e/interop/node",
    ] {
        assert!(manifest(member).contains("[lints]\nworkspace = true\n"), "{member}");
    }
    let lints = |manifest: &str, table: &str| -> Vec<String> {
        let (_, rest) = manifest.split_once(&format!("[{table}]\n")).unwrap();
        rest.lines().take_while(|line| line.contains('=')).map(str::to_owned).collect()
    };
    let expected = |table: &str| {
        let all = lints(&workspace, &format!("workspace.{table}"));
        let deny =
            |line: String| line.replace("unsafe_code = \"forbid\"", "unsafe_code = \"deny\"");
        all.into_iter().map(deny).collect::<Vec<_>>()
    };
    let erasure = manifest("wasm-core/erasure");
    for table in ["lints.rust", "lints.clippy"] {
        assert_eq!(lints(&erasure, table), expected(table));
    }
    let members = "members = [\"wasm-core\", \"web\", \"relay\", \"fuzz\", \"wasm-core/erasure\", \"bench/wasm\", \"e2e/nat\", \"e2e/proxy\", \"e2e/interop/node\"]";
    assert!(workspace.contains(members), "a new crate is in the list above");
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

/// Every struct and enum that derives `PartialEq`, from its name to its end.
fn comparing_items(code: &str) -> Vec<String> {
    let mut items = Vec::new();
    for (start, _) in code.match_indices("#[derive(") {
        let Some((traits, rest)) = code[start..].split_once(")]") else { continue };
        let item = ["struct ", "enum "].iter().filter_map(|word| {
            let at = rest.find(word)?;
            Some((at, &rest[at + word.len()..]))
        });
        let Some((_, item)) = item.min_by_key(|(at, _)| *at) else { continue };
        let end = match (item.find(';'), item.find('{')) {
            (Some(semicolon), brace) if brace.is_none_or(|brace| tuple_ends(item, brace)) => {
                semicolon + 1
            }
            _ => item.find("\n}").map_or(item.len(), |end| end + 2),
        };
        if traits.contains("PartialEq") {
            items.push(item[..end].to_owned());
        }
    }
    items
}

/// Whether the item ends with a line before its first brace, which is then another's.
fn tuple_ends(item: &str, brace: usize) -> bool {
    item[..brace].contains(";\n")
}

fn first_word(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
