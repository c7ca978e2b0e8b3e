//! The configuration under load, and the packages of its releases: the only place here that fills
//! in what the schema defines.

use crate::Failure;
use schema::hash::sha256;
use schema::id::ObjectId;
use schema::latest::model::{HexHash, Package};
use schema::name::{Name, PackageName, Text, Version};
use schema::v1::event::Definition;
use schema::v1::model::{
    Environment, Lifecycle, Per, Phase, Project, Step, Template, TemplateValue, ValueType,
    Variable, Where,
};

/// The one lifecycle that every project goes through.
const LIFECYCLE: &str = "everywhere";

/// Of every twenty environments so many are in the first phase, which waits for a command, and in
/// the second, which policy does by itself; all others are in the third, which waits again.
const EARLY_OF_TWENTY: u32 = 2;
const MIDDLE_OF_TWENTY: u32 = 6;

/// Every definition of a space with so many projects and environments.
pub(super) fn all(projects: u32, environments: u32) -> Result<Vec<Definition>, Failure> {
    let places: Vec<Name> = (0..environments).map(environment).collect::<Result<_, _>>()?;
    let mut definitions: Vec<Definition> =
        places.iter().cloned().map(Environment::named).map(Definition::Environment).collect();
    definitions.push(Definition::Lifecycle(lifecycle(&places)?));
    for number in 0..projects {
        definitions.push(Definition::Project(project(number, &places)?));
    }
    Ok(definitions)
}

/// Gives the last project a value that it had in no other round.
pub(super) fn change(definitions: &mut [Definition], round: u32) -> Result<(), Failure> {
    let value: Text = format!("postgres://db-{round}.example.com").parse()?;
    if let Some(Definition::Project(project)) = definitions.last_mut()
        && let Some(first) = project.values.first_mut()
    {
        first.value = Some(value);
    }
    Ok(())
}

/// The environments of the phases that wait for a command, phase by phase.
pub(super) fn commanded(environments: u32) -> Result<Vec<Vec<Name>>, Failure> {
    let places: Vec<Name> = (0..environments).map(environment).collect::<Result<_, _>>()?;
    let phases = lifecycle(&places)?.phases.into_iter();
    let commanded = phases.filter(|phase| !phase.automatic);
    let names = commanded.map(|phase| phase.environments.into_iter().map(|own| own.name).collect());
    Ok(names.collect())
}

fn environment(number: u32) -> Result<Name, Failure> {
    Ok(format!("region-{number:02}").parse()?)
}

/// Three phases; those without an environment are left out.
fn lifecycle(places: &[Name]) -> Result<Lifecycle, Failure> {
    let of = |twentieths: u32| -> Result<usize, Failure> {
        Ok((places.len() * usize::try_from(twentieths)?).div_ceil(20))
    };
    let (early, late) = places.split_at(of(EARLY_OF_TWENTY)?.min(places.len()));
    let (middle, late) = late.split_at(of(MIDDLE_OF_TWENTY)?.min(late.len()));
    let phases = [("early", early, false), ("middle", middle, true), ("late", late, false)];
    let mut filled = Vec::with_capacity(phases.len());
    for (name, environments, automatic) in phases {
        if !environments.is_empty() {
            let environments = environments.to_vec();
            filled.push(Phase::of(name.parse()?, environments, Vec::new(), automatic));
        }
    }
    Ok(Lifecycle { name: LIFECYCLE.parse()?, phases: filled })
}

/// What a project is called.
pub(super) fn project_name(number: u32) -> Result<Name, Failure> {
    Ok(format!("project-{number:05}").parse()?)
}

fn package_name(project: u32) -> Result<PackageName, Failure> {
    Ok(format!("acme-project-{project:05}").parse()?)
}

/// The version of the release with this number.
pub(super) fn version(release: u32) -> Result<Version, Failure> {
    Ok(format!("1.{release}.0").parse()?)
}

/// Two steps, three variables, and a template with a value for every environment.
fn project(number: u32, places: &[Name]) -> Result<Project, Failure> {
    let step = |name: &str, run: [&str; 3]| -> Result<Step<Where>, Failure> {
        let run = run.iter().map(|word| word.parse()).collect::<Result<Vec<Text>, _>>()?;
        Ok(Step::running(name.parse()?, run, 600))
    };
    let variable = |name: &str, value: &str| -> Result<Variable<Where>, Failure> {
        Ok(Variable { name: name.parse()?, value: value.parse()?, scope: Where::default() })
    };
    let template: Name = "DATABASE".parse()?;
    let values = places.iter().map(|place| -> Result<TemplateValue, Failure> {
        let value = format!("postgres://db.{place}.example.com/project{number}");
        Ok(TemplateValue::of(template.clone(), place.clone(), Some(value.parse()?)))
    });
    Ok(Project {
        name: project_name(number)?,
        lifecycle: LIFECYCLE.parse()?,
        channels: Vec::new(),
        packages: vec![package_name(number)?],
        steps: vec![
            step("migrate", ["./migrate", "--database", "main"])?,
            step("install", ["./install", "--port", "8080"])?,
        ],
        templates: vec![Template {
            name: template.clone(),
            label: "Database".parse()?,
            help: "Where the tables are".parse()?,
            kind: ValueType::Text,
            per: Per::Environment,
            required: true,
            default: None,
        }],
        variables: vec![
            variable("PORT", "8080")?,
            variable("LOG_LEVEL", "info")?,
            variable("FEATURES", "search,mail,export")?,
        ],
        secrets: Vec::new(),
        values: values.collect::<Result<_, _>>()?,
    })
}

/// The package of one release of a project.
pub(super) fn package(project: u32, release: u32) -> Result<Package, Failure> {
    let hash = sha256(&[&project.to_be_bytes(), &release.to_be_bytes()]);
    Ok(Package {
        id: package_name(project)?,
        version: version(release)?,
        size: 1_000_000 + u64::from(release),
        sha256: HexHash(hash),
        object: ObjectId(hash),
    })
}
