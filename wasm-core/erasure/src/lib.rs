//! A heap of which a test can take a picture, to see what is left of a secret.
//!
//! ```text
//!  picture(run) ── each allocation of run ──► the next bytes of the arena, which nobody had before
//!                                             freed, grown out of, moved from: they stay as they are
//!               ◄─ a copy of these bytes ──── when run has ended
//! ```
//!
//! Invariant: no byte of the arena is given out twice, so what was written and not erased is in the
//! picture, and what stands in the picture was written by `run`.
//! Not seen: the stack and the registers, where a value is before it is boxed and after it was
//! moved; and what a browser's engine does with the memory of a page.

#![expect(
    unsafe_code,
    reason = "an allocator is unsafe; this is the only one, and for tests alone"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    collections::{HashMap, HashSet},
    ptr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicPtr, AtomicUsize, Ordering},
    },
};

/// For all pictures of a process; pages that are not used cost nothing. Lower: a test that allocates
/// much ends for want of memory.
const ARENA_BYTES: usize = 1 << 28;

/// Part of a secret that counts as a trace. Lower: a hole of one word between two fields counts, in
/// which whatever was on the stack before is copied along. Higher: of a copy that was partly
/// overwritten, more than half of a key may be left.
const TRACE_BYTES: usize = 16;

/// The allocator: `#[global_allocator] static HEAP: Heap = Heap;`.
#[derive(Debug)]
pub struct Heap;

/// Null until the first picture.
static ARENA: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static USED: AtomicUsize = AtomicUsize::new(0);
/// One picture at a time: whatever is between the two ends of [`USED`] is of one closure.
static CAMERA: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread allocates in the arena.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: what is not of the arena is the system's in all three; of the arena each allocation gets
// bytes of its own, aligned as asked, which are never given back.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if WATCHED.try_with(Cell::get).unwrap_or(false) {
            allocate(layout)
        } else {
            // SAFETY: the caller's.
            unsafe { System.alloc(layout) }
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let arena = ARENA.load(Ordering::Acquire).addr();
        if arena == 0 || !(arena..arena + ARENA_BYTES).contains(&memory.addr()) {
            // SAFETY: the caller's, and the system has allocated it.
            unsafe { System.dealloc(memory, layout) }
        }
    }
}

/// Takes the next bytes of the arena, or null when they do not suffice.
fn allocate(layout: Layout) -> *mut u8 {
    let arena = ARENA.load(Ordering::Acquire);
    let room = layout.size() + layout.align();
    let start = USED.fetch_add(room, Ordering::Relaxed);
    if start + room > ARENA_BYTES {
        return ptr::null_mut();
    }
    let aligned = (arena.addr() + start).next_multiple_of(layout.align()) - arena.addr();
    // SAFETY: `aligned + size` is at most `start + room`, inside the arena.
    unsafe { arena.add(aligned) }
}

/// A copy of everything that a closure has had on the heap.
#[derive(Debug)]
pub struct Picture(Vec<u8>);

/// Ends with the closure, also when it panics.
struct Watch;

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHED.set(false);
    }
}

/// Runs `run` with every allocation of this thread in the arena, and takes the picture: once when it
/// has ended, so whatever it returns is in it too.
///
/// # Panics
///
/// When [`Heap`] is not the allocator, or `run` does.
pub fn picture<T>(run: impl FnOnce() -> T) -> (T, Picture) {
    let _alone = CAMERA.lock().unwrap_or_else(PoisonError::into_inner);
    if ARENA.load(Ordering::Acquire).is_null() {
        let layout = Layout::from_size_align(ARENA_BYTES, 4_096).expect("a power of two aligns");
        // SAFETY: the layout is not empty.
        ARENA.store(unsafe { System.alloc_zeroed(layout) }, Ordering::Release);
    }
    let arena = ARENA.load(Ordering::Acquire);
    assert!(!arena.is_null(), "there is no room for the arena");
    let start = USED.load(Ordering::Relaxed);
    WATCHED.set(true);
    let watch = Watch;
    let value = run();
    drop(watch);
    let end = USED.load(Ordering::Relaxed).min(ARENA_BYTES);
    assert!(end > start, "nothing was allocated: volly_erasure::Heap is not the allocator");
    let mut copy = vec![0; end - start];
    // SAFETY: both ends are inside the arena, which was zeroed, and the copy is elsewhere. Only the
    // closure had these bytes, and whoever has its value now does not run.
    unsafe { ptr::copy_nonoverlapping(arena.add(start), copy.as_mut_ptr(), copy.len()) };
    (value, Picture(copy))
}

impl Picture {
    /// The names of the secrets of which there is a trace: any sixteen bytes in a row. Each name
    /// once, in the order of the secrets.
    ///
    /// # Panics
    ///
    /// When a secret is shorter than a trace, or so many bytes of it are all the same: such bytes
    /// are everywhere.
    #[must_use]
    pub fn traces<'a>(&self, secrets: &[(&'a str, Vec<u8>)]) -> Vec<&'a str> {
        let mut sought = HashMap::new();
        for (which, (name, secret)) in secrets.iter().enumerate() {
            assert!(secret.len() >= TRACE_BYTES, "{name} is too short");
            for part in secret.windows(TRACE_BYTES) {
                assert!(
                    part.windows(2).any(|two| two.first() != two.last()),
                    "{name} is too plain"
                );
                sought.insert(part, which);
            }
        }
        let mut found: Vec<usize> =
            self.0.windows(TRACE_BYTES).filter_map(|bytes| sought.get(bytes).copied()).collect();
        found.sort_unstable();
        found.dedup();
        let mut seen = HashSet::new();
        let names = found.into_iter().filter_map(|which| secrets.get(which)).map(|it| it.0);
        names.filter(|name| seen.insert(*name)).collect()
    }
}
