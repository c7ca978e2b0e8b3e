//! Tenants: deployed for apart, each with its own values.

use super::scene::{Scene, phases, project, said, space, variable};
use schema::v1::event::Definition;
use schema::v1::model::{Per, Project, Template, TemplateValue, Tenant, Where};
use tests::pipeline::{contact, text};
use tests::world::name;

fn tenant(called: &str, environments: &[&str]) -> Definition {
    Definition::Tenant(Tenant {
        name: name(called),
        projects: vec!["Web".parse().unwrap()],
        environments: environments.iter().map(|it| name(it)).collect(),
    })
}

fn value(template: &str, tenant: &str, environment: Option<&str>, value: &str) -> TemplateValue {
    TemplateValue {
        template: name(template),
        environment: environment.map(name),
        tenant: Some(name(tenant)),
        value: Some(text(value)),
    }
}

fn given() -> Scene {
    let template = |called: &str, per| Template { name: name(called), per, ..contact() };
    let web = Project {
        templates: vec![template("BRAND", Per::Tenant), template("HOST", Per::TenantEnvironment)],
        variables: vec![
            variable("PLAN", "free", Where::default()),
            variable("PLAN", "gold", Where { tenants: vec![name("acme")], ..Where::default() }),
        ],
        values: vec![
            value("BRAND", "acme", None, "ACME"),
            value("HOST", "acme", Some("Live"), "acme.example"),
            value("BRAND", "bolt", None, "Bolt"),
        ],
        ..project()
    };
    let mut all = space(&["Dev", "Live"], phases(&["Dev", "Live"]), web);
    all.extend([tenant("acme", &["Live"]), tenant("bolt", &["Live"])]);
    Scene::given(all)
}

#[test]
fn a_tenant_has_its_own_cell_and_its_own_values() {
    let mut scene = given();
    scene.create("1.0.0").unwrap();
    let told = said(scene.deploy("1.0.0", "Dev"));
    assert!(told.contains("asked of each tenant"), "{told}");
    let told = said(scene.deploy_at(0, "dana", "1.0.0", "Dev", Some("acme")));
    assert!(told.contains("no tenant acme in Dev"), "{told}");
}

#[test]
fn a_value_for_a_tenant_in_an_environment_never_falls_back_to_a_wider_one() {
    let mut all = phases(&["Live"]);
    all[0].automatic = false;
    let mut scene = given();
    let web = scene.engine(0).state().configuration.project(&name("Web")).unwrap().clone();
    let mut definitions = space(&["Live"], all, web);
    definitions.extend([tenant("acme", &["Live"]), tenant("bolt", &["Live"])]);
    scene.apply(0, definitions).unwrap();
    scene.create("1.0.0").unwrap();
    scene.deploy_at(0, "dana", "1.0.0", "Live", Some("acme")).unwrap();
    let seen = scene.seen(0);
    for (name, value) in [("BRAND", "ACME"), ("HOST", "acme.example"), ("PLAN", "gold")] {
        assert!(seen.contains(&(name.to_owned(), value.to_owned())), "{seen:?}");
    }
    let told = said(scene.deploy_at(0, "dana", "1.0.0", "Live", Some("bolt")));
    assert!(told.contains("Live for bolt has no value for HOST"), "{told}");
    let cells = scene.engine(0).state().cells.all().map(|(id, _)| id.slot.to_string());
    assert_eq!(cells.collect::<Vec<_>>(), ["Live for acme"]);
    let told = said(scene.deploy_at(0, "dana", "1.0.0", "Live", Some("cora")));
    assert!(told.contains("no tenant cora in Live") && told.contains("acme, bolt"), "{told}");
}
