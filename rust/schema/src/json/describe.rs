//! What a JSON Schema declares: every member that a reader with masks may see.

use std::collections::HashSet;

use super::rules::{Assertion, Compiled, Rule, RuleId, types};
use super::shape::{Place, PlaceId, Shape};
use crate::declared::{Declared, Description};

impl Compiled {
    /// Every declared property, each before those within it; what is within itself is told once.
    pub fn describe(&self) -> Description {
        let mut walk = Walk {
            schema: self,
            path: Vec::new(),
            around: Vec::new(),
            all: Description::default(),
        };
        match self.places() {
            Some(shape) => walk.below(shape, 0),
            None => walk.all.cut(),
        }
        walk.all
    }
}

struct Walk<'c> {
    schema: &'c Compiled,
    path: Vec<String>,
    /// The objects that this place lies in, each with the number of names in front of it.
    around: Vec<(Vec<RuleId>, usize)>,
    all: Description,
}

impl<'c> Walk<'c> {
    fn below(&mut self, shape: &'c Shape, id: PlaceId) {
        let outside = self.around.len();
        let mut fresh = Vec::new();
        for place in entered(shape, id) {
            if self.all.open_at().is_none() && !self.is_closed(place) {
                self.all.open(&self.path);
            }
            if place.members.is_empty() && place.patterns.is_empty() && place.others.is_none() {
                continue;
            }
            let objects = self.objects(place);
            let same = self.around.iter().find(|(outer, _)| *outer == objects);
            if let Some((_, names)) = same {
                self.all.again(&self.path, *names);
                continue;
            }
            self.around.push((objects, self.path.len()));
            fresh.push(place);
        }
        for place in fresh {
            let mut names: Vec<_> = place.members.iter().collect();
            names.sort();
            for (name, inner) in names {
                self.member(shape, (place, name), *inner);
            }
            let matching = (!place.patterns.is_empty()).then_some(place.matching);
            for inner in matching.into_iter().chain(place.others) {
                self.member(shape, (place, "*"), inner);
            }
        }
        self.around.truncate(outside);
    }

    fn member(&mut self, shape: &'c Shape, (within, name): (&Place, &str), id: PlaceId) {
        let Some(place) = shape.place(id).filter(|_| !self.all.is_cut()) else {
            return;
        };
        self.path.push(name.to_owned());
        let bits = self.bits(place);
        let declared = Declared {
            path: self.path.clone(),
            types: names_of(bits),
            required: self.requires(within, name),
            repeated: bits & types::ARRAY != 0,
            recursive: false,
            number: None,
            symbols: self.symbols(place),
        };
        if self.all.tell(declared) {
            self.below(shape, id);
        }
        self.path.pop();
    }

    fn requires(&self, place: &Place, name: &str) -> bool {
        let rules = place.rules.iter().filter_map(|id| self.schema.rule(*id));
        let mut required = rules
            .filter_map(|rule| rule.object.as_deref())
            .filter(|object| object.properties.contains_key(name))
            .flat_map(|object| &object.required);
        required.any(|it| it == name)
    }

    /// Which rules say what an object here has: two places of the same ones are of the same type.
    fn objects(&self, place: &Place) -> Vec<RuleId> {
        let rules = place.rules.iter().copied();
        let is_object = |id: &RuleId| self.schema.rule(*id).is_some_and(|it| it.object.is_some());
        rules.filter(is_object).collect()
    }

    /// Is all declared that may be within a value here? A schema that says so in other ways than these is not
    /// understood, and counts as open.
    fn is_closed(&self, place: &Place) -> bool {
        let says = |id: &RuleId| {
            let rule = self.schema.rule(*id);
            rule.is_some_and(|it| it.never || super::shape::says(it))
        };
        let object = |rule: &Rule| {
            let found = rule.object.as_ref();
            found.is_some_and(|it| it.additional.is_some_and(|id| says(&id)))
        };
        let array = |rule: &Rule| {
            let found = rule.array.as_ref();
            found.is_some_and(|it| it.items.is_some())
        };
        place.applied.iter().all(|id| {
            self.closes(*id, types::OBJECT, &object, &mut HashSet::new())
                && self.closes(*id, types::ARRAY, &array, &mut HashSet::new())
        })
    }

    fn closes(
        &self,
        id: RuleId,
        bit: u8,
        own: &impl Fn(&Rule) -> bool,
        seen: &mut HashSet<RuleId>,
    ) -> bool {
        if self.schema.types(id) & bit == 0 {
            return true;
        }
        let Some(rule) = self.schema.rule(id).filter(|_| seen.insert(id)) else {
            return false;
        };
        let mut either = rule.reference.iter().chain(&rule.all);
        let mut every =
            |of: &[RuleId]| !of.is_empty() && of.iter().all(|id| self.closes(*id, bit, own, seen));
        own(rule)
            || every(&rule.any)
            || every(&rule.one)
            || either.any(|id| self.closes(*id, bit, own, seen))
    }

    /// What a value here may be.
    fn bits(&self, place: &Place) -> u8 {
        let rules = place.applied.iter();
        rules.fold(0, |bits, id| bits | self.schema.types(*id))
    }

    fn symbols(&self, place: &Place) -> Vec<String> {
        let rules = place.rules.iter().filter_map(|id| self.schema.rule(*id));
        let mut symbols = Vec::new();
        for assertion in rules.flat_map(|rule| &rule.asserted) {
            if let Assertion::Values(_, values) = assertion {
                symbols.extend(
                    values
                        .listed()
                        .iter()
                        .map(|text| String::from_utf8_lossy(text).into_owned()),
                );
            }
        }
        symbols
    }
}

/// A place, and those of what stands in its arrays, as deep as arrays go.
fn entered(shape: &Shape, id: PlaceId) -> Vec<&Place> {
    let (mut known, mut places) = (Vec::new(), Vec::new());
    let mut next = Some(id);
    while let Some(id) = next.filter(|id| !known.contains(id)) {
        known.push(id);
        let place = shape.place(id);
        places.extend(place);
        next = place.map(|place| place.entries);
    }
    places
}

fn names_of(bits: u8) -> Vec<String> {
    [
        (types::NULL, "null"),
        (types::BOOLEAN, "boolean"),
        (types::NUMBER, "number"),
        (types::INTEGER, "integer"),
        (types::TEXT, "string"),
        (types::ARRAY, "array"),
        (types::OBJECT, "object"),
    ]
    .iter()
    .filter(|(bit, _)| bits & bit != 0)
    .map(|(_, name)| (*name).to_owned())
    .collect()
}
