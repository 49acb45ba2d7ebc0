//! How much a schema and a value may ask for; each bound is one of these names.

/// Bytes of one schema, and of each schema that it refers to.
pub const SCHEMA_BYTES_MAX: usize = 1 << 20;
/// How deep the text of a schema may nest.
pub const SCHEMA_DEPTH_MAX: usize = 64;
/// Types, fields and subschemas that one schema may declare, those of its references included.
pub const SCHEMA_TYPES_MAX: usize = 20_000;
/// Schemas that one schema may refer to, directly or not.
pub const SCHEMA_REFERENCES_MAX: usize = 100;
/// Bytes of a schema and of all that it refers to.
pub const SCHEMA_TEXT_BYTES_MAX: usize = 8 << 20;
/// Bytes of the full name of a type, and of the name of a reference: names are written out where they are used.
pub const SCHEMA_NAME_BYTES_MAX: usize = 512;
/// Symbols of all enumerations of one schema.
pub const SCHEMA_SYMBOLS_MAX: usize = 50_000;
/// Entries of arrays that are gone through to where the `$ref`s of one JSON Schema lead.
pub const SCHEMA_STEPS_MAX: usize = 10_000_000;
/// Bytes of what an error says of a schema, which may hold names of it.
pub const ERROR_BYTES_MAX: usize = 1_000;

/// Bytes of all values of `enum` and `const` of one JSON Schema.
pub const SCHEMA_CONSTANT_BYTES_MAX: usize = 4 << 20;
/// Different regular expressions of one JSON Schema.
pub const SCHEMA_PATTERNS_MAX: usize = 256;
/// Bytes of one of them.
pub const PATTERN_TEXT_BYTES_MAX: usize = 8 << 10;
/// Bytes that one of them may take compiled.
pub const PATTERN_BYTES_MAX: usize = 1 << 20;
/// And all of them together.
pub const SCHEMA_PATTERN_BYTES_MAX: usize = 8 << 20;

/// Bytes of one value.
pub const VALUE_BYTES_MAX: usize = 16 << 20;
/// How deep a value may nest, whatever its schema allows.
pub const VALUE_DEPTH_MAX: usize = 64;
/// Values within one value: fields, array entries, keys. It bounds arrays of what takes no bytes.
pub const VALUE_ELEMENTS_MAX: usize = 250_000;
/// Characters of one JSON number: longer ones cost others more than they cost the sender.
pub const NUMBER_BYTES_MAX: usize = 256;

/// Steps of one validation: how often parts of a JSON Schema are applied to parts of one value. What takes
/// longer with the size of that part counts once more for every so many bytes, or members.
pub const EVALUATIONS_MAX: usize = 1_000_000;
/// Bytes that are copied, compared or searched in one step.
pub const STEP_BYTES: usize = 64;
/// Bytes against which a regular expression of the smallest size is held in one step; of larger ones, fewer.
pub const PATTERN_STEP_BYTES: usize = 4;
/// Members or entries that are gone through in one step.
pub const STEP_MEMBERS: usize = 8;
/// How deep a JSON Schema may lead within itself and a value: references, alternatives, members.
pub const EVALUATION_DEPTH_MAX: usize = 192;

/// What one value may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the value.
    pub value_bytes_max: usize,
    /// Levels of nesting.
    pub depth_max: usize,
    /// Values within it.
    pub elements_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            value_bytes_max: VALUE_BYTES_MAX,
            depth_max: VALUE_DEPTH_MAX,
            elements_max: VALUE_ELEMENTS_MAX,
        }
    }
}
