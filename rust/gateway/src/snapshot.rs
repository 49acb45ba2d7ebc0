//! The snapshot document (`docs/reference/snapshot.md`), read and made ready to enforce.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use streamward_identity::{Directory, IdentitySection};
use streamward_policy::{Policy, PolicySection, PrincipalFacts, PrincipalKind, address_range};

use crate::contracts::{Contracts, ContractsSection};
use crate::dead_letters::{DeadLettersSection, Targets};
use crate::devices::{Devices, DevicesSection};
use crate::error::GatewayError;
use crate::fields::Fields;
use crate::grants::GrantsSection;
use crate::limits::{Entitlement, GatewayLimits, ListenerLimits, QuotaSection, Quotas};
use crate::log::LogSection;
use crate::masking::{MaskingSection, Maskings};
use crate::materials::Materials;
use crate::overlay::{Overlay, OverlaySection};
use crate::sealing::SealingSection;
use crate::signing::{Signatures, SigningSection};

/// References to what an agent lends (SPIFFE's Workload API).
const LENT_SCHEME: &str = "spiffe:";
/// The format of the document that this build reads.
pub const FORMAT: u32 = 1;

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

/// One cluster.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSection {
    /// Its name.
    pub name: String,
    /// `host:port` of brokers that are asked first.
    pub bootstrap: Vec<String>,
    /// How the gateway speaks to its brokers; `None`: in clear.
    pub tls: Option<UpstreamTls>,
    /// How the gateway logs in to its brokers; `None`: not at all, or by its certificate.
    #[serde(default)]
    pub sasl: Option<UpstreamSasl>,
    /// Whom its brokers see.
    #[serde(default)]
    pub identity: UpstreamIdentity,
    /// With `mapped`, as whom each principal is known to its brokers.
    #[serde(default)]
    pub principals: Vec<MappedSection>,
}

/// As whom one principal is known to brokers: a certificate with its key, a login, or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappedSection {
    /// The principal.
    pub principal: String,
    /// Reference to a certificate.
    pub certificate: Option<String>,
    /// Reference to its key.
    pub key: Option<String>,
    /// A login.
    pub sasl: Option<UpstreamSasl>,
}

/// Whom brokers see when a client comes through the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamIdentity {
    /// The gateway.
    #[default]
    Gateway,
    /// The client, which logs in to the broker through the gateway.
    Client,
    /// The client, as which the gateway logs in with a credential that is declared for it.
    Mapped,
}

/// The gateway's own name towards brokers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSasl {
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`.
    pub mechanism: String,
    /// The user name.
    #[serde(default)]
    pub username: Option<String>,
    /// Reference to the user name, where that is lent too.
    #[serde(default)]
    pub username_from: Option<String>,
    /// Reference to the password.
    #[serde(default)]
    pub password: Option<String>,
    /// Reference to the access token (OAUTHBEARER).
    #[serde(default)]
    pub token: Option<String>,
    /// What is sent beside the token (KIP-342).
    #[serde(default)]
    pub extensions: std::collections::BTreeMap<String, String>,
}

/// TLS towards brokers; every field but the name is a reference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamTls {
    /// Authorities that may have signed a broker's certificate.
    pub ca: String,
    /// The gateway's own certificate chain.
    pub certificate: Option<String>,
    /// And its key.
    pub key: Option<String>,
    /// The name that brokers must prove, if not the host that is dialled.
    pub server_name: Option<String>,
}

/// One listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerSection {
    /// Its name.
    pub name: String,
    /// The cluster behind it.
    pub cluster: String,
    /// The address to bind.
    pub bind: String,
    /// The host that clients are told.
    pub advertise: String,
    /// How a client reaches one broker among several.
    pub routing: Routing,
    /// Who says in front of a connection from where it comes; `None`: nobody.
    #[serde(default)]
    pub proxy_protocol: Option<ProxySection>,
    /// TLS towards clients; `None`: plaintext.
    pub tls: Option<ListenerTls>,
    /// SASL mechanisms that are offered.
    pub mechanisms: Vec<String>,
    /// Clients log in by tokens that are bound to their certificates, which alone prove nothing.
    #[serde(default)]
    pub bound_tokens: bool,
    /// Whom everyone on a plaintext listener is.
    pub plaintext_principal: Option<String>,
    /// `grouped` or `strict`.
    pub durability: Durability,
    /// Which proofs a client must give.
    #[serde(default)]
    pub authentication: Authentication,
    /// What happens when the journal can't be written.
    pub unrecorded: Unrecorded,
    /// How long a client that can authenticate again is let in for; `None`: as long as its credential.
    #[serde(default)]
    pub session_lifetime_milliseconds_max: Option<u64>,
    /// Bounds.
    pub limits: ListenerLimits,
    /// It hands out data keys to programs, and speaks no Kafka; `None`: it speaks Kafka.
    #[serde(default)]
    pub grants: Option<GrantsSection>,
}

/// When ranges of running accesses are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// At most 50 ms after the answer.
    Grouped,
    /// Before the answer.
    Strict,
}

/// Which proofs a client must give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// A certificate that is somebody's, else SASL.
    #[default]
    Either,
    /// A certificate.
    Certificate,
    /// SASL, whatever certificate is shown.
    Sasl,
    /// A certificate and SASL, of the same principal.
    Both,
}

/// What happens when the journal can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unrecorded {
    /// A retriable error.
    Refuse,
    /// Served, and the gap is entered as soon as it can be.
    Serve,
}

/// TLS towards clients; the first three are references.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerTls {
    /// The server's certificate chain.
    pub certificate: String,
    /// Its key.
    pub key: String,
    /// Authorities that may have signed a client's certificate.
    pub client_ca: Option<String>,
    /// Authorities of the identity section that may have done so, by name; each speaks for its own names only.
    #[serde(default)]
    pub client_authorities: Vec<String>,
    /// Is a client's certificate asked for?
    pub client_certificate: ClientCertificate,
    /// The oldest version that is spoken.
    #[serde(default)]
    pub version_min: TlsVersion,
}

/// Proxies that say in front of a connection from where it comes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySection {
    /// Their addresses, in CIDR notation.
    pub addresses: Vec<String>,
}

impl ProxySection {
    /// Is this the address of one of them? A text that is no range holds nobody.
    pub fn holds(&self, address: IpAddr) -> bool {
        let (place, v4) = match address.to_canonical() {
            IpAddr::V4(address) => (u128::from(address.to_bits()), true),
            IpAddr::V6(address) => (address.to_bits(), false),
        };
        let ranges = self.addresses.iter().flat_map(|text| address_range(text));
        ranges
            .into_iter()
            .any(|(first, last, is_v4)| is_v4 == v4 && (first..=last).contains(&place))
    }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TlsVersion {
    /// With forward-secret suites only.
    #[serde(rename = "1.2")]
    V1_2,
    /// The default.
    #[default]
    #[serde(rename = "1.3")]
    V1_3,
}

/// Is a client's certificate asked for?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificate {
    /// Never.
    None,
    /// Taken if it is shown.
    Optional,
    /// Nobody gets in without.
    Required,
}

/// How a client reaches one broker among several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Routing {
    /// A port per broker.
    Ports {
        /// The port that clients start with.
        bootstrap_port: u16,
        /// The brokers' ports.
        nodes: PortNodes,
    },
    /// One port; the TLS server name says which broker.
    Sni {
        /// The port.
        port: u16,
        /// The name that clients start with.
        bootstrap_name: String,
        /// A broker's name, with `{id}` for its node id.
        node_name: String,
        /// The brokers.
        nodes: Nodes,
    },
}

/// Node ids `first_id .. first_id + count`, on ports from `first_port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortNodes {
    /// Lowest node id.
    pub first_id: i32,
    /// How many.
    pub count: u16,
    /// The port of the lowest.
    pub first_port: u16,
}

/// Node ids `first_id .. first_id + count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// Lowest node id.
    pub first_id: i32,
    /// How many.
    pub count: u16,
}

impl Routing {
    /// The address at which clients of this listener reach a broker; `None`: it has none.
    pub fn address_of(&self, advertise: &str, node: i32) -> Option<(String, u16)> {
        match self {
            Self::Ports { nodes, .. } => {
                let offset = u16::try_from(node.checked_sub(nodes.first_id)?).ok()?;
                let port = nodes.first_port.checked_add(offset)?;
                (offset < nodes.count).then(|| (advertise.to_owned(), port))
            }
            Self::Sni {
                port,
                node_name,
                nodes,
                ..
            } => {
                let offset = u16::try_from(node.checked_sub(nodes.first_id)?).ok()?;
                (offset < nodes.count)
                    .then(|| (node_name.replace("{id}", &node.to_string()), *port))
            }
        }
    }

    /// The broker that a TLS server name asks for: `Some(None)` is the bootstrap, `None` a name of nobody.
    #[allow(
        clippy::option_option,
        reason = "no address, an address without a broker, an address of a broker"
    )]
    pub fn node_of_name(&self, server_name: Option<&str>) -> Option<Option<i32>> {
        let Self::Sni {
            bootstrap_name,
            node_name,
            nodes,
            ..
        } = self
        else {
            return Some(None);
        };
        let name = server_name?;
        if name.eq_ignore_ascii_case(bootstrap_name) {
            return Some(None);
        }
        (0..nodes.count)
            .map(|offset| nodes.first_id + i32::from(offset))
            .find(|id| name.eq_ignore_ascii_case(&node_name.replace("{id}", &id.to_string())))
            .map(Some)
    }
}

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

/// What a listener lacks to ask for the proofs that it is declared to ask for.
fn missing_proof(listener: &ListenerSection) -> Option<&'static str> {
    let tls = listener.tls.as_ref();
    let shown = tls.is_some_and(|tls| tls.client_certificate == ClientCertificate::Required);
    let sasl = !listener.mechanisms.is_empty();
    if listener.bound_tokens && !(shown && listener.mechanisms == ["OAUTHBEARER"]) {
        return Some("asks for bound tokens, which takes certificates and `OAUTHBEARER` alone");
    }
    match (listener.authentication, shown, sasl) {
        (Authentication::Either, _, _)
        | (Authentication::Certificate, true, false)
        | (Authentication::Sasl, _, true)
        | (Authentication::Both, true, true) => None,
        (Authentication::Certificate, _, true) => Some("asks for certificates, and offers SASL"),
        (Authentication::Certificate | Authentication::Both, false, _) => {
            Some("asks for certificates that its TLS does not require")
        }
        (Authentication::Sasl | Authentication::Both, _, false) => {
            Some("asks for SASL, and offers no mechanism")
        }
    }
}

/// What makes a listener that hands out keys less than safe.
fn unfit_for_grants(listener: &ListenerSection) -> Option<&'static str> {
    let grants = listener.grants.as_ref()?;
    // SECURITY: who gets keys is known by a certificate, over TLS 1.3, and every grant is in the log.
    let tls = listener.tls.as_ref().is_some_and(|tls| {
        tls.client_certificate == ClientCertificate::Required && tls.version_min == TlsVersion::V1_3
    });
    if !tls || listener.authentication != Authentication::Certificate || listener.bound_tokens {
        return Some("grants keys without TLS 1.3 and certificates of clients");
    }
    if listener.unrecorded != Unrecorded::Refuse {
        return Some("grants keys without a record");
    }
    grants.problem()
}

fn check_listeners(document: &Document) -> Result<(), GatewayError> {
    let clusters: HashSet<&str> = document
        .clusters
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    for listener in &document.listeners {
        let wrong = |what: &str| {
            Err(GatewayError::Snapshot {
                what: format!("listener `{}` {what}", listener.name),
            })
        };
        if !clusters.contains(listener.cluster.as_str()) {
            return wrong("names a cluster that is not declared");
        }
        let loopback = listener
            .bind
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
        match (&listener.tls, &listener.plaintext_principal) {
            (None, None) => return wrong("has neither TLS nor a plaintext principal"),
            (Some(_), Some(_)) => return wrong("has TLS, so nobody is its plaintext principal"),
            // SECURITY: nobody proves anything on a plaintext listener; it must not leave this host.
            (None, Some(_)) if !loopback || document.environment != "development" => {
                return wrong("is plaintext, which is for loopback and development only");
            }
            (None, Some(_)) if !listener.mechanisms.is_empty() => {
                return wrong("offers SASL without TLS");
            }
            _ => {}
        }
        if let Some(missing) = missing_proof(listener) {
            return wrong(missing);
        }
        if let Some(unfit) = unfit_for_grants(listener) {
            return wrong(unfit);
        }
        let relayed = document
            .clusters
            .iter()
            .any(|it| it.name == listener.cluster && it.identity == UpstreamIdentity::Client);
        let certificates = listener
            .tls
            .as_ref()
            .is_some_and(|tls| tls.client_certificate != ClientCertificate::None);
        if relayed && listener.grants.is_none() && (listener.mechanisms.is_empty() || certificates)
        {
            return wrong(
                "is of a cluster whose brokers see the client: it needs SASL, and no certificates",
            );
        }
        if listener.tls.is_none() && matches!(listener.routing, Routing::Sni { .. }) {
            return wrong("routes by server name without TLS");
        }
        for text in listener.proxy_protocol.iter().flat_map(|it| &it.addresses) {
            if address_range(text).is_err() {
                return wrong("has a proxy whose address can't be read");
            }
        }
        let named = listener.tls.iter().flat_map(|tls| &tls.client_authorities);
        for name in named {
            if !document
                .identity
                .authorities
                .iter()
                .any(|it| it.name == *name)
            {
                return wrong("names an authority that is not declared");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> Routing {
        Routing::Ports {
            bootstrap_port: 19092,
            nodes: PortNodes {
                first_id: 1,
                count: 3,
                first_port: 19093,
            },
        }
    }

    #[test]
    fn a_broker_outside_the_declared_range_has_no_address() {
        assert_eq!(ports().address_of("gw", 1), Some(("gw".into(), 19093)));
        assert_eq!(ports().address_of("gw", 3), Some(("gw".into(), 19095)));
        for node in [i32::MIN, -1, 0, 4, i32::MAX] {
            assert_eq!(ports().address_of("gw", node), None);
        }
    }

    #[test]
    fn a_server_name_of_nobody_leads_nowhere() {
        let sni = Routing::Sni {
            port: 9093,
            bootstrap_name: "kafka.example.com".into(),
            node_name: "broker-{id}.example.com".into(),
            nodes: Nodes {
                first_id: 0,
                count: 2,
            },
        };
        assert_eq!(sni.node_of_name(Some("KAFKA.example.com")), Some(None));
        assert_eq!(
            sni.node_of_name(Some("broker-1.example.com")),
            Some(Some(1))
        );
        assert_eq!(sni.node_of_name(Some("broker-2.example.com")), None);
        assert_eq!(sni.node_of_name(None), None);
    }
}
