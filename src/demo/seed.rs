//! Chance that can be repeated: every actor rolls dice of its own, made from the run's seed and its name, so that the order in which tasks
//! happen to run changes nobody else's luck. Not for secrets.

use uuid::Builder;

/// Invented people. Nobody of these is anybody.
const GIVEN: [&str; 24] = [
    "Ada", "Bram", "Cleo", "Dara", "Edda", "Finn", "Gita", "Hugo", "Iris", "Jory", "Kaya", "Lior",
    "Mina", "Nico", "Orla", "Pia", "Quin", "Rumi", "Suki", "Tove", "Una", "Vito", "Wren", "Zara",
];
const FAMILY: [&str; 24] = [
    "Ashdown",
    "Birchall",
    "Cobblewick",
    "Dunmere",
    "Elmsworth",
    "Fenwater",
    "Greyling",
    "Hollin",
    "Inglebrook",
    "Jessamy",
    "Kestrelby",
    "Lowmoor",
    "Marshby",
    "Netherfold",
    "Oxlade",
    "Penhollow",
    "Quarrie",
    "Rushmead",
    "Saltern",
    "Thistlewood",
    "Underhay",
    "Varley",
    "Wythburn",
    "Yarrow",
];

/// Dice that `labels` name: the same for the same seed and labels.
pub(super) fn dice(seed: u64, labels: &[&str]) -> fastrand::Rng {
    const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
    let hash = labels.iter().fold(FNV_OFFSET, |hash, label| {
        // 0xff is in no UTF-8 text, so that ["ab"] and ["a", "b"] differ.
        mix(label.bytes().fold(hash, mix), 0xff)
    });
    fastrand::Rng::with_seed(seed ^ hash)
}

/// The `request_id` of the act that `labels` name: a repeat of the act carries the same one.
pub(super) fn request_id(seed: u64, labels: &[&str]) -> String {
    let bytes = dice(seed, labels).u128(..).to_be_bytes();
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Whether something happens that happens in `percent` of all cases.
pub(super) fn happens(dice: &mut fastrand::Rng, percent: u32) -> bool {
    dice.u32(0..100) < percent
}

/// An invented given name.
pub(super) fn given(dice: &mut fastrand::Rng) -> &'static str {
    dice.choice(GIVEN).unwrap_or("Ada")
}

/// An invented person's full name.
pub(super) fn full_name(dice: &mut fastrand::Rng) -> String {
    let family = dice.choice(FAMILY).unwrap_or("Ashdown");
    format!("{} {family}", given(dice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_labels_make_the_same_luck_and_others_another() {
        assert_eq!(request_id(7, &["a", "b"]), request_id(7, &["a", "b"]));
        for (seed, labels) in [(8, ["a", "b"]), (7, ["b", "a"]), (7, ["ab", ""])] {
            assert_ne!(request_id(7, &["a", "b"]), request_id(seed, &labels));
        }
    }

    #[test]
    fn a_request_id_is_a_uuid() {
        let id = request_id(1, &["x"]);
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().to_string(), id);
    }
}
