//! In which order subschemas look at one value.

use std::collections::HashSet;

use super::rules::{Compiled, Rule, RuleId};
use crate::error::SchemaError;
use crate::limits::EVALUATION_DEPTH_MAX;

/// What a value of each rule may be. Subschemas that lead back to themselves without going into the value would
/// never end and are refused, as are those that lead deeper than any value is followed.
pub(super) fn order_of(rules: &[Rule]) -> Result<Vec<u8>, SchemaError> {
    let below = |id: RuleId| rules.get(id as usize).into_iter().flat_map(Rule::in_place);
    // Of each rule that is done: how deep it leads at the same value, and its types.
    let mut done: Vec<Option<(usize, u8)>> = vec![None; rules.len()];
    let get = |done: &[Option<(usize, u8)>], id: RuleId| done.get(id as usize).copied().flatten();
    for start in 0..u32::try_from(rules.len()).unwrap_or(u32::MAX) {
        // Each entry is left a second time, when all below it is done.
        let mut path = HashSet::new();
        let mut open = vec![(start, false)];
        while let Some((id, leaving)) = open.pop() {
            if leaving {
                path.remove(&id);
                let depths = below(id).filter_map(|it| get(&done, it));
                let depth = 1 + depths.map(|(depth, _)| depth).max().unwrap_or(0);
                if depth > EVALUATION_DEPTH_MAX {
                    let what = format!(
                        "it leads more than {EVALUATION_DEPTH_MAX} deep by `$ref`s and alternatives"
                    );
                    return Err(SchemaError::new(what, 1));
                }
                let bits = rules.get(id as usize).map_or(0, |rule| {
                    Compiled::types_of(rule, |it| get(&done, it).map_or(0, |(_, bits)| bits))
                });
                if let Some(slot) = done.get_mut(id as usize) {
                    *slot = Some((depth, bits));
                }
                continue;
            }
            if get(&done, id).is_some() {
                continue;
            }
            if !path.insert(id) {
                return Err(SchemaError::new("a `$ref` leads back to itself", 1));
            }
            open.push((id, true));
            for next in below(id) {
                if path.contains(&next) {
                    return Err(SchemaError::new("a `$ref` leads back to itself", 1));
                }
                open.push((next, false));
            }
        }
    }
    Ok(done
        .into_iter()
        .map(|it| it.map_or(0, |(_, bits)| bits))
        .collect())
}
