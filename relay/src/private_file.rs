//! Small files in the relay's folder that nobody else may read: its key, its certificates.
//!
//! Invariant: a crash leaves what was there before, or all of what is new.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Writes a file under another name, and renames it.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let draft = folder.join(format!("{name}.new"));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(name))?;
    File::open(folder)?.sync_all()
}

/// Reads a file, `at_most` so many bytes of it; `None` when there is none.
///
/// # Errors
/// When the file cannot be read.
pub fn read(folder: &Path, name: &str, at_most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(folder.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(at_most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
