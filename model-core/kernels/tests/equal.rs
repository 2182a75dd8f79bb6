//! Every instruction set of this machine equals the scalar code, bit for bit, and the best one is in use.

mod cases;
mod support;

use cases::{CASES, Case, compare};
use klartext_kernels::{Isa, Scratch};
use proptest::prelude::*;
use support::{Map, Random, packed};

#[test]
fn every_instruction_set_equals_scalar() {
    for isa in Isa::available() {
        for Case { name, run } in CASES {
            if let Err(difference) = run(isa) {
                panic!("{}: {name}: {difference}", isa.name());
            }
        }
    }
}

#[test]
fn the_fast_path_is_live() {
    #[cfg(target_arch = "x86_64")]
    {
        assert_eq!(Isa::Avx2.is_available(), std::arch::is_x86_feature_detected!("avx2"));
        if Isa::Avx2.is_available() {
            assert_ne!(Isa::best(), Isa::Scalar);
        }
        if std::arch::is_x86_feature_detected!("avx512vnni") {
            assert_eq!(Isa::best(), Isa::Avx512Vnni);
        }
    }
    #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
    {
        let dot = std::arch::is_aarch64_feature_detected!("dotprod");
        assert_eq!(Isa::best(), if dot { Isa::NeonDot } else { Isa::Neon });
    }
    assert!(Isa::available().any(|isa| isa == Isa::best()));
    assert_eq!(Isa::available().next(), Some(Isa::Scalar));
}

#[test]
#[should_panic(expected = "this machine has no simd128")]
#[cfg(not(target_arch = "wasm32"))]
fn an_absent_instruction_set_is_refused() {
    let _ = klartext_kernels::packed_len(Isa::Simd128, 8, 8);
}

#[test]
#[should_panic(expected = "packed weights [8, 8]")]
fn weights_of_another_shape_are_refused() {
    let map = Map::random(&mut Random(0), 8, 8);
    let packed = packed(Isa::best(), &map.w[..56], 8, 7);
    let w = map.with(&packed[..packed.len() - 1]);
    klartext_kernels::affine(Isa::best(), &mut Scratch::new(), &[0.0; 8], 1, &w, &mut [0.0; 8]);
}

proptest! {
    #[test]
    fn affine_of_any_shape(rows in 0usize..40, k in 0usize..90, n in 0usize..200, seed: u64) {
        let mut random = Random(seed);
        let map = Map::random(&mut random, n, k);
        let x = random.floats(rows * k);
        for isa in Isa::available() {
            if let Err(difference) = compare(&map, isa, &x, rows) {
                prop_assert!(false, "{}: {difference}", isa.name());
            }
        }
    }

    /// A row's result does not depend on the rows beside it.
    #[test]
    fn rows_are_independent(rows in 1usize..20, k in 1usize..70, n in 1usize..90, seed: u64) {
        let mut random = Random(seed);
        let map = Map::random(&mut random, n, k);
        let x = random.floats(rows * k);
        let mut scratch = Scratch::new();
        let together = map.apply(Isa::best(), &mut scratch, &x, rows);
        for (x, together) in x.chunks(k).zip(together.chunks(n)) {
            prop_assert_eq!(map.apply(Isa::best(), &mut scratch, x, 1), together);
        }
    }
}
