//! The bounds that a peer's bytes are held to.

/// Every bound that a peer's bytes are held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes in one frame, without its length prefix (Kafka: `socket.request.max.bytes`).
    pub frame_bytes_max: usize,
    /// Most array elements in one message, summed over all of its arrays.
    pub array_elements_max: usize,
    /// Most tagged fields in one message, summed over all of its structures.
    pub tagged_fields_max: usize,
    /// Deepest nesting of structures and arrays in one message.
    pub depth_max: usize,
    /// Most bytes in one string.
    pub string_bytes_max: usize,
    /// Most values in one decoded tree, scalars included; a value takes 56 bytes.
    pub values_max: usize,
    /// Most bytes after the end of a message. Kafka reads none of them, and librdkafka sends three
    /// after a Metadata request for all topics; they are never forwarded in a message that is encoded anew.
    pub trailing_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 100 * 1024 * 1024,
            array_elements_max: 1_000_000,
            tagged_fields_max: 10_000,
            depth_max: 16,
            string_bytes_max: 32_767,
            values_max: 4_000_000,
            trailing_bytes_max: 0,
        }
    }
}
