//! Backups as a page saves and restores them: the file comes and goes in parts.

use core::{future::Future, ops::ControlFlow};

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;
use zeroize::Zeroizing;

use super::{super::archive::as_passphrase, Core};
use crate::{
    api::{
        ApiError, BackupError, BackupKey, BackupPart, BeginRestore, FinishRestore, NextBackupPart,
        RestorePart, SaveBackup, StopBackup, StopRestore,
    },
    backup::{HEADER_BYTES, Header},
    crypto::secret::Secret,
    key_wrap::{
        Method, Purpose,
        job::{Job, JobError, answer, read},
    },
    limits::{ARGON2_MEMORY_KIB, BACKUP_PART_BYTES},
    platform::{entropy::system_rng, worker},
    wire::codec::DecodeError,
};

/// Has a job done on a thread of its own, or here where there is none: then the page stands still
/// meanwhile.
pub(super) async fn run(job: &Job) -> Result<Zeroizing<Vec<u8>>, JobError> {
    let request = job.encode();
    match worker::ask(&request).await {
        Some(answer) => read(&answer),
        None => read(&answer(&request, &mut system_rng())),
    }
}

impl Core {
    /// Saves a backup: the parts of its file come one after the other, and the next is not made before
    /// `take` has returned. Without a passphrase the 24 words open it.
    ///
    /// # Errors
    ///
    /// [`BackupError::Key`] for what is no passphrase, [`BackupError::Cancelled`] when `take` breaks,
    /// and [`BackupError::Refused`].
    pub fn save_backup(
        &self,
        passphrase: Option<String>,
        mut take: impl FnMut(BackupPart) -> ControlFlow<()> + 'static,
    ) -> impl Future<Output = Result<(), BackupError>> + 'static {
        let core = self.clone();
        async move {
            let key = match passphrase.map(Zeroizing::new) {
                Some(passphrase) => wrapped_key(&passphrase).await?,
                None => BackupKey::Phrase,
            };
            let mut part = core.call(SaveBackup { key }).await?;
            loop {
                let is_last = part.is_last;
                if take(part).is_break() {
                    core.call(StopBackup {}).await?;
                    return Err(BackupError::Cancelled);
                }
                if is_last {
                    return Ok(());
                }
                part = core.call(NextBackupPart {}).await?;
            }
        }
    }

    /// Restores a backup from its file; `opened_by` is the passphrase or the 24 words. `progress` is
    /// told how many bytes were read, and of how many. Afterwards the engine starts anew, with what was
    /// in the file.
    ///
    /// # Errors
    ///
    /// [`BackupError`], and [`BackupError::Cancelled`] when `progress` breaks; nothing has changed then.
    pub fn restore_backup(
        &self,
        file: Blob,
        opened_by: String,
        mut progress: impl FnMut(f64, f64) -> ControlFlow<()> + 'static,
    ) -> impl Future<Output = Result<(), BackupError>> + 'static {
        let (core, opened_by) = (self.clone(), Zeroizing::new(opened_by));
        async move {
            let (size, start) = (file.size(), byte(HEADER_BYTES));
            let header = bytes(&file, 0.0, start).await?;
            let file_key = *opened(&header, &opened_by).await?.expose();
            core.call(BeginRestore { header, file_key }).await?;
            let mut at = start;
            while at < size {
                if progress(at, size).is_break() {
                    core.call(StopRestore {}).await?;
                    return Err(BackupError::Cancelled);
                }
                let end = (at + byte(BACKUP_PART_BYTES)).min(size);
                let bytes = bytes(&file, at, end).await?;
                core.call(RestorePart { bytes }).await?;
                at = end;
            }
            core.call(FinishRestore {}).await.map_err(BackupError::from)
        }
    }
}

async fn wrapped_key(passphrase: &str) -> Result<BackupKey, BackupError> {
    let file_key = Secret::<32>::generate(&mut system_rng());
    let (key, purpose) = (*file_key.expose(), Purpose::Backup as u8);
    let wrapped = run(&Job::Wrap { key, purpose, passphrase: passphrase.to_owned() }).await?;
    Ok(BackupKey::Wrapped { file_key: *file_key.expose(), wrapped: wrapped.to_vec() })
}

/// The file key.
async fn opened(header: &[u8], opened_by: &str) -> Result<Secret<32>, BackupError> {
    let header = Header::decode(header).map_err(|error| match error {
        DecodeError::Version(_) => BackupError::Newer,
        _ => BackupError::NotABackup,
    })?;
    let wrapped = header.wrapped_key.encode();
    let passphrase = as_passphrase(opened_by).to_string();
    let job = Job::Open { wrapped, purpose: Purpose::Backup as u8, passphrase };
    let key = match header.wrapped_key.method() {
        // The words are not stretched, so there is nothing to wait for.
        Method::Passphrase(cost) if cost.memory_kib() < ARGON2_MEMORY_KIB => {
            read(&answer(&job.encode(), &mut system_rng()))?
        }
        _ => run(&job).await?,
    };
    let key = key.as_slice().try_into().map_err(|_| JobError::NoAnswer)?;
    Ok(Secret::new(key))
}

#[expect(clippy::cast_precision_loss, reason = "a megabyte at most")]
const fn byte(count: usize) -> f64 {
    count as f64
}

/// A stretch of the file. The browser reads it when it is asked for, and no more.
async fn bytes(file: &Blob, from: f64, to: f64) -> Result<Vec<u8>, BackupError> {
    let unreadable = |_: JsValue| BackupError::FileUnreadable;
    let slice = file.slice_with_f64_and_f64(from, to).map_err(unreadable)?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(unreadable)?;
    let buffer: ArrayBuffer = buffer.dyn_into().map_err(unreadable)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

impl From<ApiError> for BackupError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::BackupDamaged => Self::Damaged,
            ApiError::BackupNewer => Self::Newer,
            error => Self::Refused(error),
        }
    }
}

impl From<JobError> for BackupError {
    fn from(error: JobError) -> Self {
        Self::Key(error.into())
    }
}
