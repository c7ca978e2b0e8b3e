//! Secrets on real nodes: they reach the steps that need them, and are found nowhere else.

use crate::broker::Server;
use crate::command::{Said, bare, binary, eventually, interspace, run};
use crate::hidden::Hidden;
use crate::node::Node;
use crate::rotation::keys;
use crate::space::{Place, only_space};
use api_http::gate::{Gate, table};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tests::visitor::Visitor;

/// What the source has. Its step proves that it has the secrets, and says them in every way in
/// which a step says something by mistake: whole, with others, in lines, in two pieces.
const DEV: &str = r#"[space]
name = "Dev"

[[environments]]
name = "Test"

[[lifecycles]]
name = "Standard"

[[lifecycles.phases]]
name = "Test"
environments = ["Test"]

[[lifecycles.phases]]
name = "Out"
spaces = ["Prod"]

[[projects]]
name = "App"
lifecycle = "Standard"
variables = [
    { name = "PLAIN", value = "OPEN" },
    { name = "PASSWORD", secret = true },
    { name = "KEY", secret = true },
]

[[projects.steps]]
name = "use"
run = ["sh", "-c", '''
env
printf '%s' "$PASSWORD" | sha256sum
printf '%s' "$KEY" | head -n 2 | tail -n 1 | tr -d '\n' | sha256sum
echo "as it is: $PASSWORD; its lines:"
echo "$KEY"
begin=$(printf '%s' "$PASSWORD" | cut -c1-9)
end=$(printf '%s' "$PASSWORD" | cut -c10-)
printf 'in pieces: %s' "$begin"; sleep 0.2; printf '%s.\n' "$end"
''']
"#;

const PROD: &str = r#"[space]
name = "Prod"

[[environments]]
name = "Live"

[[lifecycles]]
name = "Standard"

[[lifecycles.phases]]
name = "Live"
environments = ["Live"]
"#;

/// Two nodes over a server, and everything that they and their commands said.
struct Scene {
    place: Place,
    server: Server,
    password: Hidden,
    line: Hidden,
    plain: Hidden,
    heard: Vec<(String, String)>,
}

impl Scene {
    fn new() -> Self {
        let [password, line, plain] = ["password", "line", "plain"].map(Hidden::new);
        let (place, server) = (Place::new(), Server::start());
        Self { place, server, password, line, plain, heard: Vec::new() }
    }

    fn folder(&self, space: &str) -> PathBuf {
        self.place.file(&format!("{space}-node"))
    }

    /// A node that traces everything that it can.
    fn up(&self, space: &str) -> Node {
        let folder = self.folder(space);
        let mut command = Command::new(binary());
        bare(&mut command).args(["up", "--nats", &self.server.address(), "--dir"]).arg(&folder);
        command.env("INTERSPACE_TRACE", "trace");
        Node::from(command, &folder).unwrap()
    }

    /// Stops a node and keeps what it traced.
    fn down(&mut self, node: Node) {
        let folder = node.folder.clone();
        let said = node.end(Signal::TERM);
        assert_eq!(said.code, 0, "{said:?}");
        self.heard.push((format!("the traces of {}", folder.display()), said.err));
    }

    /// A command in one space, heard and kept.
    fn tell(&mut self, node: &Node, arguments: &[&str]) -> Said {
        let mut command = interspace(arguments);
        command.env("INTERSPACE_TRACE", "trace").arg("--dir").arg(&node.folder);
        let said = run(&mut command);
        self.heard.push((format!("{arguments:?}"), format!("{}{}", said.out, said.err)));
        said
    }

    fn good(&mut self, node: &Node, arguments: &[&str]) -> Said {
        self.tell(node, arguments).good()
    }

    /// Sets a secret from standard input.
    fn set(&mut self, node: &Node, name: &str, value: &str) -> Said {
        let file = self.place.write("value", value);
        let mut command = interspace(&["secret", "set", "App", name, "--dir"]);
        command.env("INTERSPACE_TRACE", "trace").arg(&node.folder);
        let said = run(command.stdin(Stdio::from(fs::File::open(&file).unwrap()))).good();
        fs::remove_file(file).unwrap();
        self.heard.push((format!("secret set {name}"), format!("{}{}", said.out, said.err)));
        said
    }

    /// Restarts a node.
    fn again(&mut self, node: Node, space: &str) -> Node {
        self.down(node);
        self.up(space)
    }

    /// Fresh keys, and the old ones are forgotten.
    fn rotate(&mut self, node: &Node, space: &str) {
        self.good(node, &["key", "rotate"]);
        eventually("keys that are forgotten", || {
            keys(node, space)["kept_because"].is_null().then_some(())
        });
        let numbers = fs::read_dir(only_space(&node.folder).join("keys")).unwrap();
        let names = numbers.map(|item| item.unwrap().file_name().into_string().unwrap());
        assert_eq!(names.filter(|name| name.parse::<u32>().is_ok()).count(), 1);
    }

    /// What the newest deployment of a space wrote proves that its step had both secrets, and
    /// shows neither.
    fn was_used(&mut self, node: &Node) {
        let all = self.good(node, &["-o", "json", "deployment", "list"]).json();
        assert_eq!(all[0]["outcome"], "succeeded", "{}", all[0]);
        let number = all[0]["deployment"].to_string();
        let said = self.good(node, &["deployment", "logs", &number]);
        for proof in [self.password.proof(), self.line.proof()] {
            assert!(said.out.contains(&proof), "no {proof} in {}", said.out);
        }
        for shown in ["PASSWORD=***\n", "as it is: ***; its", "in pieces: ***.\n"] {
            assert!(said.out.contains(shown), "no {shown:?} in {}", said.out);
        }
        assert!(said.out.contains(&self.plain.text), "other variables are shown");
    }
}

/// Two spaces that trust each other; the project declares its secrets, and they have values.
fn founded(scene: &mut Scene) -> (Node, Node) {
    let (dev, prod) = (scene.up("Dev"), scene.up("Prod"));
    for (node, space, text) in [(&dev, "Dev", DEV), (&prod, "Prod", PROD)] {
        scene.good(node, &["space", "create", space]);
        let to = scene.place.file(&format!("{space}.certificate"));
        scene.good(node, &["certificate", "export", "-f", to.to_str().unwrap()]);
        let file =
            scene.place.write(&format!("{space}.toml"), &text.replace("OPEN", &scene.plain.text));
        if space == "Prod" {
            scene.good(node, &["apply", "-f", &file]);
        }
    }
    let certificate = |scene: &Scene, of: &str| scene.place.file(of).to_str().unwrap().to_owned();
    let (of_dev, of_prod) =
        (certificate(scene, "Dev.certificate"), certificate(scene, "Prod.certificate"));
    scene.good(&dev, &["certificate", "import", &of_prod, "--accept-results"]);
    let grants = ["--accept-releases", "*", "--send-results", "full"];
    scene.good(&prod, &[&["certificate", "import", &of_dev][..], &grants].concat());
    let file = certificate(scene, "Dev.toml");
    scene.good(&dev, &["apply", "-f", &file]);
    let missing = scene.tell(&dev, &["release", "create", "App", "1.0.0"]);
    missing.fails(5, &["PASSWORD of App has no value", "interspace secret set"]);
    let password = scene.password.text.clone();
    scene.set(&dev, "PASSWORD", &format!("{password}\n"));
    let key = format!("-----BEGIN-----\n{}\n-----END-----\n", scene.line.text);
    let file = scene.place.write("key.pem", &key);
    scene.good(&dev, &["secret", "set", "App", "KEY", "--from", &file]);
    fs::remove_file(file).unwrap();
    let again = scene.set(&dev, "PASSWORD", &password);
    assert!(again.out.contains("nothing changed"), "{again:?}");
    (dev, prod)
}

/// A release goes over the server, with fresh keys and restarts before it is accepted and before
/// it is deployed.
fn over_the_server(scene: &mut Scene, (dev, prod): (Node, Node)) -> (Node, Node) {
    scene.good(&dev, &["release", "create", "App", "1.0.0"]);
    scene.good(&dev, &["release", "create", "App", "1.0.0"]);
    scene.good(&dev, &["--wait", "60", "deploy", "App", "1.0.0", "--to", "Test"]);
    scene.was_used(&dev);
    scene.good(&dev, &["--wait", "60", "release", "promote", "App", "1.0.0", "--to", "Prod"]);
    scene.good(&prod, &["--wait", "60", "inbox", "show", "App", "1.0.0"]);
    scene.rotate(&prod, "Prod");
    let prod = scene.again(prod, "Prod");
    scene.good(&prod, &["inbox", "accept", "App", "1.0.0"]);
    scene.rotate(&prod, "Prod");
    scene.rotate(&dev, "Dev");
    let (dev, prod) = (scene.again(dev, "Dev"), scene.again(prod, "Prod"));
    scene.good(&prod, &["deploy", "App", "1.0.0", "--to", "Live"]);
    scene.was_used(&prod);
    let back = ["release", "await", "App", "1.0.0", "--in", "Prod: Live", "--wait", "60"];
    scene.good(&dev, &back);
    (dev, prod)
}

/// Another release goes on a stick: the server is gone.
fn on_a_stick(scene: &mut Scene, dev: &Node, prod: &Node) {
    scene.server.kill();
    let stick = scene.place.file("stick");
    fs::create_dir(&stick).unwrap();
    let stick = stick.to_str().unwrap();
    scene.good(dev, &["release", "create", "App", "2.0.0"]);
    scene.good(dev, &["deploy", "App", "2.0.0", "--to", "Test"]);
    scene.good(dev, &["release", "promote", "App", "2.0.0", "--to", "Prod"]);
    scene.good(dev, &["courier", "export", "--to", "Prod", stick]);
    scene.good(prod, &["courier", "import", stick]);
    scene.good(prod, &["courier", "inspect", stick]);
    scene.good(prod, &["--wait", "60", "inbox", "accept", "App", "2.0.0"]);
    scene.good(prod, &["deploy", "App", "2.0.0", "--to", "Live"]);
    scene.was_used(prod);
}

/// Everything that only looks, in both forms, over the interface, and as pages.
fn looked_at(scene: &mut Scene, node: &Node, space: &str) {
    let archive = scene.place.file(&format!("{space}.archive"));
    scene.good(node, &["audit", "export", archive.to_str().unwrap()]);
    let all = scene.good(node, &["-o", "json", "deployment", "list"]).json();
    let number = all[0]["deployment"].to_string();
    let (peer, place) = if space == "Dev" { ("Prod", "Test") } else { ("Dev", "Live") };
    for form in ["table", "json"] {
        for words in [
            "space list",
            "space show",
            "certificate show",
            "link list",
            "link show PEER",
            "user list",
            "token list",
            "secret list",
            "package list",
            "release list",
            "release show App 1.0.0",
            "inbox list",
            "inbox show App 1.0.0",
            "deployment list",
            "deployment show NUMBER",
            "deployment logs NUMBER",
            "dashboard",
            "journey App 1.0.0",
            "journey App 2.0.0",
            "audit verify",
            "key show",
            "doctor",
            "audit trail --in PLACE --project App",
        ] {
            let words = words.replace("PEER", peer).replace("NUMBER", &number);
            let words = words.replace("PLACE", place);
            let words: Vec<&str> = words.split(' ').collect();
            let said = scene.tell(node, &[&["-o", form][..], &words].concat());
            // A space that only sends has no inbox; nobody serves any more.
            let may_fail = matches!(words[0], "inbox" | "doctor");
            assert!(said.code == 0 || may_fail, "{words:?}: {said:?}");
        }
    }
    let token = fs::read_to_string(node.folder.join("tokens/operator.token")).unwrap();
    let (token, bearer) = (token.trim(), format!("Bearer {}", token.trim()));
    let browser = Visitor::signed_in(&node.address, token);
    let (nobody, query) = ("a".repeat(52), "owner=OWNER&project=App&version=1.0.0");
    let shown = scene.good(node, &["-o", "json", "release", "list"]).json();
    let owner = if space == "Dev" { "Dev" } else { shown[0]["owner"].as_str().unwrap() };
    let mut pages = 0;
    for route in table().iter().filter(|route| route.method == "GET") {
        let path = route.path.replace("{space}", space).replace("{peer}", peer);
        let path = path.replace("{deployment}", &number).replace("{object}", &nobody);
        let path = match path.ends_with("/journey") {
            true => format!("{path}?{}", query.replace("OWNER", owner)),
            false => path,
        };
        let seen = if path.ends_with("/events") {
            format!("{:?}", browser.listen(&path, None).shown())
        } else if path.starts_with("/v1/") {
            let seen = Visitor::new(&node.address);
            bodies(&seen, &path, &[("Authorization", &bearer)])
        } else {
            bodies(&browser, &path, &[("Accept", "text/html")])
        };
        pages += usize::from(route.gate != Gate::Anybody);
        scene.heard.push((path, seen));
    }
    assert!(pages > 20, "only {pages} routes");
}

/// An answer, head and body, whatever it is: some are bytes.
fn bodies(visitor: &Visitor, path: &str, headers: &[(&str, &str)]) -> String {
    let seen = visitor.bytes("GET", path, headers, "");
    assert!(!seen.is_empty(), "{path}");
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn t23_a_secret_reaches_the_steps_that_need_it_and_is_found_nowhere_else() {
    let mut scene = Scene::new();
    let nodes = founded(&mut scene);
    let (dev, prod) = over_the_server(&mut scene, nodes);
    on_a_stick(&mut scene, &dev, &prod);
    looked_at(&mut scene, &dev, "Dev");
    looked_at(&mut scene, &prod, "Prod");
    scene.down(dev);
    scene.down(prod);
    let store = scene.server.store();
    let everywhere = [scene.place.file("."), store];
    for hidden in [&scene.password, &scene.line] {
        for (what, text) in &scene.heard {
            assert!(!hidden.is_in(text.as_bytes()), "{what} says it");
        }
        for folder in &everywhere {
            let found = hidden.below(folder);
            assert!(found.is_empty(), "{found:?}");
        }
    }
    // What is looked for is there to be found where it may be.
    for folder in [scene.folder("Dev"), scene.folder("Prod")] {
        let found = scene.plain.below(&folder);
        assert!(found.iter().any(|path| path.ends_with("log/sled/db")), "{found:?}");
    }
    assert!(scene.plain.below(&everywhere[1]).is_empty(), "the server reads nothing at all");
    assert!(scene.plain.below(&scene.place.file("stick")).is_empty(), "nor does the stick");
}

#[test]
fn t23_a_lost_at_rest_key_is_told_at_the_start_with_what_to_do() {
    let place = Place::new();
    let node = place.with_home();
    let text = place.small("Home").replace(
        "lifecycle = \"Standard\"\n\n[[projects.steps]]",
        "lifecycle = \"Standard\"\nvariables = [{ name = \"WORD\", secret = true }]\n\n\
         [[projects.steps]]",
    );
    let file = place.write("space.toml", &text);
    node.run(&["apply", "-f", &file]).good();
    let word = place.write("word", "hunter2\n");
    let set = ["secret", "set", "App", "WORD", "--from", &word];
    node.run(&set).good();
    node.run(&["release", "create", "App", "2.0.0"]).good();
    node.stop();
    let keys = only_space(&place.node()).join("keys/at-rest");
    let key = keys.join("1.pem");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    run(interspace(&["up", "--dir"]).arg(place.node())).fails(1, &["others may read the key"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let elsewhere = place.file("kept.pem");
    fs::rename(&key, &elsewhere).unwrap();
    let node = Node::start(&place.node());
    for words in ["at-rest key 1 is not here", "the secret WORD of App", "App 2.0.0"] {
        assert!(node.said().contains(words), "no {words:?} in {}", node.said());
    }
    let state = |node: &Node| node.run(&["-o", "json", "secret", "list"]).good().json()[0].clone();
    assert_eq!(state(&node)["state"], "lost");
    let deploy = ["deploy", "App", "2.0.0", "--to", "Dev", "--no-wait"];
    node.run(&deploy).fails(5, &["at-rest key"]);
    node.run(&["release", "create", "App", "3.0.0"]).fails(5, &["at-rest key"]);
    // It goes on with another key, and the lost one may come back.
    node.run(&set).good();
    node.run(&["release", "create", "App", "3.0.0"]).good();
    assert!(keys.join("2.pem").exists());
    node.stop();
    fs::rename(&elsewhere, &key).unwrap();
    let node = Node::start(&place.node());
    assert!(!node.said().contains("is not here"), "{}", node.said());
    node.run(&deploy).good();
    place.open_the_gate();
    node.run(&["secret", "unset", "App", "WORD"]).good();
    assert_eq!(state(&node)["state"], "not set");
    node.run(&["release", "create", "App", "4.0.0"]).fails(5, &["has no value"]);
    node.stop();
}

#[test]
fn a_secret_is_declared_without_its_value_and_a_variable_with_it() {
    let place = Place::new();
    let node = place.with_home();
    for (keys, words) in [
        ("secret = true, value = \"hunter2\"", ["line", "interspace secret set"]),
        ("secret = false", ["WORD", "neither a value nor secret = true"]),
        ("secert = true", ["secert", "spelling"]),
    ] {
        let variables = format!("variables = [{{ name = \"WORD\", {keys} }}]\n\n");
        let (before, after) =
            ("lifecycle = \"Standard\"\n\n[[projects.steps]]", "[[projects.steps]]");
        let whole = format!("lifecycle = \"Standard\"\n{variables}{after}");
        let file = place.write("space.toml", &place.small("Home").replace(before, &whole));
        let said = node.run(&["apply", "-f", &file]);
        assert!(!said.err.contains("hunter2"), "{said:?}");
        said.fails(2, &words);
    }
    node.run(&["secret", "set", "App", "WORD", "--from", &place.write("empty", "\n")])
        .fails(2, &["empty"]);
    node.run(&["secret", "set", "App", "WORD", "--from", &place.write("word", "x")])
        .fails(3, &["declares no such secret WORD", "secret = true"]);
    node.stop();
}
