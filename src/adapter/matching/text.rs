//! Text as it is compared: in plain Latin letters, lower case, in words.

use deunicode::deunicode;

/// The words of `text`: transliterated, without accents and apostrophes; anything else that is no letter or digit separates.
pub(in crate::adapter) fn words(text: &str) -> Vec<String> {
    let plain = deunicode(text).to_ascii_lowercase();
    let joined: String = plain.chars().filter(|c| !matches!(c, '\'' | '`')).collect();
    let words = joined.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_plain_letters_whatever_alphabet_they_came_in() {
        for (text, expected) in [
            ("O'Brien", "obrien"),
            ("O\u{2019}Brien", "obrien"),
            ("Zoë", "zoe"),
            ("Smith-Jones", "smith jones"),
            ("Łukasz  Żak", "lukasz zak"),
            ("Олена", "olena"),
            ("  ", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }
}
