//! Writing a file so that its name always stands for a complete one.
//! The bytes go to a name of their own beside it, are flushed to the disk, and only then take the name over.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;

/// Writes `bytes` under `path`; whatever goes wrong, a file that was there before is as it was.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let place = Place::of(path)?;
    let temporary = place.temporary();
    let done = temporary
        .fill(bytes)
        .and_then(|()| fs::rename(&temporary.0, place.folder.join(place.name)))
        .and_then(|()| sync_folder(place.folder));
    done.map_err(|e| cannot_write(path, e))
}

/// Whether [`write()`] would succeed now, found out with a temporary file and without touching `path`.
pub(super) fn try_out(path: &Path) -> Result<(), Error> {
    let place = Place::of(path)?;
    if place.folder.join(place.name).is_dir() {
        return Err(cannot_write(path, io::ErrorKind::IsADirectory.into()));
    }
    place.temporary().fill(&[]).map_err(|e| cannot_write(path, e))
}

fn cannot_write(path: &Path, e: io::Error) -> Error {
    Error::io("cannot write the file", e).about(path.display().to_string())
}

/// A path cut in two; a slash at its end makes no difference.
struct Place<'p> {
    folder: &'p Path,
    name: &'p OsStr,
}

impl<'p> Place<'p> {
    fn of(path: &'p Path) -> Result<Self, Error> {
        let name = path.file_name().ok_or_else(|| {
            Error::argument("the path names no file")
                .rule("a checkpoint is one file")
                .fix("add a file name")
                .about(path.display().to_string())
        })?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Place { folder, name })
    }

    fn temporary(&self) -> Temporary {
        // Process and count make the name this call's own, also among threads and programs that save to one folder.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Temporary(self.folder.join(format!(".{}.{process}-{count}.tmp", self.name.to_string_lossy())))
    }
}

/// A file that is deleted when dropped, unless it has been renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn fill(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&self.0)?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing left of that name, and an error says no more than that.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes the renaming itself durable, where folders can be flushed.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
