//! The snapshot document (`docs/reference/snapshot.md`), read and made ready to enforce.

mod check;
mod cluster;
mod document;
mod listener;
mod routing;

use std::collections::HashMap;
use std::sync::Arc;

use streamward_identity::{Directory, IdentitySection};
use streamward_policy::{Policy, PrincipalFacts, PrincipalKind};

use self::check::check_listeners;
pub use self::cluster::{ClusterSection, UpstreamIdentity, UpstreamSasl, UpstreamTls};
pub use self::document::{BundleVersion, Document, MetricsSection};
pub use self::listener::{
    Authentication, ClientCertificate, Durability, ListenerSection, ListenerTls, TlsVersion,
    Unrecorded,
};
pub use self::routing::Routing;
use crate::contracts::Contracts;
use crate::dead_letters::Targets;
use crate::devices::Devices;
use crate::error::GatewayError;
use crate::fields::Fields;
use crate::limits::{Entitlement, GatewayLimits, Quotas};
use crate::log::LogSection;
use crate::masking::Maskings;
use crate::materials::Materials;
use crate::overlay::{Overlay, OverlaySection};
use crate::sealing::SealingSection;
use crate::signing::Signatures;

/// References to what an agent lends (SPIFFE's Workload API).
const LENT_SCHEME: &str = "spiffe:";
/// The format of the document that this build reads.
pub const FORMAT: u32 = 1;

/// Everything that is enforced at one moment. Never changed: a change is a new one.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The bundle's name.
    pub bundle: Arc<str>,
    /// Which applied version of it this is.
    pub version: Option<Arc<BundleVersion>>,
    /// The bundle's environment.
    pub environment: Arc<str>,
    /// Who may do what.
    pub policy: Arc<Policy>,
    /// Who may call.
    pub directory: Arc<Directory>,
    /// Containment.
    pub overlay: Arc<Overlay>,
    /// The same as it was declared.
    pub identity: Arc<IdentitySection>,
    /// Clusters of brokers.
    pub clusters: Arc<[ClusterSection]>,
    /// Where clients come in.
    pub listeners: Arc<[ListenerSection]>,
    /// Where figures are served over the network.
    pub metrics: Option<MetricsSection>,
    /// How the log's checkpoints are signed.
    pub log: LogSection,
    /// What is known of the devices that principals call from.
    pub devices: Arc<Devices>,
    /// Bounds of the whole gateway.
    pub limits: GatewayLimits,
    /// How much principals may ask for.
    pub quotas: Arc<Quotas>,
    /// What is sealed, and how.
    pub sealing: Arc<SealingSection>,
    /// What is signed, and the keys.
    pub signatures: Arc<Signatures>,
    /// Fields that are sealed by themselves, compiled.
    pub fields: Arc<Fields>,
    /// What streams may carry, compiled.
    pub contracts: Arc<Contracts>,
    /// What readers see of streams with masked fields, compiled.
    pub masking: Arc<Maskings>,
    /// Where what is refused is copied to.
    pub dead_letters: Arc<Targets>,
    /// What the references name.
    pub materials: Arc<Materials>,
}

impl Snapshot {
    /// Reads a document and compiles what it declares.
    pub fn build(document: &[u8], materials: Materials) -> Result<Self, GatewayError> {
        let document: Document =
            serde_json::from_slice(document).map_err(|error| GatewayError::Snapshot {
                what: error.to_string(),
            })?;
        if document.format != FORMAT {
            return Err(GatewayError::Snapshot {
                what: format!("format `{}` is not `{FORMAT}`", document.format),
            });
        }
        check_listeners(&document)?;
        let sealing = &document.sealing;
        let unseen = || sealing.unseen(&document.contracts, &document.masking);
        if let Some(what) = sealing.problem().or_else(unseen) {
            return Err(GatewayError::Snapshot { what });
        }
        let fields =
            Fields::build(&document.sealing).map_err(|what| GatewayError::Snapshot { what })?;
        let contracts = Contracts::build(&document.contracts)
            .map_err(|what| GatewayError::Snapshot { what })?;
        let masking =
            Maskings::build(&document.masking).map_err(|what| GatewayError::Snapshot { what })?;
        let dead_letters = Targets::build(&document.dead_letters)
            .map_err(|what| GatewayError::Snapshot { what })?;
        let signatures = Signatures::build(&document.signing, &materials)
            .map_err(|what| GatewayError::Snapshot { what })?;
        let facts: Vec<PrincipalFacts> =
            document.identity.principals.iter().map(facts_of).collect();
        let policy = Policy::compile(&document.policy, &document.environment, &facts)?;
        let directory = Directory::build(&document.identity, &materials)?;
        let overlay =
            Overlay::build(&document.overlay).map_err(|what| GatewayError::Snapshot { what })?;
        let roles = document.policy.roles.iter();
        let roles = roles.map(|role| (role.name.clone(), role.includes.clone()));
        let quotas = Quotas::build(&document.quotas, roles)
            .map_err(|what| GatewayError::Snapshot { what })?;
        Ok(Self {
            bundle: document.bundle.into(),
            version: document.version.map(Arc::new),
            environment: document.environment.into(),
            policy: Arc::new(policy),
            directory: Arc::new(directory),
            overlay: Arc::new(overlay),
            identity: Arc::new(document.identity),
            clusters: document.clusters.into(),
            listeners: document.listeners.into(),
            metrics: document.metrics,
            devices: Arc::new(Devices::declared(document.devices)),
            log: document.log,
            limits: document.limits,
            quotas: Arc::new(quotas),
            sealing: Arc::new(document.sealing),
            signatures: Arc::new(signatures),
            fields: Arc::new(fields),
            contracts: Arc::new(contracts),
            masking: Arc::new(masking),
            dead_letters: Arc::new(dead_letters),
            materials: Arc::new(materials),
        })
    }

    /// The same with another overlay.
    pub fn with_overlay(&self, section: &[u8]) -> Result<Self, GatewayError> {
        let section: OverlaySection =
            serde_json::from_slice(section).map_err(|error| GatewayError::Snapshot {
                what: error.to_string(),
            })?;
        let overlay = Overlay::build(&section).map_err(|what| GatewayError::Snapshot { what })?;
        Ok(Self {
            overlay: Arc::new(overlay),
            ..self.clone()
        })
    }

    /// The same without the bytes of these references, as far as it may be without them.
    #[must_use]
    pub fn without(&self, gone: &[String]) -> Self {
        // A listener's certificate is no credential that was lent: it ends when it says so.
        let of_listeners = self.listeners.iter().filter_map(|it| it.tls.as_ref());
        let of_listeners = of_listeners.flat_map(|tls| {
            let references = [
                Some(&tls.certificate),
                Some(&tls.key),
                tls.client_ca.as_ref(),
            ];
            references.into_iter().flatten().map(String::as_str)
        });
        let authorities = self.identity.authorities.iter();
        let of_authorities = authorities.flat_map(|it| std::iter::once(&it.ca).chain(&it.crls));
        let kept = of_listeners.chain(of_authorities.map(String::as_str));
        // Nor is a verifier, whose end is declared.
        let kept = kept.chain(self.verifiers().map(String::as_str));
        // What an agent gave is lent: where it is gone, nobody vouches for it, or for whom it vouches for.
        let kept = kept.filter(|it| !it.starts_with(LENT_SCHEME));
        let mut materials = HashMap::clone(&self.materials);
        for reference in gone {
            materials.insert(reference.clone(), Vec::new());
        }
        let materials = Materials::from(materials).keeping(&self.materials, kept);
        Self {
            signatures: self.signatures.renewed(&materials),
            materials: Arc::new(materials),
            ..self.clone()
        }
    }

    /// The same with what is known of devices.
    pub fn with_devices(&self, devices: Devices) -> Self {
        Self {
            devices: Arc::new(devices),
            ..self.clone()
        }
    }

    fn verifiers(&self) -> impl Iterator<Item = &String> {
        let credentials = self.identity.principals.iter();
        let credentials = credentials.flat_map(|it| &it.credentials);
        credentials.filter_map(|it| match it {
            streamward_identity::Credential::Password { verifier, .. } => Some(verifier),
            _ => None,
        })
    }

    /// The same with other materials, verifiers among them: those that are not among them stay as they are.
    pub fn with_renewed(&self, renewed: HashMap<String, Vec<u8>>) -> Result<Self, GatewayError> {
        let mut materials = HashMap::clone(&self.materials);
        let store = self.identity.store.iter().map(|it| &it.decoy_key);
        let anew = self
            .verifiers()
            .chain(store)
            .any(|it| renewed.contains_key(it));
        materials.extend(renewed);
        let materials = Materials::from(materials);
        let signatures = self.signatures.with(&materials);
        let signatures = signatures.map_err(|what| GatewayError::Snapshot { what })?;
        let directory = if anew {
            Arc::new(Directory::build(&self.identity, &materials)?)
        } else {
            self.directory.clone()
        };
        Ok(Self {
            directory,
            signatures: Arc::new(signatures),
            materials: Arc::new(materials),
            ..self.clone()
        })
    }

    /// Do the brokers of this cluster see the client itself?
    pub fn relays_identity(&self, cluster: &str) -> bool {
        let mut clusters = self.clusters.iter();
        clusters.any(|it| it.name == cluster && it.identity == UpstreamIdentity::Client)
    }

    /// Is what means the caller the client's own at the brokers of this cluster?
    pub fn shows_client(&self, cluster: &str) -> bool {
        let mut clusters = self.clusters.iter();
        clusters.any(|it| it.name == cluster && it.identity != UpstreamIdentity::Gateway)
    }

    /// Could the brokers of this cluster be shown this principal, if they must be?
    pub fn may_be_shown(&self, cluster: &str, principal: &str) -> bool {
        let mut clusters = self.clusters.iter();
        clusters.any(|it| {
            let mut mapped = it.principals.iter();
            it.name == cluster
                && (it.identity != UpstreamIdentity::Mapped
                    || mapped.any(|it| it.principal == principal))
        })
    }

    /// How much a principal may ask for.
    pub fn entitlement(&self, principal: &str) -> Entitlement {
        match self.directory.principal(principal) {
            Some(it) => self.quotas.of(&it.id, it.tenant.as_deref(), &it.roles),
            None => self.quotas.of(principal, None, &[]),
        }
    }

    /// The bytes that a reference names.
    pub fn material(&self, reference: &str) -> Result<&[u8], GatewayError> {
        self.materials
            .get(reference)
            .map(Vec::as_slice)
            .ok_or_else(|| GatewayError::Snapshot {
                what: format!("reference `{reference}` has no material"),
            })
    }
}

fn facts_of(principal: &streamward_identity::Principal) -> PrincipalFacts {
    PrincipalFacts {
        id: principal.id.clone(),
        kind: match principal.kind {
            streamward_identity::PrincipalKind::User => PrincipalKind::User,
            streamward_identity::PrincipalKind::Service => PrincipalKind::Service,
        },
        tenant: principal.tenant.clone(),
        roles: principal.roles.clone(),
        mfa: principal.mfa,
        device_posture: principal.device_posture.clone(),
    }
}
