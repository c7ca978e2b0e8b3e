//! Values: the narrowest counts, references are replaced, and nothing falls back in silence.

use super::scene::{Scene, phases, project, said, secret, space, step, variable, within};
use schema::v1::model::{Project, Secret, Template, TemplateValue, ValueType, Variable, Where};
use tests::pipeline::{contact, text};
use tests::world::name;

fn given(variables: Vec<Variable<Where>>, secrets: Vec<Secret>) -> Scene {
    let steps = vec![step("install"), step("check")];
    let web = Project { variables, secrets, steps, ..project() };
    Scene::given(space(&["Dev", "Live"], phases(&["Dev", "Live"]), web))
}

fn for_step(called: &str) -> Where {
    Where { steps: vec![name(called)], ..Where::default() }
}

#[test]
fn a_step_sees_the_value_that_applies_most_narrowly() {
    let mut scene = given(
        vec![
            variable("LEVEL", "everywhere", Where::default()),
            variable("LEVEL", "in Live", within(&["Live"])),
            variable("LEVEL", "while checking", for_step("check")),
        ],
        Vec::new(),
    );
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    let bound = |scene: &Scene| {
        let plan = scene.world.sites[0].runner.newest.clone().unwrap();
        let one = |it: &schema::v1::model::Bound| {
            let steps: Vec<String> = it.steps.iter().map(ToString::to_string).collect();
            (it.value.to_string(), steps.join(","))
        };
        let mut all: Vec<_> = plan.variables.iter().map(one).collect();
        all.sort();
        all
    };
    let pair = |value: &str, steps: &str| (value.to_owned(), steps.to_owned());
    assert_eq!(bound(&scene), [pair("everywhere", "install"), pair("while checking", "check")]);
    scene.deploy("1.0.0", "Live").unwrap();
    assert_eq!(bound(&scene), [pair("in Live", "install"), pair("while checking", "check")]);
}

#[test]
fn what_hangs_on_a_secret_is_not_in_the_log() {
    let url = variable("URL", "db://app:#{PASS}@host", Where::default());
    let mut scene = given(vec![url], vec![secret("PASS", Where::default())]);
    scene.set("PASS", None, "s3cret-value");
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    let seen = scene.seen(0);
    assert!(seen.contains(&("URL".to_owned(), "db://app:s3cret-value@host".to_owned())));
    let plan = scene.world.sites[0].runner.newest.clone().unwrap();
    assert!(plan.variables.is_empty(), "nothing of it is open");
    let bytes = b"s3cret-value";
    assert!(!scene.log(0).windows(bytes.len()).any(|it| it == bytes));
}

#[test]
fn a_secret_may_have_another_value_in_each_scope() {
    let (dev, live) = (within(&["Dev"]), within(&["Live"]));
    let mut scene =
        given(Vec::new(), vec![secret("PASS", dev.clone()), secret("PASS", live.clone())]);
    scene.set("PASS", Some(dev), "for dev");
    let told = said(scene.create("1.0.0"));
    assert!(told.contains("PASS of Web has no value"), "{told}");
    scene.set("PASS", Some(live), "for live");
    scene.create("1.0.0").unwrap();
    for (environment, value) in [("Dev", "for dev"), ("Live", "for live")] {
        scene.deploy("1.0.0", environment).unwrap();
        assert_eq!(scene.seen(0), [("PASS".to_owned(), value.to_owned())]);
    }
}

#[test]
fn a_project_whose_values_could_be_meant_at_one_place_is_declined() {
    let two = |one: Where, other: Where| {
        let variables = vec![variable("A", "1", one), variable("A", "2", other)];
        Project { variables, steps: vec![step("install"), step("check")], ..project() }
    };
    let declined = |project: Project| {
        let mut scene = given(Vec::new(), Vec::new());
        let definitions = space(&["Dev", "Live"], phases(&["Dev", "Live"]), project);
        scene.apply(0, definitions).err().map(|it| it.what)
    };
    for (one, other) in [
        (Where::default(), Where::default()),
        (within(&["Dev", "Live"]), within(&["Live"])),
        (for_step("check"), for_step("check")),
        (within(&["*"]), Where::default()),
    ] {
        assert!(declined(two(one, other)).is_some_and(|what| what.contains("apply alike")));
    }
    for (one, other) in [
        (Where::default(), within(&["Live"])),
        (within(&["Dev"]), within(&["Live"])),
        (within(&["Live"]), for_step("check")),
        (within(&["Home: *"]), within(&["Live"])),
    ] {
        assert_eq!(declined(two(one, other)), None);
    }
}

#[test]
fn a_project_that_names_what_it_has_not_is_declined_with_what_it_has() {
    let mut scene = given(Vec::new(), Vec::new());
    let mut declined = |scope: Where, value: &str| {
        let web = Project { variables: vec![variable("A", value, scope)], ..project() };
        said(scene.apply(0, space(&["Dev"], phases(&["Dev"]), web)))
    };
    assert!(declined(within(&["Moon"]), "1").contains("uses environment Moon"));
    assert!(declined(for_step("walk"), "1").contains("the step walk"));
    assert!(declined(Where::default(), "#{B}").contains("refers to B"));
    let tenants = vec![name("acme")];
    assert!(declined(Where { tenants, ..Where::default() }, "1").contains("uses tenant acme"));
}

#[test]
fn a_required_value_is_asked_for_and_no_value_is_an_answer_only_where_it_may_be() {
    let templates = |required| vec![Template { required, ..contact() }];
    let answer =
        |value: Option<&str>| TemplateValue::of(name("CONTACT"), name("Dev"), value.map(text));
    for (required, values, deploys) in [
        (true, vec![], false),
        (true, vec![answer(None)], false),
        (true, vec![answer(Some("dana"))], true),
        (false, vec![], true),
        (false, vec![answer(None)], true),
    ] {
        let web = Project { templates: templates(required), values: values.clone(), ..project() };
        let mut scene = Scene::given(space(&["Dev"], phases(&["Dev"]), web));
        scene.create("1.0.0").unwrap();
        assert_eq!(scene.deploy("1.0.0", "Dev").is_ok(), deploys, "{required} {values:?}");
    }
}

#[test]
fn an_explicit_no_value_takes_the_default_away() {
    let template = Template { required: false, default: Some(text("nobody")), ..contact() };
    let none = TemplateValue::of(name("CONTACT"), name("Live"), None);
    let web = Project { templates: vec![template], values: vec![none], ..project() };
    let mut scene = Scene::given(space(&["Dev", "Live"], phases(&["Dev", "Live"]), web));
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    assert_eq!(scene.seen(0), [("CONTACT".to_owned(), "nobody".to_owned())]);
    scene.deploy("1.0.0", "Live").unwrap();
    assert_eq!(scene.seen(0), []);
}

#[test]
fn a_value_has_the_type_that_its_template_names() {
    let template = Template { kind: ValueType::Number, ..contact() };
    let odd = TemplateValue::of(name("CONTACT"), name("Dev"), Some(text("ten")));
    let web = Project { templates: vec![template], values: vec![odd], ..project() };
    let mut scene = given(Vec::new(), Vec::new());
    let told = said(scene.apply(0, space(&["Dev"], phases(&["Dev"]), web)));
    assert!(told.contains("no value of CONTACT") && told.contains("a number"), "{told}");
}
