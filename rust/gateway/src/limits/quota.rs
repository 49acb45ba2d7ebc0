//! Declared quotas, and which of them hold for a principal.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::bucket::Rate;

/// One quota of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaSection {
    /// Its name.
    pub id: String,
    /// `everyone`, `tenant:NAME`, `role:NAME` or `principal:NAME`.
    pub to: Vec<String>,
    /// Is it one budget for all of them together? Otherwise each principal has its own.
    pub shared: bool,
    /// Bytes of Produce requests in a second.
    pub produce_bytes_per_second: Option<u64>,
    /// Bytes of answers to Fetch in a second.
    pub fetch_bytes_per_second: Option<u64>,
    /// Requests in a second.
    pub requests_per_second: Option<u64>,
    /// Connections at one time; not of a shared one.
    pub connections_max: Option<usize>,
    /// Milliseconds of each rate that may be spent at once.
    pub burst_milliseconds: u64,
}

/// What is counted by the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Bytes of Produce requests.
    pub produce: Option<Rate>,
    /// Bytes of answers to Fetch.
    pub fetch: Option<Rate>,
    /// Requests.
    pub requests: Option<Rate>,
}

/// What holds for one principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entitlement {
    /// Its own rates.
    pub own: Rates,
    /// Its connections at one time.
    pub connections_max: Option<usize>,
    /// Budgets that it shares with others, by the quota's id.
    pub shared: Vec<(String, Rates)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Everyone,
    Tenant(String),
    Role(String),
    Principal(String),
}

impl Subject {
    fn parse(text: &str) -> Option<Self> {
        if text == "everyone" {
            return Some(Self::Everyone);
        }
        match text.split_once(':')? {
            ("tenant", name) => Some(Self::Tenant(name.to_owned())),
            ("role", name) => Some(Self::Role(name.to_owned())),
            ("principal", name) => Some(Self::Principal(name.to_owned())),
            _ => None,
        }
    }
}

/// All quotas, by whom they are for.
#[derive(Debug, Default)]
pub struct Quotas {
    sections: Vec<QuotaSection>,
    by_subject: HashMap<Subject, Vec<usize>>,
    /// Of each role, those that it includes, itself not among them.
    includes: HashMap<String, Vec<String>>,
}

impl Quotas {
    /// Reads the section; `roles` are names and what each includes. `Err` says what is wrong.
    pub fn build(
        quotas: &[QuotaSection],
        roles: impl Iterator<Item = (String, Vec<String>)>,
    ) -> Result<Self, String> {
        let mut by_subject: HashMap<Subject, Vec<usize>> = HashMap::new();
        for (number, quota) in quotas.iter().enumerate() {
            for text in &quota.to {
                let subject = Subject::parse(text)
                    .ok_or_else(|| format!("quota `{}` is for nobody: `{text}`", quota.id))?;
                by_subject.entry(subject).or_default().push(number);
            }
        }
        Ok(Self {
            sections: quotas.to_vec(),
            by_subject,
            includes: roles.collect(),
        })
    }

    /// What holds for a principal: of each limit, the most specific quota that names it (principal,
    /// role, tenant, everyone); of several as specific, the narrowest. Shared ones all hold.
    pub fn of(&self, principal: &str, tenant: Option<&str>, roles: &[String]) -> Entitlement {
        let levels = [
            self.named([Subject::Principal(principal.to_owned())]),
            self.named(self.all_roles(roles).into_iter().map(Subject::Role)),
            self.named(tenant.map(|name| Subject::Tenant(name.to_owned()))),
            self.named([Subject::Everyone]),
        ];
        let narrowest = |rate: fn(&QuotaSection) -> Option<Rate>| {
            levels.iter().find_map(|level| {
                let rates = level
                    .iter()
                    .filter(|it| !it.shared)
                    .filter_map(|it| rate(it));
                rates.min_by_key(|rate| (rate.per_second, rate.burst_milliseconds))
            })
        };
        let connections = levels.iter().find_map(|level| {
            let own = level.iter().filter(|it| !it.shared);
            own.filter_map(|it| it.connections_max).min()
        });
        let mut seen = HashSet::new();
        let shared = levels.iter().flatten().filter(|it| it.shared);
        let shared = shared
            .filter(|it| seen.insert(&it.id))
            .map(|it| (it.id.clone(), it.rates()));
        Entitlement {
            own: Rates {
                produce: narrowest(|it| it.rates().produce),
                fetch: narrowest(|it| it.rates().fetch),
                requests: narrowest(|it| it.rates().requests),
            },
            connections_max: connections,
            shared: shared.collect(),
        }
    }

    fn named(&self, subjects: impl IntoIterator<Item = Subject>) -> Vec<&QuotaSection> {
        let numbers = subjects
            .into_iter()
            .filter_map(|subject| self.by_subject.get(&subject))
            .flatten();
        numbers
            .filter_map(|number| self.sections.get(*number))
            .collect()
    }

    /// These roles and all that they include, whatever includes them again.
    fn all_roles(&self, roles: &[String]) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let mut next = roles.to_vec();
        while let Some(role) = next.pop() {
            if !all.contains(&role) {
                next.extend(self.includes.get(&role).into_iter().flatten().cloned());
                all.push(role);
            }
        }
        all
    }
}

impl QuotaSection {
    fn rates(&self) -> Rates {
        let rate = |per_second: Option<u64>| {
            per_second.map(|per_second| Rate {
                per_second,
                burst_milliseconds: self.burst_milliseconds,
            })
        };
        Rates {
            produce: rate(self.produce_bytes_per_second),
            fetch: rate(self.fetch_bytes_per_second),
            requests: rate(self.requests_per_second),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(id: &str, to: &[&str], produce: Option<u64>) -> QuotaSection {
        QuotaSection {
            id: id.into(),
            to: to.iter().map(|it| (*it).to_owned()).collect(),
            shared: false,
            produce_bytes_per_second: produce,
            fetch_bytes_per_second: None,
            requests_per_second: None,
            connections_max: None,
            burst_milliseconds: 1_000,
        }
    }

    fn quotas(sections: &[QuotaSection]) -> Quotas {
        let roles = [
            ("writer".to_owned(), vec!["basic".to_owned()]),
            ("basic".to_owned(), vec!["writer".to_owned()]),
        ];
        Quotas::build(sections, roles.into_iter()).unwrap()
    }

    fn produce(of: &Entitlement) -> Option<u64> {
        of.own.produce.map(|rate| rate.per_second)
    }

    #[test]
    fn the_most_specific_quota_holds_and_of_several_the_narrowest() {
        let quotas = quotas(&[
            quota("all", &["everyone"], Some(1)),
            quota("tenant", &["tenant:t"], Some(20)),
            quota("wide", &["role:writer"], Some(400)),
            quota("narrow", &["role:basic"], Some(300)),
            quota("own", &["principal:p"], Some(5_000)),
        ]);
        let of = |principal: &str, tenant, roles: &[&str]| {
            let roles: Vec<String> = roles.iter().map(|it| (*it).to_owned()).collect();
            produce(&quotas.of(principal, tenant, &roles))
        };
        assert_eq!(of("p", Some("t"), &["writer"]), Some(5_000));
        assert_eq!(
            of("q", Some("t"), &["writer"]),
            Some(300),
            "an included role counts"
        );
        assert_eq!(of("q", Some("t"), &["other"]), Some(20));
        assert_eq!(of("q", Some("u"), &[]), Some(1));
        assert_eq!(of("q", None, &[]), Some(1));
    }

    #[test]
    fn a_limit_that_a_quota_leaves_out_comes_from_the_next() {
        let quotas = quotas(&[
            QuotaSection {
                requests_per_second: Some(7),
                connections_max: Some(3),
                ..quota("all", &["everyone"], Some(1))
            },
            quota("own", &["principal:p"], Some(9)),
        ]);
        let found = quotas.of("p", None, &[]);
        assert_eq!(produce(&found), Some(9));
        assert_eq!(found.own.requests.unwrap().per_second, 7);
        assert_eq!(found.connections_max, Some(3));
        assert_eq!(found.own.fetch, None);
    }

    #[test]
    fn shared_budgets_hold_beside_the_own_ones() {
        let quotas = quotas(&[
            QuotaSection {
                shared: true,
                ..quota("together", &["tenant:t", "role:writer"], Some(50))
            },
            quota("own", &["principal:p"], Some(9)),
        ]);
        let found = quotas.of("p", Some("t"), &["writer".into()]);
        assert_eq!(produce(&found), Some(9));
        let ids: Vec<&str> = found.shared.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["together"]);
    }

    #[test]
    fn a_quota_for_nobody_is_refused() {
        for subject in ["group:x", "", "everybody"] {
            let built = Quotas::build(&[quota("q", &[subject], None)], std::iter::empty());
            assert!(built.unwrap_err().contains("quota `q` is for nobody"));
        }
    }
}
