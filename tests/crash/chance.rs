//! Chance from a seed, so that a failing run can be repeated, and what the environment says about a run.

/// Numbers from a seed (Marsaglia's xorshift64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        // Near seeds begin far apart, and none begins at 0, where this sequence stays (Steele, Lea and Flood's splitmix64).
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((mixed ^ (mixed >> 31)).max(1))
    }

    /// One of so many numbers from 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

pub(crate) fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// How much is run, and from which seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) seed: u64,
    pub(crate) is_long: bool,
}

impl Extent {
    pub(crate) fn of_environment() -> Self {
        let seed = from_environment("PRESSROOM_CRASH_SEED", 20_270_204);
        Self { seed, is_long: from_environment("PRESSROOM_CRASH_LONG", 0) > 0 }
    }

    pub(crate) fn pick<T>(self, short: T, long: T) -> T {
        if self.is_long { long } else { short }
    }

    /// How a run is called when it fails: with what it takes to repeat it.
    pub(crate) fn run(self, test: &str, part: &str) -> String {
        let long = if self.is_long { "PRESSROOM_CRASH_LONG=1 " } else { "" };
        format!("{part}; repeat it: PRESSROOM_CRASH_SEED={} {long}cargo nextest run --release --test crash {test}", self.seed)
    }
}
