//! Every route with what is sent to it: something that does no harm where it is allowed.

use super::stage::{Everybody, Person};
use super::{Need, Row, Said};
use api_http::gate::{Gate, Route, table};
use engine::decide::permission::Permission::{
    Answer, Approve, Audit, Configure, Create, Deploy, People, Promote, Push, Restrain, See, Trust,
};
use serde_json::{Value, json};

/// A request, and what it needs.
struct Asked {
    what: String,
    need: Need,
    path: String,
    body: String,
}

/// Routes that are open to anybody.
pub(crate) fn open() -> Vec<String> {
    let open = table().into_iter().filter(|route| route.gate == Gate::Anybody);
    open.map(|route| format!("{} {}", route.method, route.path)).collect()
}

/// What a gate says that its route needs at least.
fn gate(gate: Gate) -> Need {
    match gate {
        Gate::Anybody => unreachable!("those are not asked here"),
        Gate::Known => Need::AnyRole,
        Gate::Operator | Gate::Custodian => Need::Operator,
        Gate::Some(See) => Need::AnyRole,
        Gate::Some(permission) | Gate::All(permission) => Need::May(permission),
    }
}

/// Sends everything as everybody.
pub(crate) fn all(everybody: &Everybody) -> Vec<Row> {
    let mut rows = Vec::new();
    let guarded = table().into_iter().filter(|route| route.gate != Gate::Anybody);
    for route in guarded {
        for asked in asks(&route) {
            let said = everybody.people.iter().enumerate();
            let said =
                said.map(|(number, person)| try_it(everybody, number, *person, &route, &asked));
            rows.push(Row { said: said.collect(), what: asked.what, need: asked.need });
        }
    }
    rows
}

fn try_it(
    everybody: &Everybody,
    number: usize,
    person: Person,
    route: &Route,
    asked: &Asked,
) -> Said {
    let path = asked.path.replace("{me}", person.user());
    // A letter for each of them, so that nobody repeats the command of another.
    let letter = char::from(b'b' + u8::try_from(number).expect("not that many")).to_string();
    let body = asked.body.replace("{me}", person.user()).replace("{number}", &letter);
    let status = if route.path.ends_with("/events") {
        everybody.listen(number, &path)
    } else {
        everybody.send(number, route.method.as_str(), &path, &body).status
    };
    assert!(status < 500, "{status}: {} by {person:?}", asked.what);
    match status {
        401 => Said::Unknown,
        403 => Said::No,
        _ => Said::Yes,
    }
}

/// What is sent to a route. A new route has no place here, and this fails until it has one.
fn asks(route: &Route) -> Vec<Asked> {
    let (method, path) = (route.method.as_str(), route.path);
    let home = path.replace("{space}", "Home");
    let one = |path: String, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let what = format!("{method} {}", route.path);
        vec![Asked { what, need: gate(route.gate), path, body }]
    };
    match (method, path) {
        ("POST", "/v1/spaces") => one(home, json!({"name": "Home"})),
        ("PUT", "/v1/spaces/{space}/configuration") => {
            let file = json!({"space": {"name": "Elsewhere"}});
            one(home, file)
        }
        ("POST", "/v1/spaces/{space}/commands") => commands(&home),
        ("GET", "/v1/spaces/{space}/journey") => {
            one(format!("{home}?project=App&version=1.0.0"), Value::Null)
        }
        ("GET", "/v1/spaces/{space}/explain") => {
            one(format!("{home}?project=App&version=1.0.0"), Value::Null)
        }
        ("GET", "/v1/spaces/{space}/compare") => {
            one(format!("{home}?project=App&from=1.0.0&to=1.0.0"), Value::Null)
        }
        ("GET", "/v1/spaces/{space}/deployments/{deployment}/output") => {
            one(home.replace("{deployment}", "999"), Value::Null)
        }
        ("GET", "/v1/spaces/{space}/audit/trail") => {
            one(format!("{home}?environment=Dev&project=App"), Value::Null)
        }
        ("PUT", "/v1/spaces/{space}/packages/{id}/{version}") => {
            one(home.replace("{id}/{version}", "web/1.0.0"), Value::Null)
        }
        ("PUT", "/v1/spaces/{space}/users/{user}") => {
            let roles = json!([{"role": "viewer", "project": "Nowhere", "environment": "*"}]);
            one(home.replace("{user}", "eve"), json!({"roles": roles}))
        }
        ("DELETE", "/v1/spaces/{space}/users/{user}") => {
            one(home.replace("{user}", "eve"), Value::Null)
        }
        ("PUT", "/v1/spaces/{space}/secrets/{project}/{name}") => {
            let body = json!({"id": format!("{{number}}{}", "a".repeat(25)), "value": "hidden"});
            one(home.replace("{project}", "App").replace("{name}", "NOWHERE"), body)
        }
        ("DELETE", "/v1/spaces/{space}/secrets/{project}/{name}") => {
            one(home.replace("{project}", "App").replace("{name}", "NOWHERE"), Value::Null)
        }
        ("POST", "/v1/spaces/{space}/invitations" | "/v1/spaces/{space}/links") => {
            one(home.clone(), invitation(&home))
        }
        ("DELETE", "/v1/spaces/{space}/invitations/{invitation}") => {
            one(home.replace("{invitation}", &"a".repeat(52)), Value::Null)
        }
        ("POST", "/v1/spaces/{space}/tokens") => tokens(&home),
        ("DELETE", "/v1/spaces/{space}/tokens/{token}") => {
            let unknown = home.replace("{token}", &"a".repeat(26));
            let what = format!("DELETE {path}: another's");
            vec![Asked { what, need: Need::May(People), path: unknown, body: String::new() }]
        }
        ("GET", "/spaces/{space}/journey") => one(format!("{home}?{}", journey()), Value::Null),
        ("GET", "/spaces/{space}/events") => {
            let mut asked = one(home.clone(), Value::Null);
            asked.extend(one(format!("{home}?{}", journey()), Value::Null));
            asked[1].what.push_str(": of a journey");
            asked
        }
        ("GET", "/spaces/{space}/cell") => {
            let id = "a".repeat(52);
            let query = format!("owner={id}&project=App&of={id}&environment=Dev");
            one(format!("{home}?{query}"), Value::Null)
        }
        ("POST", "/v1/spaces/{space}/keys") => {
            one(home, json!({"do": "divide", "since": {"position": 1}}))
        }
        ("POST", "/v1/spaces/{space}/recover") => one(home, json!({})),
        (
            "GET",
            "/v1/spaces/{space}/courier/{peer}"
            | "/v1/spaces/{space}/courier/{peer}/signals"
            | "/v1/spaces/{space}/courier/{peer}/entries"
            | "/v1/spaces/{space}/courier/{peer}/packages/{object}",
        ) => {
            let object = "a".repeat(52);
            one(home.replace("{peer}", "Nowhere").replace("{object}", &object), Value::Null)
        }
        (
            "GET",
            "/v1/spaces"
            | "/v1/spaces/{space}"
            | "/v1/spaces/{space}/configuration"
            | "/v1/spaces/{space}/freezes"
            | "/v1/spaces/{space}/policy"
            | "/v1/spaces/{space}/certificate"
            | "/v1/spaces/{space}/certificate/x509"
            | "/v1/spaces/{space}/keys"
            | "/v1/spaces/{space}/dashboard"
            | "/v1/spaces/{space}/links"
            | "/v1/spaces/{space}/invitations"
            | "/v1/spaces/{space}/packages"
            | "/v1/spaces/{space}/releases"
            | "/v1/spaces/{space}/inbox"
            | "/v1/spaces/{space}/deployments"
            | "/v1/spaces/{space}/audit/verify"
            | "/v1/spaces/{space}/audit/export"
            | "/v1/spaces/{space}/courier"
            | "/v1/spaces/{space}/users"
            | "/v1/spaces/{space}/tokens"
            | "/v1/spaces/{space}/secrets"
            | "/"
            | "/spaces/{space}"
            | "/spaces/{space}/",
        )
        | ("PUT", "/v1/spaces/{space}/courier")
        | ("POST", "/v1/sign-in-links") => one(home, Value::Null),
        _ => panic!("say what is sent to {method} {path}, and who may"),
    }
}

/// An invitation that would never end, or a token that is none.
fn invitation(path: &str) -> Value {
    let grants = json!({"accept_releases": [], "accept_results": false, "send_results": null});
    let mut body = json!({"id": "b".to_owned() + &"a".repeat(25), "name": null, "grants": grants});
    if path.ends_with("/links") {
        body["token"] = "isp-invite-1-".into();
    } else {
        (body["guest"], body["seconds"]) = (Value::Null, 0.into());
    }
    body
}

/// The query of a release that nobody has.
fn journey() -> String {
    format!("owner={}&project=App&version=1.0.0", "a".repeat(52))
}

fn tokens(path: &str) -> Vec<Asked> {
    let scope = json!({"roles": [], "project": "*", "environment": "*"});
    let body = |user: &str| {
        // A command that was done is not decided again under the same id.
        let first = if user == "{me}" { "{number}" } else { "q" };
        let id = format!("{first}{}", "a".repeat(25));
        json!({"id": id, "user": user, "name": "made", "scope": scope, "seconds": 60}).to_string()
    };
    let asked = |whose: &str, need, user| Asked {
        what: format!("POST /v1/spaces/{{space}}/tokens: {whose}"),
        need,
        path: path.to_owned(),
        body: body(user),
    };
    vec![
        asked("one's own", Need::OwnLogin, "{me}"),
        asked("another's", Need::May(People), "nobody-there"),
    ]
}

/// Every command, as it is sent.
fn commands(path: &str) -> Vec<Asked> {
    let app = json!({"owner": null, "project": "App", "version": "1.0.0"});
    let nothing = json!({"owner": null, "project": "App", "version": "9.9.9"});
    let pause = json!({"rule": "pause", "project": "*", "place": "Nowhere"});
    let web = json!({"owner": "Source", "project": "Web", "version": "1.0.0"});
    let grants = json!({"accept_releases": [], "accept_results": false, "send_results": null});
    let asks = [
        (Trust, json!({"do": "trust", "certificate": "", "name": null, "grants": grants})),
        (Trust, json!({"do": "grant", "peer": "Nowhere", "grants": grants})),
        (Trust, json!({"do": "revoke", "peer": "Nowhere"})),
        (
            Create,
            json!({
                "do": "create-release", "project": "App", "version": "1.0.0",
                "notes": "others", "packages": [],
            }),
        ),
        (Promote, json!({"do": "promote", "release": app, "peer": "Nowhere"})),
        (Answer, json!({"do": "accept", "release": web, "lifecycle": "Nowhere", "values": []})),
        (Answer, json!({"do": "reject", "release": web, "reason": ""})),
        (
            Deploy,
            json!({
                "do": "deploy",
                "release": {"owner": null, "project": "App", "version": "9.9.9"},
                "environment": "Dev",
            }),
        ),
        (Promote, json!({"do": "recall", "release": nothing, "reason": "others"})),
        (
            Approve,
            json!({
                "do": "approve", "release": nothing, "environment": "Dev",
                "approved": true, "reason": "",
            }),
        ),
        (
            Restrain,
            json!({
                "do": "freeze",
                "freezing": {
                    "name": "Nothing", "projects": ["*"], "environments": ["*"],
                    "from_ms": null, "until_ms": 1, "reason": "others",
                },
            }),
        ),
        (Restrain, json!({"do": "lift-freeze", "name": "Nowhere", "reason": ""})),
        (Restrain, json!({"do": "set-policy", "rule": pause, "reason": ""})),
        (Restrain, json!({"do": "lift-policy", "rule": pause})),
        (Deploy, json!({"do": "cancel", "deployment": 999, "reason": "others"})),
        (Deploy, json!({"do": "answer-manual", "deployment": 999, "done": true, "note": ""})),
    ];
    let asked = |(permission, ask): (_, Value)| {
        let name = ask["do"].as_str().unwrap().to_owned();
        place(&name);
        let id = format!("b{}", "a".repeat(25));
        Asked {
            what: format!("POST /v1/spaces/{{space}}/commands: {name}"),
            need: Need::May(permission),
            path: path.to_owned(),
            body: json!({"id": id, "ask": ask}).to_string(),
        }
    };
    asks.map(asked).into()
}

/// A command that is added has no place in the list above; this does not compile until it has one.
fn place(name: &str) {
    use api_http::shape::command::Ask;
    let known = |ask: &Ask| match ask {
        Ask::Trust { .. }
        | Ask::Grant { .. }
        | Ask::Revoke { .. }
        | Ask::CreateRelease { .. }
        | Ask::Promote { .. }
        | Ask::Accept { .. }
        | Ask::Reject { .. }
        | Ask::Deploy { .. }
        | Ask::Recall { .. }
        | Ask::Approve { .. }
        | Ask::Freeze { .. }
        | Ask::LiftFreeze { .. }
        | Ask::SetPolicy { .. }
        | Ask::LiftPolicy { .. }
        | Ask::Cancel { .. }
        | Ask::AnswerManual { .. } => (),
    };
    let _ = (known, Configure, Push, Audit);
    assert!(!name.is_empty());
}
