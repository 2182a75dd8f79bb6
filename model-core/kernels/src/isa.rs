//! The instruction sets and the choice between them.

use crate::kernel::Job;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
use crate::neon::Neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
use crate::relaxed;
use crate::scalar::Scalar;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use crate::simd128::Simd128;
#[cfg(target_arch = "x86_64")]
use crate::{avx2, avx512};

/// An instruction set. All give the same results, bit for bit; weights are packed for one of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Isa {
    /// Plain Rust: the reference, and what runs where there is nothing better.
    Scalar,
    /// WebAssembly's 128-bit vectors, chosen when the crate is compiled.
    Simd128,
    /// WebAssembly's relaxed vectors, in a module of their own, on a processor that adds four products of 8-bit numbers in
    /// one instruction.
    RelaxedSimd,
    /// The same on one that adds two. Every machine can do either.
    RelaxedPairs,
    /// 64-bit ARM, little-endian.
    Neon,
    /// The same with the dot-product extension.
    NeonDot,
    /// x86-64 with AVX2.
    Avx2,
    /// x86-64 with AVX-512 F, BW, VL and VNNI.
    Avx512Vnni,
}

impl Isa {
    /// All of them, the slowest first.
    const ALL: [Isa; 8] = [
        Isa::Scalar,
        Isa::Simd128,
        Isa::RelaxedSimd,
        Isa::RelaxedPairs,
        Isa::Neon,
        Isa::NeonDot,
        Isa::Avx2,
        Isa::Avx512Vnni,
    ];

    /// The fastest instruction set of this machine.
    #[must_use]
    pub fn best() -> Isa {
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
        if !relaxed::adds_pairs() {
            return Isa::RelaxedSimd;
        }
        Isa::available().last().unwrap_or(Isa::Scalar)
    }

    /// The instruction sets of this machine, the slowest first; which of the relaxed ones is slower depends on the processor.
    pub fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// Whether this machine has it. The standard library asks the processor once and remembers.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Isa::Scalar => true,
            Isa::Simd128 => cfg!(all(target_arch = "wasm32", target_feature = "simd128")),
            Isa::RelaxedSimd | Isa::RelaxedPairs => {
                cfg!(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))
            }
            Isa::Neon => {
                cfg!(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))
            }
            #[cfg(target_arch = "aarch64")]
            Isa::NeonDot => Isa::Neon.is_available() && std::arch::is_aarch64_feature_detected!("dotprod"),
            #[cfg(not(target_arch = "aarch64"))]
            Isa::NeonDot => false,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 | Isa::Avx512Vnni => false,
        }
    }

    /// A short name: `scalar`, `simd128`, `relaxed-simd`, `relaxed-pairs`, `neon`, `neon-dotprod`, `avx2`, `avx512-vnni`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Simd128 => "simd128",
            Isa::RelaxedSimd => "relaxed-simd",
            Isa::RelaxedPairs => "relaxed-pairs",
            Isa::Neon => "neon",
            Isa::NeonDot => "neon-dotprod",
            Isa::Avx2 => "avx2",
            Isa::Avx512Vnni => "avx512-vnni",
        }
    }

    /// Does `job` with these instructions.
    ///
    /// # Panics
    /// If this machine does not have them.
    pub(crate) fn run<J: Job>(self, job: J) -> J::Output {
        assert!(self.is_available(), "this machine has no {}", self.name());
        match self {
            Isa::Scalar => job.run(Scalar),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => job.run(Simd128),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128", feature = "relaxed-simd"))]
            Isa::RelaxedSimd | Isa::RelaxedPairs => relaxed::run(job, self == Isa::RelaxedPairs),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
            Isa::Neon => job.run(Neon::new()),
            // SAFETY: the assertion above.
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
            Isa::NeonDot => job.run(unsafe { Neon::with_dot() }),
            // SAFETY: the assertion above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2::run(job) },
            // SAFETY: the assertion above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => unsafe { avx512::run(job) },
            #[allow(unreachable_patterns, reason = "it depends on the target which of them exist")]
            _ => unreachable!("not available, as asserted above"),
        }
    }
}
