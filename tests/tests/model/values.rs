//! Values: the narrowest counts, references are replaced, and nothing falls back in silence.

use super::scene::{
    Scene, lifecycle, phases, project, said, secret, space, step, target, variable, within,
};
use engine::decide::configuration::forgotten;
use engine::views::inbox;
use schema::v1::event::Definition;
use schema::v1::model::{
    Channel, Per, Project, Secret, Template, TemplateValue, ValueType, Variable, VersionRule, Where,
};
use tests::pipeline::{contact, text, version};
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

#[test]
fn a_configuration_that_could_never_be_deployed_is_refused() {
    let of = |change: &dyn Fn(&mut Project)| {
        let mut web = Project { steps: vec![step("install")], ..project() };
        change(&mut web);
        space(&["Dev"], phases(&["Dev"]), web)
    };
    let everywhere = Where::default;
    let template = |per| Template { per, ..contact() };
    let answer = |environment: Option<&str>, tenant: Option<&str>| TemplateValue {
        template: name("CONTACT"),
        environment: environment.map(name),
        tenant: tenant.map(name),
        value: Some(text("erik")),
    };
    let variables = |all: &[(&str, &str)]| -> Vec<Variable<Where>> {
        all.iter().map(|(called, value)| variable(called, value, everywhere())).collect()
    };
    let bounded = |from: &str, below: &str| Channel {
        name: name("Old"),
        lifecycle: None,
        versions: VersionRule {
            from: Some(version(from)),
            below: Some(version(below)),
            ..VersionRule::default()
        },
    };
    type Change<'a> = Box<dyn Fn(&mut Project) + 'a>;
    let odd: [(Change<'_>, &str); 9] = [
        (Box::new(|it| it.variables = variables(&[("A B", "x")])), "no name of an environment"),
        (Box::new(|it| it.variables = variables(&[("A=B", "x")])), "no name of an environment"),
        (Box::new(|it| it.variables = variables(&[("INTERSPACE_X", "x")])), "kept for the runner"),
        (Box::new(|it| it.secrets = vec![secret("MY KEY", everywhere())]), "no name of an env"),
        (
            Box::new(|it| it.variables = variables(&[("Z", "#{A}"), ("A", "#{B}"), ("B", "#{A}")])),
            "the variables A, B of project Web refer to each other in a circle",
        ),
        (Box::new(|it| it.steps[0].timeout_s = 0), "has no time to run"),
        (Box::new(|it| it.channels = vec![bounded("2.0", "2.0.0")]), "lets no version in"),
        (
            Box::new(|it| {
                it.templates = vec![template(Per::Tenant)];
                it.values = vec![answer(Some("Dev"), None)];
            }),
            "which nobody asks for; CONTACT is asked once for each tenant",
        ),
        (
            Box::new(|it| {
                it.templates = vec![template(Per::Environment)];
                it.values = vec![answer(None, None)];
            }),
            "CONTACT is asked once for each environment",
        ),
    ];
    let mut scene = Scene::given(of(&|_| {}));
    for (change, told) in odd {
        let said = said(scene.apply(0, of(&change)));
        assert!(said.contains(told), "{said}");
    }
    // Where a narrower value comes between, it may be no circle.
    let around = [
        variable("A", "#{B}", everywhere()),
        variable("B", "#{A}", everywhere()),
        variable("B", "b", within(&["Dev"])),
    ];
    scene.apply(0, of(&|it| it.variables = around.to_vec())).unwrap();
}

#[test]
fn nothing_at_all_is_no_value_where_one_is_required() {
    let answer = |value: &str| TemplateValue {
        template: name("CONTACT"),
        environment: Some(name("Dev")),
        tenant: None,
        value: Some(text(value)),
    };
    let of = |value: &str| {
        let web = Project { templates: vec![contact()], values: vec![answer(value)], ..project() };
        space(&["Dev"], phases(&["Dev"]), web)
    };
    let mut scene = Scene::given(of(""));
    scene.create("1.0.0").unwrap();
    assert!(said(scene.deploy("1.0.0", "Dev")).contains("Dev has no value for CONTACT"));
    scene.apply(0, of("erik")).unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
}

#[test]
fn what_nobody_answered_is_not_shown_as_answered() {
    let optional = |called: &str, default: Option<&str>| Template {
        name: name(called),
        required: false,
        default: default.map(text),
        ..contact()
    };
    let templates = vec![contact(), optional("COLOUR", None), optional("SIZE", Some("small"))];
    let here = TemplateValue::of(name("CONTACT"), name("Dev"), Some(text("erik")));
    let web = Project { templates, values: vec![here], ..project() };
    let mut there = target("Home", &["Live"], phases(&["Live"]));
    there.retain(|it| !matches!(it, Definition::Acceptance(_)));
    there.push(lifecycle("Short", phases(&["Live"])));
    let (mut scene, away) = Scene::pair(web, there);
    scene.create("1.0.0").unwrap();
    scene.deploy("1.0.0", "Dev").unwrap();
    scene.world.run(30_000);
    let engine = scene.engine(away);
    let asked = |lifecycle: Option<&str>| {
        let lifecycle = lifecycle.map(name);
        let all = inbox::bundles(engine.state(), engine.fetches(), lifecycle.as_ref());
        let questions = all[0].questions.iter();
        let known = questions.map(|(template, _, answer)| {
            let value = answer.as_ref().map(|it| it.value.clone().map(|it| it.to_string()));
            (template.name.to_string(), value)
        });
        known.collect::<Vec<_>>()
    };
    assert_eq!(asked(None), [], "it may go through two lifecycles");
    let small = Some(Some("small".to_owned()));
    let known = [("CONTACT", None), ("COLOUR", None), ("SIZE", small)];
    assert_eq!(asked(Some("Short")), known.map(|(called, value)| (called.to_owned(), value)));
}

#[test]
fn a_configuration_says_first_which_secrets_lose_their_values() {
    let secrets = vec![secret("TOKEN", within(&[])), secret("TOKEN", within(&["Dev"]))];
    let web = Project { secrets, ..project() };
    let all = space(&["Dev"], phases(&["Dev"]), web.clone());
    let mut scene = Scene::given(all.clone());
    scene.set("TOKEN", Some(within(&[])), "of all");
    scene.set("TOKEN", Some(within(&["Dev"])), "of Dev");
    let narrow = Project { secrets: web.secrets[1..].to_vec(), ..web };
    let without: Vec<Definition> =
        all.iter().filter(|it| !matches!(it, Definition::Project(_))).cloned().collect();
    let one = space(&["Dev"], phases(&["Dev"]), narrow);
    let lost = |scene: &Scene, definitions: &[Definition]| {
        let state = scene.engine(scene.home).state();
        let all = forgotten(state, definitions).map(|(_, secret)| secret.scope.clone());
        all.collect::<Vec<_>>()
    };
    assert_eq!(lost(&scene, &all), []);
    assert_eq!(lost(&scene, &one), [within(&[])]);
    assert_eq!(lost(&scene, &without), [within(&[]), within(&["Dev"])]);
    scene.apply(scene.home, one.clone()).unwrap();
    assert_eq!(scene.engine(scene.home).state().secrets.all().count(), 1);
    assert_eq!(lost(&scene, &one), []);
}
