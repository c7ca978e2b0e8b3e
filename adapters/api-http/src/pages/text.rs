//! Text of others on a page: nothing in it acts, turns the line around or looks like nothing.
//!
//! What is written with [`maud`] is escaped for HTML there. Characters that HTML lets through and a
//! reader cannot see are spelled out here.

pub(super) use schema::name::visible;

/// `text` as one part of a path or of a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The path of a space's pages. A name that browsers take for a step in a path gives way to the id.
pub(super) fn space_path(name: &str, id: &schema::id::SpaceId) -> String {
    if matches!(name, "." | "..") {
        format!("/spaces/{id}/")
    } else {
        format!("/spaces/{}/", encoded(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t19_hidden_characters_are_spelled_out_and_the_others_stay() {
        let shown = visible("a\u{1b}b\u{202e}c\u{200b}d\u{9b}e\u{2066}");
        assert_eq!(shown, "a\\u{1b}b\\u{202e}c\\u{200b}d\\u{9b}e\\u{2066}");
        assert_eq!(visible("Münster\n本番"), "Münster\n本番");
    }

    #[test]
    fn no_name_leaves_its_part_of_an_address() {
        let id = schema::id::SpaceId([7; 32]);
        assert_eq!(encoded("a/../b?c#d&e=f g\"'<"), "a%2F%2E%2E%2Fb%3Fc%23d%26e%3Df%20g%22%27%3C");
        assert_eq!(space_path("Prod EU", &id), "/spaces/Prod%20EU/");
        assert_eq!(space_path("..", &id), format!("/spaces/{id}/"));
    }
}
