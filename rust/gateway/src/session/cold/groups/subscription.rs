//! What members of consumer groups subscribed to, as far as coordinators are not told.
//!
//! INVARIANT: no coordinator ever gets a member's pattern. It would resolve it with the gateway's rights, and
//! share the result with every member of the group that has the same pattern.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use regex::Regex;
use streamward_policy::ResourceKind;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::pattern;
use crate::cluster::Listing;
use crate::session::{Close, Session};

/// Members that one connection speaks for; a client has one.
const MEMBERS_MAX: usize = 64;

/// A member's place: its group and its id.
pub type Member = (String, String);

/// A pattern, and the names that fit it in one listing.
#[derive(Debug)]
struct Pattern {
    text: String,
    compiled: Regex,
    generation: Option<u64>,
    fitting: Vec<Arc<str>>,
}

/// One member's subscription.
#[derive(Debug, Default)]
pub struct Subscription {
    /// By name.
    names: BTreeSet<String>,
    pattern: Option<Pattern>,
    /// It had a pattern once, so the coordinator's names of it are ours.
    resolved_here: bool,
    /// The names that the coordinator has of it, if we have told it.
    told: Option<BTreeSet<String>>,
}

/// The subscriptions of the members that speak on one connection.
#[derive(Debug, Default)]
pub struct Subscriptions {
    members: HashMap<Member, Subscription>,
    /// Members that were asked to say everything again.
    asked: BTreeSet<Member>,
}

impl Subscriptions {
    /// The same, left where it is.
    pub fn get_mut(&mut self, member: &Member) -> Option<&mut Subscription> {
        self.members.get_mut(member)
    }

    /// Remembers a subscription. Beyond what one connection may speak for all are forgotten, and asked for.
    pub fn put(&mut self, member: Member, subscription: Subscription) {
        if self.members.len() >= MEMBERS_MAX && !self.members.contains_key(&member) {
            self.members.clear();
        }
        self.asked.remove(&member);
        self.members.insert(member, subscription);
    }

    /// What this member subscribed to, if it is known, taken out.
    pub fn take(&mut self, member: &Member) -> Option<Subscription> {
        self.members.remove(member)
    }

    /// Is this the first time that the member is asked to say everything again?
    pub fn ask(&mut self, member: &Member) -> bool {
        if self.asked.len() >= MEMBERS_MAX {
            self.asked.clear();
        }
        self.asked.insert(member.clone())
    }
}

impl Subscription {
    /// Takes over what a heartbeat says; null means that nothing has changed. The error is the reason why
    /// a pattern is none.
    pub fn update(&mut self, request: &Struct) -> Result<(), String> {
        if !request.get("SubscribedTopicNames").is_null() {
            let names = request.array("SubscribedTopicNames").iter();
            let names = names.filter_map(Value::as_str);
            self.names = names.map(str::to_owned).collect();
        }
        match request.str("SubscribedTopicRegex") {
            None => {}
            Some("") => self.pattern = None,
            Some(text) if self.pattern.as_ref().is_some_and(|it| it.text == text) => {}
            Some(text) => {
                self.resolved_here = true;
                self.pattern = Some(Pattern {
                    text: text.to_owned(),
                    compiled: pattern::compile(text)?,
                    generation: None,
                    fitting: Vec::new(),
                });
            }
        }
        Ok(())
    }

    /// Is the coordinator told names that the member does not say?
    pub const fn is_resolved_here(&self) -> bool {
        self.resolved_here
    }

    /// Must the topics be listed?
    pub const fn has_pattern(&self) -> bool {
        self.pattern.is_some()
    }

    /// What the coordinator has from now on; `None`: nobody knows.
    pub fn tell(&mut self, names: Option<BTreeSet<String>>) {
        self.told = names;
    }

    /// The names that the coordinator has.
    pub const fn told(&self) -> Option<&BTreeSet<String>> {
        self.told.as_ref()
    }

    /// The names that fit the pattern, found once for each listing.
    fn fitting(&mut self, listing: &Listing) -> Vec<Arc<str>> {
        let Some(pattern) = &mut self.pattern else {
            return Vec::new();
        };
        if pattern.generation != Some(listing.generation) {
            let names = listing.names.iter();
            let fitting = names.filter(|name| pattern.compiled.is_match(name));
            pattern.fitting = fitting.cloned().collect();
            pattern.generation = Some(listing.generation);
        }
        pattern.fitting.clone()
    }
}

impl Session {
    /// The names that a member is subscribed to: those that it gave, and of those that fit its pattern the
    /// ones that it may see at this moment.
    pub(super) fn resolve(
        &mut self,
        api: (ApiKey, i16),
        subscription: &mut Subscription,
        listing: &Listing,
        now: i64,
    ) -> Result<BTreeSet<String>, Close> {
        let mut names = subscription.names.clone();
        for topic in subscription.fitting(listing) {
            if self.may_see(api, ResourceKind::Stream, &topic, now)? {
                names.insert((*topic).to_owned());
            }
        }
        Ok(names)
    }
}
