//! Rust without its comments, its texts and its tests, so that a rule about code reads only code.

/// `text` with comments and the insides of literals as blanks; every line keeps its number.
pub(crate) fn without_texts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let blanked = no_code(rest);
        let (part, after) = rest.split_at(blanked.unwrap_or_else(|| word(rest)));
        if blanked.is_some() {
            out.extend(part.chars().map(|c| if c == '\n' { c } else { ' ' }));
        } else {
            out.push_str(part);
        }
        rest = after;
    }
    out
}

/// `code` with every `#[cfg(test)] mod name { ... }` as empty lines. It relies on rustfmt, which
/// puts the closing brace of a module where the module began.
pub(crate) fn without_tests(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut lines = code.lines().peekable();
    while let Some(line) = lines.next() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let module = lines.peek().is_some_and(|next| {
            let next = next.trim();
            next.starts_with("mod ") && next.ends_with('{')
        });
        if line.trim() == "#[cfg(test)]" && module {
            let end = format!("{indent}}}");
            out.push('\n');
            for skipped in lines.by_ref() {
                out.push('\n');
                if skipped.trim_end() == end {
                    break;
                }
            }
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// The lines, from 1, on which `word` stands in `code` and is not a part of a longer word.
pub(crate) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let (first_in, last_in) = (word.starts_with(in_word), word.ends_with(in_word));
    let stands = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].ends_with(in_word) && first_in;
            let after = line[at + word.len()..].starts_with(in_word) && last_in;
            !before && !after
        })
    };
    let lines = code.lines().enumerate();
    let found = lines.filter(|(_, line)| stands(line));
    found.map(|(index, _)| index + 1).collect()
}

/// The length of the comment or literal with which `rest` begins.
fn no_code(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        Some(rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        Some(block_comment(rest))
    } else if let Some(inside) = rest.strip_prefix('"') {
        Some(1 + quoted(inside))
    } else if rest.starts_with('\'') {
        character(rest)
    } else {
        raw(rest)
    }
}

/// Comments of this kind may hold each other.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Up to and with the closing quote.
fn quoted(inside: &str) -> usize {
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    inside.len()
}

/// A character; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        let after_escaped = 3;
        let inside = rest.get(after_escaped..)?;
        return inside.find('\'').map(|at| after_escaped + at + 1);
    }
    let (at, closing) = chars.next()?;
    (closing == '\'').then_some(at + 1)
}

/// A raw text: r"", br#""#, cr##""## and so on.
fn raw(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|after| after.starts_with(['"', '#']))
    })?;
    let after = &rest[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inside = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = prefix.len() + hashes + 1;
    Some(inside.find(&end).map_or(rest.len(), |at| begin + at + end.len()))
}

/// The length of the word with which `rest` begins, or of one character.
fn word(rest: &str) -> usize {
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    let first = rest.chars().next().map_or(0, char::len_utf8);
    end.unwrap_or(rest.len()).max(first)
}

#[test]
fn comments_and_texts_are_no_code() {
    let cases = [
        ("a // bad\nb", "a b"),
        ("a /* x /* bad */ y */ b", "a b"),
        (r#"f("bad \" bad", b)"#, "f( , b)"),
        (r#"f("bad \\", b, "bad")"#, "f( , b, )"),
        ("f(r#\"bad \" bad\"#, b)", "f( , b)"),
        ("br\"bad\\\" b", "b"),
        ("&'a str", "&'a str"),
        (r#"['"', b, '\'', c, 'x']"#, "[ , b, , c, ]"),
        ("r#type b'x' r", "r#type b r"),
        (r"'\u{1f}' '本' x", "x"),
        ("\"a\nb\" c /* never closed", "c"),
    ];
    for (text, expected) in cases {
        let code = without_texts(text);
        assert_eq!(code.chars().count(), text.chars().count(), "{text}");
        assert_eq!(code.lines().count(), text.lines().count(), "{text}");
        let words: Vec<_> = code.split_whitespace().collect();
        assert_eq!(words.join(" "), expected, "{text}");
    }
}

#[test]
fn a_module_of_tests_is_no_code_and_what_follows_is() {
    let code = "a\n#[cfg(test)]\nmod tests {\n    b {\n    }\n}\nc\n#[cfg(test)]\nfn d() {}\n";
    let expected = "a\n\n\n\n\n\nc\n#[cfg(test)]\nfn d() {}\n";
    assert_eq!(without_tests(code), expected);
}

#[test]
fn a_word_inside_a_longer_word_is_another_word() {
    let code = "unsafe_code\nunsafe {\nan unsafe\nnot_unsafe";
    assert_eq!(lines_with(code, "unsafe"), [2, 3]);
    assert_eq!(lines_with("x.unwrap()?\nx.unwrap_or()", ".unwrap()"), [1]);
}
