//! The whole story on three nodes, over a server that is exactly as `interspace broker plan` prints
//! it.

use crate::command::{bare, binary, eventually, interspace, run};
use crate::node::Node;
use crate::outcome::{SPACES, dashboards, nothing_is_doubled, space_of, undisturbed};
use crate::story::{self, Line};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The certificates that the story exports.
const CERTIFICATES: [(&str, &str); 3] =
    [("DevTest Space", "devtest.cert"), ("Prod US", "us.cert"), ("Prod EU", "eu.cert")];

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

    /// A node without a space yet, whose space will have a login of its own.
    fn node(&self, space: &str) -> Node {
        let name = file_name(space);
        let text = format!(
            "[nats]\nservers = [\"{}\"]\nmake_streams = false\n[nats.tls]\nrequired = true\n\
             ca = \"ca.pem\"\n[space.\"{space}\".nats]\nnkey = \"{name}.nkey\"\n",
            self.address()
        );
        self.login(&format!("{name}.nkey"));
        let file = format!("{name}.node.toml");
        self.write(&file, &text);
        let mut command = Command::new(binary());
        bare(&mut command).args(["up", "--config"]).arg(self.path(&file)).arg("--dir");
        let folder = self.path(&format!("{name}-node"));
        command.arg(&folder);
        Node::from(command, &folder).unwrap()
    }

    /// Prints the plan, starts a server with nothing else, and makes what it should hold.
    fn serve(&mut self) {
        let at = self.folder.path().display().to_string();
        let mut plan = format!(
            "operator = \"{}\"\nstore = \"{at}/store\"\n\
             links = [[\"DevTest Space\", \"Prod US\"], [\"DevTest Space\", \"Prod EU\"]]\n\
             [tls]\ncertificate = \"{at}/server.pem\"\nkey = \"{at}/server.key\"\n",
            self.login("operator.nkey"),
        );
        for (space, certificate) in CERTIFICATES {
            let login = self.login(&format!("{}.nkey", file_name(space)));
            let _ = write!(
                plan,
                "[space.\"{space}\"]\ncertificate = \"files/{certificate}\"\n\
                 login = \"{login}\"\n"
            );
        }
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

    /// Tells the story, each space on a node of its own. The server is there from the moment on at
    /// which it can be planned: when every space has shown its certificate.
    fn tell(&mut self) -> BTreeMap<String, Node> {
        let files = self.path("files");
        story::slow_files(&files);
        let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
        for (number, line) in story::lines().iter().enumerate() {
            let is = |words: [&str; 2]| line.words.windows(2).any(|pair| pair == words);
            if is(["space", "create"]) {
                let space = line.words.last().expect("a name");
                nodes.insert(space.clone(), self.node(space));
            }
            if is(["certificate", "import"]) && self.server.is_none() {
                self.serve();
            }
            for node in concerned(&nodes, line) {
                story::say(number, line, &files, &node.folder);
            }
        }
        nodes
    }
}

/// The nodes on which a command is said: that of its space, or all.
fn concerned<'a>(nodes: &'a BTreeMap<String, Node>, line: &'a Line) -> Vec<&'a Node> {
    let creates = line.words.first().is_some_and(|noun| noun == "space");
    match space_of(line).or(creates.then(|| line.words.last().expect("a name").as_str())) {
        Some(space) => vec![&nodes[space]],
        None => nodes.values().collect(),
    }
}

fn file_name(space: &str) -> String {
    space.to_lowercase().replace(' ', "-")
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
fn the_whole_story_is_told_over_a_planned_server_and_one_that_is_too_wide_is_told() {
    let mut place = Place::new();
    let nodes = place.tell();
    let node = |space: &str| &nodes[space];
    assert_eq!(dashboards(node), undisturbed());
    assert_eq!(nothing_is_doubled(node), 0, "nothing was interrupted");
    for space in SPACES {
        let states = states(node(space), 0);
        assert!(states.iter().all(|state| state == "ok" || state == "advice"), "{states:?}");
        node(space).run(&["doctor"]).good();
    }
    widen(&place.path("interspace.conf"));
    let dev = node("DevTest Space");
    eventually("a server that allows more", || {
        let child = place.server.as_ref().expect("it runs");
        crate::processes::signal(child.id(), rustix::process::Signal::HUP);
        let said = dev.run(&["-o", "json", "broker", "check"]);
        (said.code == 7).then_some(())
    });
    assert_eq!(states(dev, 7).iter().filter(|state| *state == "too wide").count(), 1);
    an_invitation_links_again(dev, node("Prod US"));
}

/// The plan names both spaces, and so does the invitation: nobody else could be heard there.
fn an_invitation_links_again(dev: &Node, us: &Node) {
    dev.run(&["link", "revoke", "Prod US"]).good();
    us.run(&["link", "revoke", "DevTest Space"]).good();
    let id = us.run(&["-o", "json", "space", "show"]).good().json()["fingerprint"].clone();
    let invite = ["-o", "json", "link", "invite", "--for", id.as_str().expect("in groups")];
    let made = dev.run(&invite).good().json();
    let token = made["token"].as_str().expect("a token");
    us.run(&["--wait", "60", "link", "accept", token]).good();
}

/// Lets everybody see the names of all streams.
fn widen(file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    let one = "          \"$JS.API.INFO\"\n";
    let more = format!("{one}          \"$JS.API.STREAM.NAMES\"\n");
    assert_eq!(text.matches(one).count(), SPACES.len(), "the plan is printed in another way now");
    fs::write(file, text.replace(one, &more)).unwrap();
}

#[test]
fn the_example_of_a_plan_is_what_the_plan_comes_to() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/nats/example");
    let said = run(interspace(&["broker", "plan", "-f"]).arg(example.join("plan.toml"))).good();
    let printed = fs::read_to_string(example.join("interspace.conf")).unwrap();
    assert_eq!(said.out, printed, "print it again: interspace broker plan -f plan.toml");
}
