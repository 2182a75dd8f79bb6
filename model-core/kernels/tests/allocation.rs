//! Nothing is allocated once the scratch has grown to what is needed. One test alone in its process, as it
//! counts all allocations.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use klartext_kernels::*;
use support::{Map, Random, Sketched, packed};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to the system's allocator; growing goes through `alloc` by default.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, and the pointer is of `alloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_second_call_allocates_nothing() {
    let mut random = Random(1);
    let (rows, k, n) = (20, 64, 300);
    let map = Map::random(&mut random, n, k);
    let x = random.floats(rows * k);
    let spans: Vec<(u32, u32)> = (0..rows as u32).map(|row| (row / 2, 7)).collect();
    let (mut out, mut ids, mut log_prob) = (vec![0.0; rows * n], vec![0; rows], vec![0.0; rows]);
    for isa in Isa::available() {
        let (packed, mut scratch) = (packed(isa, &map.w, n, k), Scratch::new());
        let sketched = Sketched::new(isa, Map::random(&mut random, n, k), 16);
        let mut all = |rows: usize| {
            let (w, x) = (map.with(&packed), &x[..rows * k]);
            affine(isa, &mut scratch, x, rows, &w, &mut out[..rows * n]);
            affine_argmax(isa, &mut scratch, x, rows, &w, &mut ids[..rows], Some(&mut log_prob[..rows]));
            let sketch = sketched.sketch();
            sketch_argmax(isa, &mut scratch, x, rows, &sketch, &mut ids[..rows], Some(&mut log_prob[..rows]));
            let data = Rows { data: x, stride: k };
            let spans = &spans[..rows - 7];
            let inputs = Attention { q: data, k: data, v: data, spans, heads: 2, dim: k };
            attention(isa, &mut scratch, &inputs, &mut out[..spans.len() * k], None);
        };
        all(rows);
        let before = ALLOCATIONS.load(Relaxed);
        all(rows);
        all(rows / 2);
        assert_eq!(ALLOCATIONS.load(Relaxed), before, "{}", isa.name());
    }
}
