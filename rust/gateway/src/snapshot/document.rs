//! The document as it crosses from Python (`docs/reference/snapshot.md`).

use serde::{Deserialize, Serialize};
use streamward_identity::IdentitySection;
use streamward_policy::PolicySection;

use super::cluster::ClusterSection;
use super::listener::ListenerSection;
use crate::contracts::ContractsSection;
use crate::dead_letters::DeadLettersSection;
use crate::devices::DevicesSection;
use crate::limits::{GatewayLimits, QuotaSection};
use crate::log::LogSection;
use crate::masking::MaskingSection;
use crate::overlay::OverlaySection;
use crate::sealing::SealingSection;
use crate::signing::SigningSection;

/// The document as it crosses from Python.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Must be [`FORMAT`].
    pub format: u32,
    /// The bundle's name.
    pub bundle: String,
    /// The bundle's environment.
    pub environment: String,
    /// Clusters of brokers.
    pub clusters: Vec<ClusterSection>,
    /// Where clients come in.
    pub listeners: Vec<ListenerSection>,
    /// Who may call.
    pub identity: IdentitySection,
    /// Who may do what.
    pub policy: PolicySection,
    /// Bounds of the whole gateway.
    #[serde(default)]
    pub limits: GatewayLimits,
    /// How much principals may ask for.
    #[serde(default)]
    pub quotas: Vec<QuotaSection>,
    /// An inventory of devices.
    #[serde(default)]
    pub devices: Option<DevicesSection>,
    /// Containment.
    pub overlay: OverlaySection,
    /// Where figures are served over the network; `None`: nowhere.
    pub metrics: Option<MetricsSection>,
    /// How the log's checkpoints are signed.
    #[serde(default)]
    pub log: LogSection,
    /// What is sealed, and how.
    #[serde(default)]
    pub sealing: SealingSection,
    /// What is signed, and by whom.
    #[serde(default)]
    pub signing: SigningSection,
    /// What streams may carry.
    #[serde(default)]
    pub contracts: ContractsSection,
    /// What readers see of streams with masked fields.
    #[serde(default)]
    pub masking: MaskingSection,
    /// Where what is refused is copied to.
    #[serde(default)]
    pub dead_letters: DeadLettersSection,
    /// Which applied version of the bundle this is; `None`: the folder as it was read.
    #[serde(default)]
    pub version: Option<BundleVersion>,
}

/// One applied version of a bundle, in words of its history. Nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BundleVersion {
    /// Its number in the history, from 1.
    pub number: u64,
    /// The digest of its content.
    pub content: String,
}

/// Where figures and health are served, in clear and to everybody who reaches it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSection {
    /// The address to bind.
    pub bind: String,
    /// Its port.
    pub port: u16,
}
