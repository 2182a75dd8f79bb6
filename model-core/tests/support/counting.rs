//! An allocator that counts, for tests of how much memory hostile input can make a parser ask for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts what each thread asks for, so that tests may run side by side.
pub(crate) struct Counting;

thread_local! {
    static REQUESTED: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // The cell has no destructor, so it is there for as long as the thread runs.
    REQUESTED.with(|requested| requested.set(requested.get().saturating_add(bytes)));
}

// SAFETY: every call goes on to `System` unchanged; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise about `layout` is the one that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System` by way of this allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        // SAFETY: the pointer came from `System` by way of this allocator, with this layout; the size is the caller's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Runs `work` and adds to `total` all the bytes that it asked for, whether or not it gave them back.
pub(crate) fn counted<T>(total: &mut usize, work: impl FnOnce() -> T) -> T {
    let before = REQUESTED.get();
    let result = work();
    *total += REQUESTED.get() - before;
    result
}
