//! Folders, and servers that answer once: what a feed gives, and what it refuses.

use super::*;
use schema::id::ObjectId;
use schema::v1::model::HexHash;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::JoinHandle;
use tempfile::TempDir;

const BYTES: &[u8] = b"what the package holds";

fn package(version: &str, size: usize) -> Package {
    Package {
        id: "web".parse().unwrap(),
        version: version.parse().unwrap(),
        size: size as u64,
        sha256: HexHash([0; 32]),
        object: ObjectId([0; 32]),
    }
}

fn folder(settings: Option<&str>) -> (TempDir, Feed) {
    let place = TempDir::new().unwrap();
    let source = Source::Folder(place.path().to_owned());
    let feed = Feed::new(&Settings { source, file: settings.map(str::to_owned) }).unwrap();
    (place, feed)
}

fn read(feed: &Feed, package: &Package, offset: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut reader = feed.open(package, offset).map_err(|why| why.to_string())?;
    reader.read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    Ok(bytes)
}

#[test]
fn a_package_is_a_file_that_its_id_and_version_name() {
    let (place, feed) = folder(Some("{id}/{version}/{id}.zip"));
    let wanted = package("1.0.0+5", BYTES.len());
    assert!(read(&feed, &wanted, 0).unwrap_err().ends_with("web/1.0.0+5/web.zip is not there"));
    let below = place.path().join("web/1.0.0+5");
    fs::create_dir_all(&below).unwrap();
    fs::write(below.join("web.zip"), BYTES).unwrap();
    assert_eq!(read(&feed, &wanted, 0).unwrap(), BYTES);
    assert_eq!(read(&feed, &wanted, 5).unwrap(), &BYTES[5..]);
    let other = read(&feed, &package("1.0.0+5", 7), 0).unwrap_err();
    assert!(other.contains("has 22 bytes") && other.contains("of 7"), "{other}");
    fs::create_dir(place.path().join("web/2")).unwrap();
    let (_, flat) = folder(None);
    assert!(read(&flat, &package("2", 1), 0).unwrap_err().contains("web-2 is not there"));
}

#[test]
fn t22_a_pattern_that_could_lead_elsewhere_is_refused() {
    for odd in [
        "",
        "{id}",
        "/{id}-{version}",
        "../{id}-{version}",
        "a/../{id}-{version}",
        "{id}//{version}",
        "{id}-{version}?x",
        "{id}-{version}#x",
        "{name}/{id}-{version}",
        "%2e%2e/{id}-{version}",
    ] {
        let source = Source::Folder("/nowhere".into());
        let made = Feed::new(&Settings { source, file: Some(odd.to_owned()) });
        assert!(matches!(made, Err(BadSettings::Pattern(_))), "{odd:?}");
    }
    for odd in [
        "",
        "web",
        "ftp://a/b",
        "file:///etc",
        "http://",
        "https://a/?b",
        "https://u:p@a/",
        "https://a/#b",
    ] {
        let source = Source::Http { url: odd.to_owned(), token: None, ca: None };
        let made = Feed::new(&Settings { source, file: None });
        assert!(matches!(made, Err(BadSettings::Address(_))), "{odd:?}");
    }
}

/// A server that answers once, and tells then what it was asked.
fn server(answer: &str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/feed/", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        let asked = lines.take_while(|line| !line.is_empty()).collect();
        stream.write_all(answer.as_bytes()).unwrap();
        asked
    });
    (url, asked)
}

fn http(url: &str, token: Option<PathBuf>) -> Feed {
    let source = Source::Http { url: url.to_owned(), token, ca: None };
    Feed::new(&Settings { source, file: None }).unwrap()
}

#[test]
fn a_server_is_asked_for_the_file_with_the_token() {
    let place = TempDir::new().unwrap();
    let token = place.path().join("token");
    fs::write(&token, "let-me-in\n").unwrap();
    let of = |url: &str| {
        let source = Source::Http { url: url.into(), token: Some(token.clone()), ca: None };
        Feed::new(&Settings { source, file: None }).unwrap_err()
    };
    assert_eq!(of("http://a"), BadSettings::Open("http://a".into()));
    let open = of("https://a");
    assert!(open.to_string().contains("others may read it"), "{open}");
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let body = std::str::from_utf8(BYTES).unwrap();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let (url, asked) = server(&answer);
    let feed = http(&url, Some(token));
    assert!(!format!("{feed:?}").contains("let-me-in"));
    assert_eq!(read(&feed, &package("1.0+2", BYTES.len()), 5).unwrap(), &BYTES[5..], "all of it");
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("GET /feed/web-1.0%2B2 "), "{asked:?}");
    assert!(asked.iter().any(|line| line.eq_ignore_ascii_case("authorization: Bearer let-me-in")));
    assert!(asked.iter().any(|line| line.eq_ignore_ascii_case("range: bytes=5-")), "{asked:?}");
}

#[test]
fn what_is_here_already_is_not_asked_for_again() {
    let rest = std::str::from_utf8(&BYTES[5..]).unwrap();
    let part = |begins: usize| {
        let range = format!("content-range: bytes {begins}-21/22\r\n");
        format!("HTTP/1.1 206 Partial\r\n{range}content-length: {}\r\n\r\n{rest}", rest.len())
    };
    let (url, _) = server(&part(5));
    let wanted = package("1", BYTES.len());
    assert_eq!(read(&http(&url, None), &wanted, 5).unwrap(), &BYTES[5..]);
    let (url, _) = server(&part(4));
    let other = read(&http(&url, None), &wanted, 5).unwrap_err();
    assert!(other.contains("status 206"), "another part: {other}");
}

#[test]
fn t22_a_server_leads_nowhere_else_and_gives_no_more_than_was_wanted() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let to = format!("http://{}/feed/web-1", elsewhere.local_addr().unwrap());
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let (url, asked) = server(&answer);
    let refused = read(&http(&url, None), &package("1", 3), 0).unwrap_err();
    assert!(refused.ends_with("web-1 is answered with status 302"), "{refused}");
    asked.join().unwrap();
    assert!(elsewhere.accept().is_err(), "nobody went there");
    let (url, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123456789");
    let refused = read(&http(&url, None), &package("1", 3), 0).unwrap_err();
    assert!(refused.contains("has 9 bytes"), "{refused}");
    // Without a length it is cut where the release says that it ends.
    let (url, _) = server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n123456789");
    assert_eq!(read(&http(&url, None), &package("1", 3), 0).unwrap(), b"123");
    let (url, _) = server("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    let refused = read(&http(&url, None), &package("1", 3), 0).unwrap_err();
    assert!(refused.ends_with("is not there"), "{refused}");
}
