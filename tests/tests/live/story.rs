//! The demo's list of commands, told command by command to a node that may be killed meanwhile.

use crate::command::{PATIENCE, Said, binary, interspace, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// The version of the story's release.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What each script of the demo's files begins with here, so that kills hit deployments.
const SLOW: &str = "sleep 0.2";

/// The steps of the story's process.
const STEPS: usize = 4;

/// The version of the release that fails.
pub(crate) fn next_version() -> String {
    let mut parts = VERSION.split('.').map(|part| part.parse::<u64>().unwrap());
    format!("{}.{}.0", parts.next().unwrap(), parts.next().unwrap() + 1)
}

/// One command of the list.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) words: Vec<String>,
    /// Whether it must fail.
    pub(crate) fails: bool,
}

fn demo_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/examples/tour")
}

/// The commands of the list, without the name of the program.
pub(crate) fn lines() -> Vec<Line> {
    let text = fs::read_to_string(demo_folder().join("story.txt")).unwrap();
    let commands = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<_> = commands.map(line).collect();
    assert!(lines.len() > 20, "the list of commands was not read");
    lines
}

fn line(text: &str) -> Line {
    let (fails, command) = text.strip_prefix("! ").map_or((false, text), |rest| (true, rest));
    let words = shlex::split(command).expect("a command");
    let (program, words) = words.split_first().expect("a program");
    assert_eq!(program, "interspace");
    let executable = binary().display().to_string();
    let put_in = |word: &String| {
        let word = word.replace("$VERSION", VERSION).replace("$NEXT", &next_version());
        word.replace("$EXECUTABLE", &executable)
    };
    Line { words: words.iter().map(put_in).collect(), fails }
}

/// Copies the demo's files into a new folder, with steps that take their time.
pub(crate) fn slow_files(into: &Path) {
    fs::create_dir(into).unwrap();
    let mut slowed = 0;
    for name in ["devtest.toml", "prod-us.toml", "prod-eu.toml"] {
        let text = fs::read_to_string(demo_folder().join(name)).unwrap();
        let (one, many) = ("run = [\"sh\", \"-c\", 'echo", "run = [\"sh\", \"-c\", '''\n");
        slowed += text.matches(one).count() + text.matches(many).count();
        let text = text.replace(one, &one.replace("echo", &format!("{SLOW}; echo")));
        fs::write(into.join(name), text.replace(many, &format!("{many}{SLOW}\n"))).unwrap();
    }
    assert_eq!(slowed, STEPS, "the demo's files are written in another way now");
}

/// Says one command until it is answered: again when the node is away, and when it is not yet time.
/// Every command has an id of its own, so that none is done twice.
pub(crate) fn say(number: usize, line: &Line, files: &Path, node: &Path) -> Said {
    let until = Instant::now() + PATIENCE;
    let named = line.words.iter().any(|word| word == "--command-id");
    loop {
        let mut command = interspace(&["-o", "json", "--dir"]);
        command.arg(node).current_dir(files);
        if !named {
            command.args(["--command-id", &format!("story-{number}")]);
        }
        let said = run(command.args(&line.words));
        match said.code {
            0 if !line.fails => return said,
            1 if line.fails && said.json()["outcome"] == "failed" => return said,
            // Unreachable, or it does not fit yet.
            5 | 6 if Instant::now() < until => thread::sleep(Duration::from_millis(50)),
            _ => panic!("{line:?}: {said:?}"),
        }
    }
}
