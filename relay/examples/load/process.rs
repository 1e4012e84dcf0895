//! What the system counts of a process. Linux only: it reads /proc.

use std::{fs, time::Duration};

/// One that runs, by its id.
#[derive(Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// Bytes in memory.
    pub(crate) fn resident(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }

    /// Time on a processor, of all threads that live.
    pub(crate) fn busy(self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0)).unwrap();
        let nanoseconds = threads.map(|thread| {
            let counted = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
            counted.split(' ').next().unwrap().parse::<u64>().unwrap()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}
