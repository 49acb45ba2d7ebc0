//! How much a batch may be, before anything of it is allocated.

/// Bounds of what is inflated and walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that the records of one batch may take, inflated.
    pub inflated_bytes_max: usize,
    /// And how many times the bytes that they take compressed.
    pub inflated_ratio_max: usize,
    /// Records in a batch.
    pub records_max: u32,
    /// Headers of a record.
    pub headers_max: u32,
}

/// The ratio counts only above this: small batches of one repeated byte are no attack.
pub const INFLATED_BYTES_ALWAYS: usize = 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            inflated_bytes_max: 32 * 1024 * 1024,
            inflated_ratio_max: 256,
            records_max: 1_000_000,
            headers_max: 1_000,
        }
    }
}

impl Limits {
    /// To how many bytes so many may inflate.
    pub fn inflated(&self, compressed: usize) -> usize {
        let by_ratio = compressed.saturating_mul(self.inflated_ratio_max);
        by_ratio
            .max(INFLATED_BYTES_ALWAYS)
            .min(self.inflated_bytes_max)
    }
}
