//! Random messages from a plan, the same for the same seed on every machine.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support; not every test uses all of it"
)]

use bytes::Bytes;
use streamward_wire::kafka::{Direction, Field, Kind, Schema, Struct, Value, apis, schema};

/// The generator `SplitMix64`.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn int(&mut self, low: i64, high: i64) -> i64 {
        let value = i64::from_ne_bytes(self.next().to_ne_bytes());
        match self.below(6) {
            0 => low,
            1 => high,
            2 => 0.clamp(low, high),
            _ => (i128::from(low)
                + i128::from(value.unsigned_abs()) % (i128::from(high) - i128::from(low) + 1))
                .try_into()
                .unwrap(),
        }
    }
}

/// Every schema that Kafka serves.
pub fn schemas() -> impl Iterator<Item = &'static Schema> {
    apis().iter().flat_map(|api| {
        (api.versions.0..=api.versions.1).flat_map(move |version| {
            [Direction::Request, Direction::Response]
                .map(|direction| schema(api.key, version, direction).unwrap())
        })
    })
}

/// A message with random values in all of its fields.
pub fn message(schema: &'static Schema, random: &mut Random) -> Struct {
    let mut made = Struct::new(schema);
    fill(&mut made, schema, random);
    made
}

fn fill(made: &mut Struct, schema: &'static Schema, random: &mut Random) {
    for field in schema.all() {
        // Now and then a field keeps its default, so that tagged fields are also left out.
        if random.below(5) == 0 && *made.get(field.name) != Value::Null {
            continue;
        }
        let given = value(made, field, random);
        made.set(field.name, given);
    }
}

fn value(holder: &Struct, field: &'static Field, random: &mut Random) -> Value {
    if field.nullable && random.below(4) == 0 {
        return Value::Null;
    }
    if field.array {
        let count = random.below(4);
        return (0..count)
            .map(|_| single(holder, field, random))
            .collect::<Vec<_>>()
            .into();
    }
    single(holder, field, random)
}

fn single(holder: &Struct, field: &'static Field, random: &mut Random) -> Value {
    match field.kind {
        Kind::Bool => Value::Bool(random.below(2) == 1),
        Kind::Int8 => Value::Int(random.int(i8::MIN.into(), i8::MAX.into())),
        Kind::Int16 => Value::Int(random.int(i16::MIN.into(), i16::MAX.into())),
        Kind::Uint16 => Value::Int(random.int(0, u16::MAX.into())),
        Kind::Int32 => Value::Int(random.int(i32::MIN.into(), i32::MAX.into())),
        Kind::Int64 => Value::Int(random.int(i64::MIN, i64::MAX)),
        Kind::Float64 => {
            Value::Float(f64::from(u32::try_from(random.below(1 << 30)).unwrap()) / 7.0)
        }
        Kind::Uuid => {
            let bits = (u128::from(random.next()) << 64) | u128::from(random.next());
            Value::Uuid(bits.to_be_bytes())
        }
        Kind::Str => {
            let length = if random.below(8) == 0 {
                130 + random.below(40)
            } else {
                random.below(9)
            };
            let letters = ['a', 'b', 'z', '.', '-', 'é', '✓'];
            Value::Str(
                (0..length)
                    .map(|_| letters[random.below(letters.len())])
                    .collect(),
            )
        }
        Kind::Bytes | Kind::Records => bytes(random),
        Kind::Struct => {
            let mut inner = holder.element(field.name);
            fill(&mut inner, field.structure().unwrap(), random);
            Value::Struct(inner)
        }
    }
}

fn bytes(random: &mut Random) -> Value {
    let length = if random.below(8) == 0 {
        130 + random.below(40)
    } else {
        random.below(9)
    };
    let bytes: Bytes = (0..length)
        .map(|_| random.next().to_le_bytes()[0])
        .collect();
    Value::Bytes(bytes)
}

/// The body of a message.
pub fn encoded(message: &Struct) -> Bytes {
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    out.into()
}
