//! What an inventory says of the devices that principals call from. Whoever runs the gateway reads it and supplies
//! it; when it grows too old nothing is known of any device, so that a condition on it does not hold.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::caller::Caller;

/// Most devices that are taken.
pub const DEVICES_MAX: usize = 1_000_000;
/// Longest posture or status.
pub const TEXT_BYTES_MAX: usize = 256;

/// An inventory that the bundle declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevicesSection {
    /// Whose devices it knows.
    pub covers: Covers,
    /// It is of no use when it is older.
    pub age_milliseconds_max: u64,
}

/// Whose devices an inventory knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Covers {
    /// People's.
    Users,
    /// Everyone's.
    Everyone,
}

/// What is known of a device; nothing where it is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its state, such as `compliant`.
    pub posture: Option<Arc<str>>,
    /// Whether it is in use, lost, retired…
    pub status: Option<Arc<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceEntry {
    posture: Option<String>,
    status: Option<String>,
}

/// What was read, as JSON (`docs/concepts/boundary.md`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InventoryDocument {
    /// Of when it is, ms since 1970.
    as_of_milliseconds: i64,
    /// By principal.
    devices: HashMap<String, DeviceEntry>,
}

#[derive(Debug)]
struct Inventory {
    as_of_milliseconds: i64,
    devices: HashMap<String, Device>,
}

/// The declared inventory, if there is one, and what it said last.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    section: Option<DevicesSection>,
    inventory: Option<Arc<Inventory>>,
}

impl Devices {
    /// An inventory that nobody has read yet.
    pub fn declared(section: Option<DevicesSection>) -> Self {
        Self {
            section,
            inventory: None,
        }
    }

    /// This declaration, with what is known here.
    pub fn knowing(self, known: &Self) -> Self {
        Self {
            inventory: known.inventory.clone(),
            ..self
        }
    }

    /// The same with what was read now.
    pub fn read(&self, document: &[u8]) -> Result<Self, String> {
        let document: InventoryDocument =
            serde_json::from_slice(document).map_err(|error| error.to_string())?;
        if document.devices.len() > DEVICES_MAX {
            return Err(format!("there are more than {DEVICES_MAX} devices"));
        }
        let text = |text: Option<String>| match text {
            Some(text) if text.len() > TEXT_BYTES_MAX => {
                Err(format!("a state is longer than {TEXT_BYTES_MAX} bytes"))
            }
            other => Ok(other.map(Into::into)),
        };
        let device = |(principal, entry): (String, DeviceEntry)| {
            let (posture, status) = (text(entry.posture)?, text(entry.status)?);
            Ok((principal, Device { posture, status }))
        };
        let devices = document.devices.into_iter().map(device);
        let devices = devices.collect::<Result<_, String>>()?;
        Ok(Self {
            inventory: Some(Arc::new(Inventory {
                as_of_milliseconds: document.as_of_milliseconds,
                devices,
            })),
            ..self.clone()
        })
    }

    /// What it says of the caller's device. `None`: it doesn't speak of such callers.
    pub fn of(&self, caller: &Caller, now: i64) -> Option<Device> {
        let section = self.section?;
        if section.covers == Covers::Users && caller.principal_type != "user" {
            return None;
        }
        // SECURITY: nothing that a token or the bundle says stands in for an inventory that is too old.
        let fresh = self.stale_from().filter(|stale| now < *stale);
        let known = fresh.and(self.inventory.as_ref());
        let device = known.and_then(|it| it.devices.get(&*caller.principal));
        Some(device.cloned().unwrap_or_default())
    }

    /// From then on it is too old, as long as nothing newer comes.
    pub fn stale_from(&self) -> Option<i64> {
        let (section, inventory) = (self.section?, self.inventory.as_ref()?);
        let ends = inventory.as_of_milliseconds;
        Some(ends.saturating_add_unsigned(section.age_milliseconds_max))
    }
}
