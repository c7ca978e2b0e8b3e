//! Two nodes over a server that is exactly as `interspace broker plan` prints it.

use crate::command::{bare, binary, eventually, interspace, run};
use crate::node::Node;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What the source has, and what of it runs where it came from.
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

[[projects.steps]]
name = "run"
run = ["sh", "-c", "true"]
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

/// A place with all files, and the server once it runs.
struct Place {
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Place {
    fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = Self { folder: TempDir::new().unwrap(), port, server: None };
        place.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ed25519",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=authority",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        ]);
        place.openssl(&[
            "req",
            "-newkey",
            "ed25519",
            "-nodes",
            "-subj",
            "/CN=server",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
        ]);
        place.write("ext", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
        place.openssl(&[
            "x509",
            "-req",
            "-in",
            "server.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-set_serial",
            "1",
            "-days",
            "2",
            "-extfile",
            "ext",
            "-out",
            "server.pem",
        ]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn openssl(&self, arguments: &[&str]) {
        let mut command = Command::new("openssl");
        let ended = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    fn address(&self) -> String {
        format!("tls://127.0.0.1:{}", self.port)
    }

    /// A command without a node, in this place.
    fn run(&self, arguments: &[&str]) -> String {
        run(interspace(arguments).current_dir(self.folder.path())).good().out
    }

    fn login(&self, name: &str) -> String {
        self.run(&["broker", "login", name]).trim().to_owned()
    }

    /// A node whose only space has the login of its name.
    fn node(&self, space: &str) -> Node {
        let text = format!(
            "[nats]\nservers = [\"{}\"]\nmake_streams = false\nnkey = \"{space}.nkey\"\n\
             [nats.tls]\nrequired = true\nca = \"ca.pem\"\n",
            self.address()
        );
        self.login(&format!("{space}.nkey"));
        let file = format!("{space}.node.toml");
        self.write(&file, &text);
        let mut command = Command::new(binary());
        bare(&mut command).args(["up", "--config"]).arg(self.path(&file)).arg("--dir");
        let folder = self.path(&format!("{space}-node"));
        command.arg(&folder);
        let node = Node::from(command, &folder).unwrap();
        node.run(&["space", "create", space]).good();
        let to = self.path(&format!("{space}.json"));
        node.run(&["certificate", "export", "-f", to.to_str().unwrap()]).good();
        node
    }

    /// Prints the plan, starts a server with nothing else, and makes what it should hold.
    fn serve(&mut self) {
        let (at, links) =
            (self.folder.path().display().to_string(), "links = [[\"Dev\", \"Prod\"]]");
        let space = |name: &str| {
            let login = self.login(&format!("{name}.nkey"));
            format!("[space.{name}]\ncertificate = \"{name}.json\"\nlogin = \"{login}\"\n")
        };
        let plan = format!(
            "operator = \"{}\"\nstore = \"{at}/store\"\n{links}\n[tls]\n\
             certificate = \"{at}/server.pem\"\nkey = \"{at}/server.key\"\n{}{}",
            self.login("operator.nkey"),
            space("Dev"),
            space("Prod")
        );
        self.write("plan.toml", &plan);
        self.write("interspace.conf", &self.run(&["broker", "plan"]));
        let listen = format!("listen: \"127.0.0.1:{}\"\ninclude \"interspace.conf\"\n", self.port);
        self.write("server.conf", &listen);
        let program = std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
        let mut command = Command::new(program);
        command.arg("-c").arg(self.path("server.conf")).stdin(Stdio::null());
        self.server = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let port = self.port;
        eventually("a server", || TcpStream::connect(("127.0.0.1", port)).ok());
        let (address, ca) = (self.address(), "ca.pem");
        let login = ["--login", "operator.nkey", "--ca", ca];
        self.run(&[&["broker", "apply", "--nats", &address][..], &login].concat());
    }

    fn certificate(&self, space: &str) -> String {
        self.path(&format!("{space}.json")).to_str().unwrap().to_owned()
    }

    fn apply(&self, node: &Node, name: &str, text: &str) {
        self.write(name, text);
        node.run(&["apply", "-f", self.path(name).to_str().unwrap()]).good();
    }
}

/// What a check says, by state.
fn states(node: &Node, code: i32) -> Vec<String> {
    let said = node.run(&["-o", "json", "broker", "check"]);
    assert_eq!(said.code, code, "{said:?}");
    let rows = said.json();
    let rows = rows.as_array().expect("a list").clone();
    rows.iter().map(|row| row["state"].as_str().expect("a word").to_owned()).collect()
}

#[test]
fn a_release_travels_over_a_planned_server_and_its_result_comes_back() {
    let mut place = Place::new();
    let (dev, prod) = (place.node("Dev"), place.node("Prod"));
    place.serve();
    let trust = ["certificate", "import"];
    let (of_dev, of_prod) = (place.certificate("Dev"), place.certificate("Prod"));
    dev.run(&[&trust[..], &[&of_prod, "--accept-results"]].concat()).good();
    let releases = ["--accept-releases", "*", "--send-results", "summary"];
    prod.run(&[&trust[..], &[&of_dev], &releases[..]].concat()).good();
    place.apply(&dev, "dev.toml", DEV);
    place.apply(&prod, "prod.toml", PROD);
    dev.run(&["release", "create", "App", "1.0.0"]).good();
    dev.run(&["--wait", "60", "deploy", "App", "1.0.0", "--to", "Test"]).good();
    dev.run(&["--wait", "60", "release", "promote", "App", "1.0.0", "--to", "Prod"]).good();
    prod.run(&["--wait", "60", "inbox", "accept", "App", "1.0.0"]).good();
    prod.run(&["--wait", "60", "deploy", "App", "1.0.0", "--to", "Live"]).good();
    dev.run(&["--wait", "60", "release", "await", "App", "1.0.0", "--in", "Prod: Live"]).good();
    for node in [&dev, &prod] {
        let states = states(node, 0);
        assert!(states.iter().all(|state| state == "ok" || state == "advice"), "{states:?}");
        node.run(&["doctor"]).good();
    }
    widen(&place.path("interspace.conf"));
    eventually("a server that allows more", || {
        let child = place.server.as_ref().expect("it runs");
        crate::processes::signal(child.id(), rustix::process::Signal::HUP);
        let said = dev.run(&["-o", "json", "broker", "check"]);
        (said.code == 7).then_some(())
    });
    assert_eq!(states(&dev, 7).iter().filter(|state| *state == "too wide").count(), 1);
}

/// Lets everybody see the names of all streams.
fn widen(file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    let one = "          \"$JS.API.INFO\"\n";
    let more = format!("{one}          \"$JS.API.STREAM.NAMES\"\n");
    assert_eq!(text.matches(one).count(), 2, "the plan is printed in another way now");
    fs::write(file, text.replace(one, &more)).unwrap();
}

#[test]
fn the_example_of_a_plan_is_what_the_plan_comes_to() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/nats/example");
    let said = run(interspace(&["broker", "plan", "-f"]).arg(example.join("plan.toml"))).good();
    let printed = fs::read_to_string(example.join("interspace.conf")).unwrap();
    assert_eq!(said.out, printed, "print it again: interspace broker plan -f plan.toml");
}
