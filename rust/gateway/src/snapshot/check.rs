//! What makes the listeners of a document unfit to be served.

use std::collections::HashSet;
use std::net::IpAddr;

use streamward_policy::address_range;

use super::cluster::UpstreamIdentity;
use super::document::Document;
use super::listener::{Authentication, ClientCertificate, ListenerSection, TlsVersion, Unrecorded};
use super::routing::Routing;
use crate::error::GatewayError;

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

/// Refuses a document with a listener that is less safe than it says, or leads nowhere.
pub(super) fn check_listeners(document: &Document) -> Result<(), GatewayError> {
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
            .parse::<IpAddr>()
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
