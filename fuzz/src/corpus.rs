//! The seeds, one file each in `corpus/<target>/`.

use std::{fs, io, path::PathBuf};

/// What the name of a file begins with that its target refuses. Every other one is accepted.
pub const REFUSED: &str = "refused-";

/// Where the files of a target are; the whole corpus for an empty name.
#[must_use]
pub fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// Names and bytes, in the order of the names.
///
/// # Errors
///
/// When the folder is missing or a file cannot be read.
pub fn read(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.push((name, fs::read(entry.path())?));
    }
    files.sort();
    Ok(files)
}
