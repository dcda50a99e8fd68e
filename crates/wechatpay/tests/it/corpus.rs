//! Replays the corpus of the fuzz targets, also with random changes.
//!
//! `FUZZ_SECONDS=3600 cargo test -p wechatpay --release --test it corpus` runs for an hour, without
//! coverage feedback. `fuzz/run.sh` uses coverage.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::Rng;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::targets::TARGETS;

const ROUNDS: usize = 300;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn the_corpus_keeps_the_properties() {
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        inputs.iter().for_each(|input| target(input));
    }
}

#[test]
fn random_changes_of_the_corpus_keep_the_properties() {
    let mut chance =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        let started = Instant::now();
        let mut round = 0;
        while round < ROUNDS || started.elapsed() < asked() / TARGETS.len() as u32 {
            target(&changed(&inputs, chance.rng()));
            round += 1;
        }
    }
}

/// The total time; a few rounds by default.
#[expect(clippy::disallowed_methods)]
fn asked() -> Duration {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or_default())
}

/// An input with one to eight changes.
fn changed(inputs: &[Vec<u8>], chance: &mut TestRng) -> Vec<u8> {
    let mut below = |end: usize| chance.next_u32() as usize % end.max(1);
    let mut bytes = inputs[below(inputs.len())].clone();
    for _ in 0..=below(8) {
        let (at, to) = (below(bytes.len() + 1), below(bytes.len() + 1));
        let (from, until) = (at.min(to), at.max(to).min(at.min(to) + 64));
        match below(5) {
            0 => drop(bytes.drain(from..until)),
            1 => bytes.insert(at, below(256) as u8),
            2 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << below(8)),
            3 => {
                let copy = bytes[from..until].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                let other = &inputs[below(inputs.len())];
                let cut = below(other.len());
                bytes.truncate(at);
                bytes.extend(&other[cut..]);
            }
        }
    }
    bytes
}
