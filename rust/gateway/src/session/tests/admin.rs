//! Looking at settings.

use streamward_wire::kafka::{ApiKey, Value};

use super::{ask, by, codes, document, script};

#[test]
fn settings_of_brokers_stay_behind_the_gateway() {
    for version in 1..=4 {
        let mut script = by("root", &document());
        let request = ask(ApiKey::DESCRIBE_CONFIGS, version, |it| {
            let resources = [(4, "1"), (8, "1"), (16, "m"), (99, "?")].map(|(kind, name)| {
                let mut resource = it.element("Resources");
                resource.set("ResourceType", kind).set("ResourceName", name);
                Value::Struct(resource)
            });
            it.set("Resources", resources.to_vec());
        });
        script
            .request(&request)
            .refuses(&["1:31", "1:31", "m:31", "?:31"]);
    }
}

#[test]
fn settings_of_topics_and_groups_are_decided_one_by_one() {
    let mut script = script();
    let request = ask(ApiKey::DESCRIBE_CONFIGS, 4, |it| {
        let resources =
            [(2, "ok.a"), (2, "no.a"), (32, "ok.g"), (32, "no.g")].map(|(kind, name)| {
                let mut resource = it.element("Resources");
                resource.set("ResourceType", kind).set("ResourceName", name);
                Value::Struct(resource)
            });
        it.set("Resources", resources.to_vec());
    });
    script.request(&request);
    script.rewrites(|request| assert_eq!(request.array("Resources").len(), 2));
    script.broker(|_| ());
    script.answers(|answer| assert_eq!(codes(answer), ["no.a:29", "no.g:30"]));
}
