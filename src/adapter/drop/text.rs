//! From bytes to text, without a guess: a byte order mark says the encoding, or else the configuration does. What does not fit is refused.

use encoding_rs::{Encoding, UTF_8};

/// Reads `bytes` as `usual` where they do not say otherwise.
///
/// # Errors
/// Why they are no text in that encoding.
pub(super) fn text(bytes: &[u8], usual: &'static Encoding) -> Result<String, String> {
    let marked = Encoding::for_bom(bytes);
    let (encoding, mark) = marked.unwrap_or((usual, 0));
    let bytes = bytes.get(mark..).unwrap_or_default();
    let name = encoding.name();
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| {
            format!("it holds bytes that are not {name}; write it in {name}, or correct `encoding`")
        })?;
    // In windows-1252 every byte is some character. What reads as UTF-8 with accents is UTF-8: no text comes to that by chance.
    if marked.is_none() && usual != UTF_8 && !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok()
    {
        return Err(format!(
            "its bytes are UTF-8 and `encoding` says {name}; write it in {name}, begin it with a byte order mark, or correct `encoding`"
        ));
    }
    // No text has these: they come from a wrong encoding, such as UTF-16 without its mark.
    let stray = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r');
    if text.contains(stray) {
        return Err(format!(
            "it holds control characters, so it is hardly {name}; correct `encoding`, or begin it with a byte order mark"
        ));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1252;

    fn check(bytes: &[u8], usual: &'static Encoding, expected: Result<&str, &str>) {
        match (text(bytes, usual), expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(reason), Err(expected)) => assert!(reason.contains(expected), "{reason}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn the_mark_or_the_configuration_says_the_encoding() {
        let name = "Zoë Núñez-O’Brien";
        let western = b"Zo\xEB N\xFA\xF1ez-O\x92Brien";
        check(western, WINDOWS_1252, Ok(name));
        check(western, UTF_8, Err("not UTF-8"));
        check(name.as_bytes(), UTF_8, Ok(name));
        check(name.as_bytes(), WINDOWS_1252, Err("are UTF-8"));
        check(
            &[b"\xEF\xBB\xBF", name.as_bytes()].concat(),
            WINDOWS_1252,
            Ok(name),
        );
        let little: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&[b"\xFF\xFE", &little[..]].concat(), UTF_8, Ok(name));
        check(&[b"\xFE\xFF", &big[..]].concat(), WINDOWS_1252, Ok(name));
        check(&little, WINDOWS_1252, Err("control characters"));
        check(b"\xFF\xFEa", UTF_8, Err("not UTF-16LE"));
        check(b"\x81", WINDOWS_1252, Err("control characters"));
        check(b"plain", WINDOWS_1252, Ok("plain"));
    }
}
